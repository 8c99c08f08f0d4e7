"""What opens over a screen and which no other test looks at: axe finds nothing wrong with it either, in light and in dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import faults_on
from tests.browser.conftest import sign_in
from tests.browser.scenes import Library, furnish
from tests.browser.serving import Served
from tests.faults.client import User
from tests.faults.waiting import eventually

# Some colours change by a transition.
ARE_COLOURS_THERE = "document.getAnimations().every((animation) => !(animation instanceof CSSTransition))"
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")


@pytest.fixture(scope="module")
def admin(aizen: Served) -> User:
    return aizen.administrator()


@pytest.fixture(scope="module")
def library(admin: User) -> Library:
    return furnish(admin)


@pytest.fixture
def screen(visitor: Page, aizen: Served, admin: User) -> Page:
    """A page on which an administrator is signed in."""
    sign_in(visitor, aizen, admin)
    return visitor


def expect_no_faults(page: Page) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        eventually(lambda: page.evaluate(ARE_COLOURS_THERE), what="the colours have changed")
        assert faults_on(page) == [], scheme


@contextmanager
def opened(page: Page, layer: Locator) -> Iterator[Locator]:
    """What has opened, with which nothing is wrong; after the block the Escape key closes it, and it alone."""
    expect(layer).to_be_visible()
    expect_no_faults(page)
    yield layer
    page.keyboard.press("Escape")
    expect(layer).to_have_count(0)


def dialog(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=re.compile(name))


def test_axe_finds_nothing_on_what_opens_over_the_library(screen: Page, aizen: Served, library: Library) -> None:
    screen.goto(f"{aizen.address}/library")
    expect(screen.get_by_role("list", name="Images").get_by_role("link").first).to_be_visible()
    screen.keyboard.press("?")
    with opened(screen, dialog(screen, "^Keyboard shortcuts")):
        pass
    screen.get_by_role("button", name="How to search").click()
    with opened(screen, screen.get_by_role("table", name="What you can type")):
        pass
    screen.get_by_role("button", name="Filters").click()
    with opened(screen, screen.get_by_role("combobox", name="Where it is from")):
        pass
    for menu in ("^Account of", "^More ways to upload"):
        screen.get_by_role("button", name=re.compile(menu)).click()
        with opened(screen, screen.get_by_role("menu")):
            pass
    screen.get_by_role("button", name=re.compile("^Select ")).first.click()
    for menu in ("^Who can see", "^Make copies"):
        screen.get_by_role("button", name=re.compile(menu)).click()
        with opened(screen, screen.get_by_role("menu")):
            pass


def test_axe_finds_nothing_on_what_opens_over_an_image(screen: Page, aizen: Served, library: Library) -> None:
    screen.goto(f"{aizen.address}/library/{library.public}")
    screen.get_by_role("button", name="Share").click()
    with opened(screen, dialog(screen, "^Share$")) as share:
        share.get_by_role("button", name="Make a link").click()
        expect(share.get_by_label("The new link")).to_be_focused()
        expect_no_faults(screen)
        share.get_by_role("button", name="Revoke").click()
        with opened(screen, dialog(screen, "^Revoke this link")):
            pass
    screen.keyboard.press("z")
    with opened(screen, screen.get_by_role("button", name="Leave the zoom")):
        pass


def test_axe_finds_nothing_on_what_opens_over_an_account(screen: Page, aizen: Served, admin: User) -> None:
    screen.goto(f"{aizen.address}/account/keys")
    screen.get_by_role("button", name="Make a key").click()
    making = dialog(screen, "^Make an API key")
    expect(making.get_by_label("Name")).to_be_focused()
    expect_no_faults(screen)
    making.get_by_label("Name").fill("Backup of the studio")
    making.get_by_role("button", name="Make the key").click()
    made = dialog(screen, "^Your key")
    expect(made).to_contain_text("azn_")
    expect_no_faults(screen)
    made.get_by_role("button", name="Done").click()
    screen.get_by_role("button", name="Revoke Backup of the studio").click()
    with opened(screen, dialog(screen, "^Revoke this key")):
        pass


def test_axe_finds_nothing_on_what_opens_over_the_administration(screen: Page, aizen: Served, admin: User, library: Library) -> None:
    owner = admin.request("GET", "/api/v1/auth/profile").json()
    screen.goto(f"{aizen.address}/admin/users?user={owner['id']}")
    with opened(screen, dialog(screen, "^Account$")) as account:
        disable = account.get_by_role("button", name="Disable")
        disable.click()
        with opened(screen, dialog(screen, "^Disable ")):
            pass
        expect(disable).to_be_focused()
    screen.goto(f"{aizen.address}/admin/content?image={library.public}")
    with opened(screen, dialog(screen, "^Image$")) as image:
        take_down = image.get_by_role("button", name="Take down")
        take_down.click()
        with opened(screen, dialog(screen, "^Take this image down")):
            pass
        expect(take_down).to_be_focused()
