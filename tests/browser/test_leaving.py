"""Leaving what is not saved: an image's texts are saved, or wait in a notice; the editor asks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import pictures
from tests.browser.axe import faults_on
from tests.browser.conftest import Watch
from tests.browser.serving import Served
from tests.faults.client import User
from tests.faults.waiting import eventually

FIELDS = {"Title": "title", "Alt text": "alt", "Description": "description"}
# The server cannot be reached, though the browser believes that it has a network.
NOT_REACHED = "net::ERR_FAILED"


@pytest.fixture
def image(somebody: User) -> str:
    """The id of an image with all its sizes, of which nothing is said."""
    image = somebody.upload(pictures.jpeg(640, 480), name="harbour.jpg")
    somebody.wait_until("ready", image)
    return image


def open_image(page: Page, aizen: Served, image: str) -> None:
    """It is opened from the library, over which it lies."""
    page.goto(f"{aizen.address}/library")
    page.get_by_role("list", name="Images").get_by_role("link").click()
    expect(page.get_by_role("dialog", name="harbour.jpg")).to_be_visible()


def editor_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name=re.compile("^Edit"))


def question_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Leave without saving?")


@pytest.fixture
def edited(home: Page, aizen: Served, image: str) -> Page:
    """The editor, opened from the image, with a picture that has been cropped."""
    open_image(home, aizen, image)
    home.get_by_role("dialog").get_by_role("link", name="Edit").click()
    editor_of(home).get_by_role("button", name="Square").click()
    expect(editor_of(home).get_by_role("button", name="Undo")).to_be_enabled()
    return home


@pytest.mark.parametrize("label", FIELDS)
def test_what_was_written_of_an_image_is_saved_when_somebody_leaves_it(
    home: Page, aizen: Served, somebody: User, image: str, label: str
) -> None:
    open_image(home, aizen, image)
    home.get_by_role("textbox", name=label).fill("Boats at dawn")
    home.go_back()
    expect(home.get_by_role("dialog")).to_have_count(0)
    eventually(lambda: somebody.image(image)[FIELDS[label]] == "Boats at dawn", what=f"the {label} is saved", interval=0.1)


@pytest.mark.parametrize("label", FIELDS)
def test_what_could_not_be_saved_waits_in_a_notice_until_it_is(
    home: Page, watch: Watch, aizen: Served, somebody: User, image: str, label: str
) -> None:
    watch.errors_expected.append(NOT_REACHED)
    open_image(home, aizen, image)
    home.route(f"**/api/v1/images/{image}", lambda route: route.abort() if route.request.method == "PATCH" else route.continue_())
    home.get_by_role("textbox", name=label).fill("Boats at dawn")
    home.go_back()
    notice = home.get_by_role("alert").filter(has_text=re.compile("was not saved"))
    expect(notice).to_contain_text("Boats at dawn")
    expect(home.get_by_role("dialog")).to_have_count(0)
    assert faults_on(home) == []
    assert somebody.image(image)[FIELDS[label]] == ""
    home.unroute(f"**/api/v1/images/{image}")
    notice.get_by_role("button", name="Try again").click()
    expect(notice).to_have_count(0)
    eventually(lambda: somebody.image(image)[FIELDS[label]] == "Boats at dawn", what=f"the {label} is saved", interval=0.1)


def test_what_was_changed_elsewhere_meanwhile_is_not_written_over_before_somebody_has_chosen(
    home: Page, watch: Watch, aizen: Served, somebody: User, image: str
) -> None:
    watch.expects(412)
    open_image(home, aizen, image)
    title = home.get_by_role("textbox", name="Title")
    title.fill("Mine")
    assert somebody.request("PATCH", f"/api/v1/images/{image}", json={"title": "Theirs"}).ok
    title.press("Enter")
    question = home.get_by_role("alert").filter(has_text="Changed elsewhere meanwhile")
    expect(question).to_contain_text("Theirs")
    expect(title).to_have_value("Mine")
    assert faults_on(home) == []
    assert somebody.image(image)["title"] == "Theirs"
    question.get_by_role("button", name="Keep mine").click()
    expect(question).to_have_count(0)
    eventually(lambda: somebody.image(image)["title"] == "Mine", what="the title is saved", interval=0.1)


def test_the_editor_asks_before_it_is_left_by_a_link_and_who_stays_finds_their_changes(edited: Page) -> None:
    editor = editor_of(edited)
    address = edited.url
    editor.get_by_role("link", name=re.compile("Back|Close")).click()
    expect(question_of(edited).get_by_role("button", name="Keep editing")).to_be_focused()
    assert faults_on(edited) == []
    question_of(edited).get_by_role("button", name="Keep editing").click()
    expect(question_of(edited)).to_have_count(0)
    assert edited.url == address
    expect(editor.get_by_role("button", name="Undo")).to_be_enabled()


def test_the_editor_asks_before_it_is_left_by_the_browsers_own_button_and_who_leaves_leaves_no_image(
    edited: Page, somebody: User, image: str
) -> None:
    edited.go_back()
    question_of(edited).get_by_role("button", name="Leave").click()
    expect(editor_of(edited)).to_have_count(0)
    expect(edited.get_by_role("dialog", name="harbour.jpg")).to_be_visible()
    assert [each["id"] for each in somebody.request("GET", "/api/v1/images").json()] == [image]


def test_an_editor_in_which_nothing_was_changed_is_left_without_a_question(home: Page, aizen: Served, image: str) -> None:
    open_image(home, aizen, image)
    home.get_by_role("dialog").get_by_role("link", name="Edit").click()
    expect(editor_of(home).get_by_role("button", name="Square")).to_be_visible()
    home.go_back()
    expect(editor_of(home)).to_have_count(0)
    expect(question_of(home)).to_have_count(0)
