"""A library of 2,000 images: the document stays small while it is scrolled through, and nothing jumps."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests import pictures
from tests.browser.serving import Served
from tests.faults.client import User

MANY = 2000
# Rows in the window and a few ahead of it, of some seven pictures each, and what a picture is made of.
MOST_ELEMENTS = 2500
MOST_SHIFT = 0.02
# At the end of what has been loaded there is nothing to scroll to until more has come.
MORE_BELOW = "() => window.scrollY + window.innerHeight < document.documentElement.scrollHeight - 1"
MOVED_FROM = "(here) => window.scrollY > here"
OBSERVE_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""


def test_two_thousand_images_are_scrolled_through_in_a_small_document_that_does_not_jump(home: Page, aizen: Served, somebody: User) -> None:
    image = somebody.upload(pictures.jpeg(640, 480))
    somebody.wait_until("ready", image)
    aizen.multiply(image, MANY - 1)
    home.add_init_script(OBSERVE_SHIFTS)
    home.goto(f"{aizen.address}/library")
    expect(home.get_by_text("2,000 images", exact=True)).to_be_visible()
    last = home.locator(f"[aria-posinset='{MANY}']")
    largest = 0
    while not last.count():
        home.wait_for_function(MORE_BELOW)
        here = home.evaluate("window.scrollY")
        home.mouse.wheel(0, 1200)
        home.wait_for_function(MOVED_FROM, arg=here)
        largest = max(largest, home.evaluate("document.querySelectorAll('*').length"))
        assert largest < MOST_ELEMENTS
    assert home.evaluate("window.shifted") <= MOST_SHIFT
