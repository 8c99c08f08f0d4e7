"""frontend/vercel.json says of the page what Flask says of it: the same headers, and the same addresses that are not its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from aizen.web import conventions, frontend

ROOT = Path(__file__).resolve().parents[2]
FILE: dict[str, Any] = json.loads((ROOT / "frontend" / "vercel.json").read_text(encoding="utf-8"))
ASSETS, PAGE = FILE["headers"]
BACKEND = "https://images.example.org"
*TO_BACKEND, FALLBACK = FILE["rewrites"]
OURS = ("/", "/library/3f2b", "/sign-in", "/setup", "/explore/3f2b", "/admin/users", "/generate", "/nowhere")


def matches(rule: dict[str, Any], path: str) -> bool:
    return re.fullmatch(re.sub(r"/:path\*$", "(?:/.*)?", rule["source"]), path) is not None


def test_what_belongs_to_the_backend_is_led_there_under_its_own_address() -> None:
    assert FALLBACK["destination"] == "/index.html"
    assert all(each["destination"] == BACKEND + each["source"] for each in TO_BACKEND)
    roots = {each["source"].split("/")[1] for each in TO_BACKEND}
    # Vercel has the assets itself; how the service is measured is nobody's affair outside.
    assert roots == frontend.OF_PROGRAMS - {"assets", "metrics"}


@pytest.mark.parametrize("path", OURS)
def test_the_pages_own_addresses_are_the_page_with_its_headers(path: str) -> None:
    assert not [each for each in TO_BACKEND if matches(each, path)]
    assert matches(FALLBACK, path)
    assert matches(PAGE, path)


@pytest.mark.parametrize(
    "path", ["/api/v1/images", "/api/images/", "/media/a/b", "/i/x/y", "/s/slug", "/auth/login", "/images", "/healthz"]
)
def test_the_backends_answers_keep_their_own_headers(path: str) -> None:
    assert [each for each in TO_BACKEND if matches(each, path)]
    assert not matches(PAGE, path)


def test_an_asset_that_is_gone_is_not_the_page() -> None:
    assert not matches(FALLBACK, "/assets/gone-1a2b.js")
    assert not matches(FALLBACK, "/metrics")
    assert matches(ASSETS, "/assets/index-1a2b.js")
    assert ASSETS["headers"] == [{"key": "Cache-Control", "value": "public, max-age=31536000, immutable"}]


def test_the_page_is_protected_as_ours_is() -> None:
    sent = {each["key"]: each["value"] for each in PAGE["headers"]}
    own = {"Content-Security-Policy": frontend.policy_of(), "Strict-Transport-Security": conventions.HSTS}
    assert sent == {**conventions.PROTECTING, **own}
