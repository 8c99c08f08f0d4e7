"""What people do day by day: find, change, publish, generate, take away; by the keyboard alone, and on a phone."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import pictures
from tests.browser.conftest import Watch, sign_in
from tests.browser.scenes import Library, furnish, photographs
from tests.browser.serving import Served
from tests.faults.client import PASSWORD, User
from tests.faults.waiting import eventually


@pytest.fixture
def library(somebody: User) -> Library:
    return furnish(somebody)


def test_signing_in_out_and_in_again(visitor: Page, watch: Watch, aizen: Served, somebody: User) -> None:
    watch.expects(401)
    visitor.goto(f"{aizen.address}/trash")
    visitor.get_by_label("E-mail address").fill(somebody.email)
    visitor.get_by_label("Password", exact=True).fill("not the password")
    visitor.get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_role("alert")).to_be_visible()
    visitor.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_role("heading", name="Trash", exact=True)).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_role("heading", name="Trash", exact=True)).to_be_visible()
    visitor.get_by_role("button", name=re.compile("^Account of")).click()
    visitor.get_by_role("menuitem", name="Sign out").click()
    expect(visitor.get_by_role("heading", name="Sign in")).to_be_visible()
    visitor.goto(f"{aizen.address}/library")
    expect(visitor.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_picture_is_published_found_by_a_stranger_and_withdrawn(home: Page, watch: Watch, aizen: Served, library: Library) -> None:
    watch.expects(404)
    word = f"heron{uuid.uuid4().hex[:8]}"
    home.goto(f"{aizen.address}/library/{library.private}")
    title = home.get_by_role("textbox", name="Title")
    title.fill(f"A {word} at dawn")
    title.press("Enter")
    home.get_by_role("button", name="Share").click()
    visibility_of(home, "Public").click()
    visitors = home.context.browser
    assert visitors is not None
    stranger = visitors.new_page()
    try:
        stranger.goto(f"{aizen.address}/explore?search={word}")
        stranger.get_by_role("link", name=re.compile(word)).click()
        expect(stranger.get_by_role("heading", name=re.compile(word))).to_be_visible()
        visibility_of(home, "Private").click()
        eventually(lambda: says(stranger, "not public any more"), what="the withdrawn picture is gone for a stranger", interval=0.3)
    finally:
        stranger.close()


def test_a_picture_is_generated_from_words_and_once_more_with_other_ones(home: Page, aizen: Served) -> None:
    home.goto(f"{aizen.address}/generate")
    home.get_by_role("textbox", name="Prompt").fill("A lighthouse in the fog")
    home.get_by_role("button", name="Generate").click()
    card = home.get_by_role("article", name="A lighthouse in the fog")
    expect(card.get_by_role("link", name=re.compile("^Open"))).to_be_visible(timeout=60_000)
    card.get_by_role("link", name=re.compile("^Remix")).click()
    expect(home.get_by_role("textbox", name="Prompt")).to_have_value("A lighthouse in the fog")
    home.get_by_role("textbox", name="Prompt").fill("A lighthouse in the sun")
    home.get_by_role("button", name="Generate").click()
    expect(home.get_by_role("article", name="A lighthouse in the sun").get_by_role("link", name=re.compile("^Open"))).to_be_visible(
        timeout=60_000
    )


def test_an_administrator_runs_failed_work_again(visitor: Page, aizen: Served) -> None:
    admin = aizen.administrator()
    image = admin.upload(pictures.jpeg(640, 480))
    admin.wait_until("ready", image)
    aizen.fail_work_on(image)
    sign_in(visitor, aizen, admin)
    visitor.goto(f"{aizen.address}/admin/jobs")
    expect(visitor.get_by_text("drill").first).to_be_visible()
    visitor.get_by_role("button", name=re.compile("^(Retry|Try again|Run again)")).first.click()
    eventually(lambda: admin.is_settled(image) and admin.progress(image)["status"] == "ready", what="the work is done", interval=0.2)


def test_by_the_keyboard_alone_from_the_sign_in_to_a_shared_edited_picture(visitor: Page, aizen: Served, somebody: User) -> None:
    ((name, data),) = photographs(1)
    image = somebody.upload(data, name=name)
    somebody.wait_until("ready", image)
    keys = visitor.keyboard
    visitor.goto(f"{aizen.address}/sign-in")
    expect(visitor.get_by_label("E-mail address")).to_be_focused()
    keys.type(somebody.email)
    tab_to(visitor, "Password")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(visitor.get_by_role("heading", name="Library")).to_be_visible()
    expect(visitor.get_by_role("list", name="Images").get_by_role("link")).to_be_visible()
    tab_to(visitor, name)
    keys.press("Enter")
    expect(visitor.get_by_role("dialog")).to_be_visible()
    keys.press("e")
    editor = visitor.get_by_role("dialog", name=re.compile("^Edit"))
    expect(editor).to_be_visible()
    tab_to(visitor, "Square")
    keys.press("Enter")
    expect(editor.get_by_text(re.compile("% (smaller|larger)"))).to_be_visible()
    tab_to(visitor, "Save as new image")
    keys.press("Enter")
    expect(editor).to_have_count(0)
    keys.press("s")
    tab_to(visitor, "Make a link")
    keys.press("Enter")
    expect(visitor.get_by_label("The new link")).to_be_visible()
    keys.press("Escape")
    keys.press("Escape")
    expect(visitor.get_by_role("list", name="Images").get_by_role("link")).to_have_count(2)


def says(page: Page, words: str) -> bool:
    """Whether the page, loaded anew, has the words. What is public may be kept by browsers for PUBLIC_SECONDS."""
    page.reload(wait_until="networkidle")
    return page.get_by_text(words).is_visible()


def visibility_of(page: Page, name: str) -> Locator:
    """What chooses who may see the image, in its open share panel."""
    return page.get_by_role("dialog").locator("label").filter(has_text=re.compile(f"^{name}$"))


def tab_to(page: Page, name: str) -> None:
    """The focus is on what has that name; more than a hundred steps are none that anybody would take."""
    for _ in range(100):
        focused = page.evaluate(
            "() => { const at = document.activeElement; if (at === document.body) return ''; const label = at?.labels?.[0]?.textContent;"
            " return (at?.getAttribute('aria-label') ?? label ?? at?.textContent ?? '').trim() }"
        )
        if name in focused:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} was not reached by the Tab key")


def test_on_a_phone_nothing_is_wider_than_the_window(visitor: Page, aizen: Served, somebody: User, library: Library) -> None:
    sign_in(visitor, aizen, somebody)
    visitor.set_viewport_size({"width": 360, "height": 740})
    for path in (
        "/library",
        f"/library/{library.private}",
        f"/library/{library.private}/edit",
        "/trash",
        "/generate",
        "/explore",
        f"/explore/{library.public}",
        "/account",
        "/account/keys",
    ):
        visitor.goto(aizen.address + path)
        expect(visitor.locator("h1").first).to_be_attached()
        visitor.wait_for_load_state("networkidle")
        assert visitor.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_list_stays_where_it_was_while_an_image_lies_over_it(home: Page, aizen: Served, somebody: User) -> None:
    for number in range(24):
        somebody.upload(pictures.jpeg(300 + number, 300), name=f"picture-{number}.jpeg")
    home.set_viewport_size({"width": 900, "height": 500})
    home.goto(f"{aizen.address}/library")
    tiles = home.get_by_role("list", name="Images").get_by_role("link")
    expect(tiles.first).to_be_visible()
    home.evaluate("window.scrollTo(0, 700)")
    home.wait_for_function("window.scrollY > 300")
    tile = tiles.nth(tiles.count() // 2)
    tile.hover()
    before = home.evaluate("window.scrollY")
    tile.click()
    expect(home.get_by_role("dialog")).to_be_visible()
    home.keyboard.press("Escape")
    expect(home.get_by_role("dialog")).to_have_count(0)
    assert abs(home.evaluate("window.scrollY") - before) <= 2
