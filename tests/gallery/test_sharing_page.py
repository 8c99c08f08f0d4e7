"""docs/sharing.md says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from flask.testing import FlaskClient

from aizen.settings import Settings
from tests.gallery.conftest import Image, Share

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sharing.md").read_text(encoding="utf-8")


def test_its_examples_are_like_the_answers(client: FlaskClient, image: Image, share: Share) -> None:
    link, seen = map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    made = share(image)
    answer = client.get(f"/s/{made['slug']}", headers={"Accept": "application/json"}).get_json()
    assert list(link) == list(made)
    assert list(seen) == list(answer)
    assert list(seen["variants"][0]) == list(answer["variants"][0])


def test_every_setting_code_and_place_that_it_names_is_there() -> None:
    defaults = {variable: shown for variable, shown, *_ in Settings.table()}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE))
    assert {name for name in defaults if "LINK" in name} - {"RATE_LIMIT_LINK"} <= named <= defaults.keys()
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "aizen").rglob("*.py"))
    codes = set(re.findall(r"(?:4\d\d|503|\)|,) `([a-z]+_[a-z_]+)`", PAGE))
    assert {"link_expired", "link_used_up", "not_ready", "too_many_links"} <= codes
    assert all(f'"{code}"' in source for code in codes), codes
    headings = {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
