"""Many images at once: chosen by a finger, the mouse or the keyboard, and changed, put away, taken back and deleted together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import pictures
from tests.browser.axe import faults_on
from tests.browser.conftest import LONGEST_MS, Watch, sign_in
from tests.browser.serving import Served
from tests.faults.client import User
from tests.faults.waiting import eventually

NAMES = ("beach.jpg", "harbour.jpg", "lighthouse.jpg")


@pytest.fixture
def images(somebody: User) -> list[str]:
    """The ids of three images with all their sizes, which nobody has described."""
    ids = [somebody.upload(pictures.jpeg(640, 480), name=name, on_duplicate="keep") for name in NAMES]
    for image in ids:
        somebody.wait_until("ready", image)
    return ids


@pytest.fixture
def library(home: Page, aizen: Served, images: list[str]) -> Page:
    home.goto(f"{aizen.address}/library")
    expect(tiles_of(home)).to_have_count(len(images))
    return home


@pytest.fixture
def phone(browser: Browser, browser_context_args: dict[str, Any], watch: Watch, aizen: Served, somebody: User) -> Iterator[Page]:
    """A watched page on a touch screen, on which ``somebody`` is signed in."""
    size = {"width": 390, "height": 800}
    context = browser.new_context(**{**browser_context_args, "viewport": size, "has_touch": True, "is_mobile": True})
    context.set_default_timeout(LONGEST_MS)
    watch.attend(context)
    page = context.new_page()
    sign_in(page, aizen, somebody)
    yield page
    context.close()


def tiles_of(page: Page, label: str = "Images") -> Locator:
    return page.get_by_role("list", name=label).get_by_role("listitem")


def bar_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Selection")


def choose(page: Page, *names: str) -> Locator:
    """The bar of the selection, once all of these are chosen by their check marks."""
    for name in names:
        page.get_by_role("button", name=f"Select {name}").click()
    expect(bar_of(page)).to_contain_text(f"{len(names)} image")
    return bar_of(page)


def told(page: Page, words: str) -> Locator:
    """The notice that says so, which is to be seen."""
    notice = page.get_by_role("alert").filter(has_text=words)
    expect(notice).to_be_visible()
    return notice


@contextmanager
def finger_on(tile: Locator) -> Iterator[None]:
    """A finger stays on the middle of the tile inside the block."""
    box = tile.bounding_box()
    assert box is not None
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    screen = tile.page.context.new_cdp_session(tile.page)
    screen.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [middle]})
    yield
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def tagged(user: User) -> dict[str, list[str]]:
    return {image["file_name"]: image["tags"] for image in user.request("GET", "/api/v1/images").json()}


def is_described(user: User, image: str) -> bool:
    return bool(user.image(image)["ai"]["status"] == "done")


def test_a_finger_that_stays_on_a_picture_chooses_it_and_further_ones_are_tapped(phone: Page, aizen: Served, images: list[str]) -> None:
    phone.goto(f"{aizen.address}/library")
    links = phone.get_by_role("list", name="Images").get_by_role("link")
    expect(links).to_have_count(len(images))
    expect(bar_of(phone)).to_have_count(0)
    with finger_on(links.nth(0)):
        expect(bar_of(phone)).to_contain_text("1 image")
    expect(links.nth(0)).to_have_accessible_name(re.compile("selected$"))
    links.nth(1).tap()
    expect(bar_of(phone)).to_contain_text("2 images")
    assert phone.url == f"{aizen.address}/library"
    assert faults_on(phone) == []


def test_a_finger_that_only_taps_a_picture_opens_it(phone: Page, aizen: Served, images: list[str]) -> None:
    phone.goto(f"{aizen.address}/library")
    phone.get_by_role("list", name="Images").get_by_role("link").first.tap()
    expect(phone.get_by_role("dialog")).to_be_visible()
    expect(bar_of(phone)).to_have_count(0)


def test_tags_are_added_to_what_is_chosen_and_taken_away_again(library: Page, somebody: User) -> None:
    bar = choose(library, "beach.jpg", "harbour.jpg")
    bar.get_by_role("button", name="Tags").click()
    library.get_by_role("combobox", name="Tags").fill("sea")
    library.get_by_role("combobox", name="Tags").press("Enter")
    assert faults_on(library) == []
    library.get_by_role("button", name="Add to the selected images").click()
    told(library, "Tags added to 2 images.")
    assert tagged(somebody) == {"beach.jpg": ["sea"], "harbour.jpg": ["sea"], "lighthouse.jpg": []}

    library.get_by_role("button", name="Select harbour.jpg").click()
    expect(bar).to_contain_text("1 image")
    bar.get_by_role("button", name="Tags").click()
    library.get_by_text("Remove", exact=True).click()
    library.get_by_role("combobox", name="Tags").fill("sea")
    library.get_by_role("combobox", name="Tags").press("Enter")
    library.get_by_role("button", name="Remove from the selected images").click()
    told(library, "Tags removed from 1 image.")
    assert tagged(somebody) == {"beach.jpg": [], "harbour.jpg": ["sea"], "lighthouse.jpg": []}


def test_who_can_see_is_said_for_all_that_are_chosen_and_what_has_no_alt_text_is_told(library: Page, somebody: User) -> None:
    choose(library, "beach.jpg", "harbour.jpg").get_by_role("button", name="Who can see").click()
    library.get_by_role("menuitem", name="Public").click()
    told(library, "2 images set to public. 2 of them have no alt text yet.")
    expect(library.get_by_role("link", name="beach.jpg, public")).to_be_visible()
    seen = {image["file_name"]: image["visibility"] for image in somebody.request("GET", "/api/v1/images").json()}
    assert seen == {"beach.jpg": "public", "harbour.jpg": "public", "lighthouse.jpg": "private"}


def test_what_is_chosen_is_described_again(library: Page, somebody: User, images: list[str]) -> None:
    choose(library, "beach.jpg", "harbour.jpg").get_by_role("button", name="Describe again").click()
    told(library, "2 images will be described again.")
    beach, harbour, lighthouse = images
    for image in (beach, harbour):
        eventually(partial(is_described, somebody, image), what=f"{image} is described", interval=0.2)
    assert not is_described(somebody, lighthouse)


def test_what_is_moved_to_the_trash_is_taken_out_again_at_once_by_undo(library: Page, somebody: User) -> None:
    choose(library, "beach.jpg", "harbour.jpg").get_by_role("button", name="Move to trash").click()
    notice = told(library, "2 images moved to the trash.")
    expect(tiles_of(library)).to_have_count(1)
    expect(bar_of(library)).to_have_count(0)
    assert len(somebody.request("GET", "/api/v1/images?trashed=true").json()) == 2
    assert faults_on(library) == []
    notice.get_by_role("button", name="Undo").click()
    told(library, "2 images restored.")
    expect(tiles_of(library)).to_have_count(3)
    assert somebody.request("GET", "/api/v1/images?trashed=true").json() == []


def test_by_the_keyboard_all_are_chosen_and_put_away(library: Page, somebody: User) -> None:
    library.get_by_role("list", name="Images").get_by_role("link").first.focus()
    library.keyboard.press("x")
    expect(bar_of(library)).to_contain_text("1 image")
    library.keyboard.press("Control+a")
    expect(bar_of(library)).to_contain_text("3 images")
    library.keyboard.press("Delete")
    told(library, "3 images moved to the trash.")
    expect(library.get_by_text("No images yet")).to_be_visible()
    assert len(somebody.request("GET", "/api/v1/images?trashed=true").json()) == 3


def test_from_the_trash_one_is_restored_and_another_deleted_for_good_after_it_was_asked(
    home: Page, aizen: Served, somebody: User, images: list[str]
) -> None:
    for image in images:
        assert somebody.request("POST", f"/api/v1/images/{image}/trash").ok
    home.goto(f"{aizen.address}/trash")
    trashed = tiles_of(home, "Images in the trash")
    expect(trashed).to_have_count(3)

    choose(home, "beach.jpg").get_by_role("button", name="Restore").click()
    told(home, "1 image restored to your library.")
    expect(trashed).to_have_count(2)

    choose(home, "harbour.jpg").get_by_role("button", name="Delete for good").click()
    question = home.get_by_role("dialog", name="Delete 1 image for good?")
    expect(question).to_be_visible()
    assert faults_on(home) == []
    question.get_by_role("button", name="Keep").click()
    expect(question).to_have_count(0)
    expect(trashed).to_have_count(2)
    bar_of(home).get_by_role("button", name="Delete for good").click()
    question.get_by_role("button", name="Delete for good").click()
    told(home, "1 image deleted for good.")
    expect(trashed).to_have_count(1)

    beach, harbour, lighthouse = images
    assert somebody.image(beach)["trashed_at"] is None
    assert somebody.request("GET", f"/api/v1/images/{harbour}").status_code == 404
    assert somebody.image(lighthouse)["trashed_at"] is not None


def test_the_trash_is_emptied_after_it_was_asked(home: Page, aizen: Served, somebody: User, images: list[str]) -> None:
    for image in images:
        assert somebody.request("POST", f"/api/v1/images/{image}/trash").ok
    home.goto(f"{aizen.address}/trash")
    home.get_by_role("button", name="Empty the trash").click()
    home.get_by_role("dialog", name="Delete all 3 images for good?").get_by_role("button", name="Delete for good").click()
    expect(home.get_by_text("The trash is empty")).to_be_visible()
    for image in images:
        assert somebody.request("GET", f"/api/v1/images/{image}").status_code == 404
