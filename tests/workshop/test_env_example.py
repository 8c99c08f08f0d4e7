"""`.env.example` explains every setting, and can be copied as it stands."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from aizen.environment import ALIASES
from aizen.settings import Settings
from tests.workshop.env_example import render

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def uncommented() -> str:
    return re.sub(r"^#(?=[A-Z0-9_]+=)", "", EXAMPLE, flags=re.MULTILINE)


def test_the_example_is_what_the_settings_say_of_themselves() -> None:
    assert render() == EXAMPLE, "stale: run `make env-example`"


def test_every_variable_stands_below_one_line_of_help() -> None:
    entries = re.findall(r"^\n# (\S.*)\n#([A-Z0-9_]+)=.*$", EXAMPLE, flags=re.MULTILINE)

    assert [name for _, name in entries] == [name for name, *_ in Settings.table()]


def test_a_copy_changes_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secret = {"SECRET_KEY": "6sN1vZ0q-Qm3xTt8bLr5yHc2wKd9pFj4eGa7uSi"}
    before = Settings.from_environ(secret)

    copied = {name: value for name, value in dotenv_values(stream=io.StringIO(EXAMPLE)).items() if value is not None}

    assert copied == {}
    assert Settings.from_environ({**secret, **copied}) == before


def test_every_line_can_be_put_to_use(tmp_path: Path) -> None:
    """Each default and example is a value that its own setting takes."""
    given = {name: value for name, value in dotenv_values(stream=io.StringIO(uncommented())).items() if value}

    settings = Settings.from_environ({**given, "DATA_DIR": str(tmp_path)})

    assert settings.public_url == given["PUBLIC_URL"]
    assert settings.variant_widths == (160, 320, 640, 1280, 1920)


def test_no_secret_is_shown() -> None:
    shown = dotenv_values(stream=io.StringIO(uncommented()))

    assert [name for name, _, _, secret in Settings.table() if secret and shown[name]] == []


def test_an_alias_is_not_offered_beside_the_name_it_stands_for() -> None:
    assert not ALIASES.keys() & {name for name, *_ in Settings.table()}
