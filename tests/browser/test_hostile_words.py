"""Whatever words come from people, files and models: the page shows them as words."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import pictures
from tests.browser.conftest import sign_in
from tests.browser.serving import Served
from tests.faults.client import User

MARK = "window.hostile = true"
SCRIPT = f"<script>{MARK}</script>"
IMAGE = f'"><img src=x onerror="{MARK}">'
WORDS = (SCRIPT, IMAGE, "javascript:" + MARK, "{{constructor.constructor('" + MARK + "')()}}", "\u202egnp.exe\u202c", "a" * 150)


@pytest.fixture
def somebody(aizen: Served) -> User:
    """An administrator: what others wrote is shown to them too."""
    return aizen.administrator()


@pytest.fixture
def hostile(aizen: Served, somebody: User) -> str:
    """A public image whose title, alt text, description, tags, file name and suggestions by a model are what nobody should run."""
    image = somebody.upload(pictures.jpeg(640, 480), name=f"{IMAGE[:60]}.jpeg")
    somebody.wait_until("ready", image)
    said = {
        "title": f"{IMAGE} {uuid.uuid4().hex[:6]}",
        "description": "\n".join(WORDS),
        "alt": SCRIPT,
        "tags": ["<b>bold</b>", "onerror=alert(1)"],
        "visibility": "public",
    }
    answer = somebody.request("PATCH", f"/api/v1/images/{image}", json=said)
    assert answer.status_code == 200, answer.text
    with closing(sqlite3.connect(Path(aizen.environment["DATA_DIR"]) / "aizen.sqlite3", timeout=15)) as rows, rows:
        rows.execute(
            "UPDATE images SET ai_status = 'done', ai_alt = ?, ai_description = ?, ai_tags = ?, ai_provider = ?, ai_model = ? WHERE id = ?",
            (IMAGE, SCRIPT, f'["{SCRIPT[:40]}"]', "gemini", SCRIPT[:60], uuid.UUID(image).hex),
        )
    return image


def test_hostile_words_stand_on_every_screen_as_the_words_that_they_are(visitor: Page, aizen: Served, somebody: User, hostile: str) -> None:
    sign_in(visitor, aizen, somebody)
    for path in (
        "/library",
        f"/library?search={hostile[:3]}%3Cscript%3E",
        f"/library/{hostile}",
        f"/library/{hostile}/edit",
        "/explore",
        f"/explore/{hostile}",
        "/admin/content",
        "/admin/audit",
        "/admin/jobs",
    ):
        visitor.goto(aizen.address + path)
        expect(visitor.locator("h1").first).to_be_attached()
        visitor.wait_for_load_state("networkidle")
        assert visitor.evaluate("window.hostile") is None, path
        assert visitor.locator("img[src=x]").count() == 0, path


def test_the_words_are_all_there(visitor: Page, aizen: Served, hostile: str) -> None:
    visitor.goto(f"{aizen.address}/explore/{hostile}")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text(IMAGE)
    expect(visitor.get_by_text(SCRIPT).first).to_be_visible()
