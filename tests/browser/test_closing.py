"""The browser itself asks before a page is closed on what would be lost, and only then."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests import pictures
from tests.browser.serving import Served
from tests.faults.client import User


@pytest.fixture
def image(somebody: User) -> str:
    """The id of an image with all its sizes."""
    image = somebody.upload(pictures.jpeg(640, 480), name="harbour.jpg")
    somebody.wait_until("ready", image)
    return image


@pytest.fixture
def asked(home: Page) -> list[str]:
    """The kinds of questions that the browser has asked so far; it was answered to stay each time."""
    asked: list[str] = []

    def stay(question: Dialog) -> None:
        asked.append(question.type)
        question.dismiss()

    home.on("dialog", stay)
    return asked


def try_to_close(page: Page) -> None:
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)


def is_left_without_a_question(page: Page, asked: list[str]) -> bool:
    before = len(asked)
    with page.expect_navigation():
        page.evaluate("location.reload()")
    return len(asked) == before


def test_while_a_text_is_written_the_browser_asks_and_the_text_stays(home: Page, aizen: Served, image: str, asked: list[str]) -> None:
    home.goto(f"{aizen.address}/library/{image}")
    field = home.get_by_role("textbox", name="Description")
    field.fill("Boats at dawn")
    try_to_close(home)
    assert asked == ["beforeunload"]
    expect(field).to_have_value("Boats at dawn")
    expect(field).to_be_focused()
    with home.expect_response(re.compile(image)):
        field.blur()
    home.wait_for_load_state("networkidle")
    assert is_left_without_a_question(home, asked)
    expect(field).to_have_value("Boats at dawn")


def test_while_an_edit_is_not_saved_the_browser_asks_and_not_once_it_is_undone(
    home: Page, aizen: Served, image: str, asked: list[str]
) -> None:
    home.goto(f"{aizen.address}/library/{image}/edit")
    editor = home.get_by_role("dialog", name=re.compile("^Edit"))
    editor.get_by_role("button", name="Square").click()
    expect(editor.get_by_role("button", name="Undo")).to_be_enabled()
    try_to_close(home)
    assert asked == ["beforeunload"]
    editor.get_by_role("button", name="Undo").click()
    expect(editor.get_by_role("button", name="Undo")).to_be_disabled()
    assert is_left_without_a_question(home, asked)


def test_while_a_file_is_sent_the_browser_asks_and_not_once_it_has_arrived(
    home: Page, aizen: Served, somebody: User, tmp_path: Path, asked: list[str]
) -> None:
    held: list[Callable[[], None]] = []

    def hold(route: Route) -> None:
        held.append(route.continue_)

    (tmp_path / "harbour.jpg").write_bytes(pictures.jpeg(640, 480))
    home.goto(f"{aizen.address}/library")
    home.route("**/api/v1/images", lambda route: hold(route) if route.request.method == "POST" else route.continue_())
    with (
        home.expect_request(lambda request: request.method == "POST" and request.url.endswith("/images")),
        home.expect_file_chooser() as files,
    ):
        home.get_by_role("button", name="Upload", exact=True).click()
        files.value.set_files(tmp_path / "harbour.jpg")
    try_to_close(home)
    assert asked == ["beforeunload"]
    assert somebody.request("GET", "/api/v1/images").json() == []
    for go_on in held:
        go_on()
    expect(home.get_by_role("heading", name="1 image uploaded")).to_be_visible()
    assert is_left_without_a_question(home, asked)
    expect(home.get_by_role("list", name="Images").get_by_role("link")).to_have_count(1)
