"""Somebody who has just typed `make run` gets to a shared, edited picture, and reads nothing but the page."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch
from tests.browser.scenes import photographs
from tests.browser.serving import Served, served
from tests.faults.client import PASSWORD


@pytest.fixture(scope="module")
def aizen(session_folder: Path) -> Iterator[Served]:
    """An installation that nobody has used yet."""
    with served(session_folder / f"first-{uuid.uuid4().hex[:8]}") as running:
        yield running


def test_from_the_link_of_the_start_message_to_a_picture_that_a_stranger_sees(
    visitor: Page, aizen: Served, browser: Browser, tmp_path: Path
) -> None:
    page = visitor
    page.goto(aizen.setup_address)
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    assert "token" not in page.url

    ((name, data),) = photographs(1)
    picture = tmp_path / name
    picture.write_bytes(data)
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Upload images").click()
    choosing.value.set_files(picture)
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_role("heading", name="1 image uploaded")).to_be_visible()

    page.get_by_role("list", name="Images").get_by_role("link").click()
    image = page.get_by_role("dialog")
    expect(image.get_by_text("No model has looked at this picture").first).to_be_visible()
    image.get_by_role("link", name="Edit").click()
    editor = page.get_by_role("dialog", name=re.compile("^Edit"))
    editor.get_by_role("button", name="Filters").click()
    editor.get_by_role("group", name="Effects").get_by_text("Sepia").click()
    expect(editor.get_by_text(re.compile("% (smaller|larger)"))).to_be_visible()
    editor.get_by_role("button", name="Save as new image").click()
    expect(page.get_by_role("dialog", name=re.compile("^Edit"))).to_have_count(0)

    image.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("The new link").input_value()

    stranger = browser.new_page()
    try:
        stranger.goto(address)
        shown = stranger.get_by_role("img").first
        expect(shown).to_be_visible()
        assert shown.evaluate("image => image.complete && image.naturalWidth > 100")
    finally:
        stranger.close()


def test_the_link_of_the_start_message_is_good_for_one_administrator(visitor: Page, watch: Watch, aizen: Served) -> None:
    watch.expects(403, 410)
    visitor.goto(aizen.setup_address)
    expect(visitor.get_by_role("heading", name=re.compile("set up already|Set up Aizen"))).to_be_visible()
