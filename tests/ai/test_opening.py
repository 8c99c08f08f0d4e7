"""Which describers the settings mean, and what it costs to ask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aizen.ai import describer_names, open_describers

from .conftest import FewSettings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("listed", "key", "names"),
    [
        (("auto",), "key", ("gemini",)),
        (("auto",), None, ("offline",)),
        (("auto",), "", ("offline",)),
        (("offline",), "key", ("offline",)),
        (("gemini", "offline"), "key", ("gemini", "offline")),
        (("offline", "gemini", "offline"), "key", ("offline", "gemini")),
        ((), "key", ()),
    ],
)
def test_describers_are_named_and_opened_in_the_order_of_the_settings(
    listed: tuple[str, ...], key: str | None, names: tuple[str, ...]
) -> None:
    settings = FewSettings(ai_describers=listed, gemini_api_key=key)
    assert describer_names(settings) == names
    assert tuple(describer.name for describer in open_describers(settings)) == names


def test_an_unknown_describer_is_refused_by_its_name() -> None:
    settings = FewSettings(ai_describers=("offline", "oracle"))
    with pytest.raises(ValueError, match="oracle"):
        describer_names(settings)
    with pytest.raises(ValueError, match="oracle"):
        open_describers(settings)


def test_naming_describers_imports_no_sdk() -> None:
    program = """
import sys
before = set(sys.modules)
import types
from aizen.ai import describer_names
settings = types.SimpleNamespace(ai_describers=("auto",), gemini_api_key="key")
assert describer_names(settings) == ("gemini",)
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded & {"google", "requests", "urllib3", "httpx", "openai", "PIL"}))
"""
    # Compared with what stood before: a start-up file of site-packages creates an empty `google` by itself.
    finished = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (finished.returncode, finished.stdout.strip(), finished.stderr) == (0, "[]", "")
