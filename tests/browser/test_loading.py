"""What a screen needs is named in the answer that brings its page, and nothing else is."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, expect

from aizen.web.frontend import SCREENS, STATIC
from tests import pictures
from tests.browser.serving import Served
from tests.faults.client import User

CHUNKS = json.loads((STATIC / "chunks.json").read_text(encoding="utf-8"))
PAGES = {
    f"/{told['file']}": chunk.removeprefix("src/features/").removesuffix(".tsx")
    for chunk, told in CHUNKS.items()
    if chunk.startswith("src/features/") and chunk.endswith("Page.tsx")
}


def without_links(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, headers={name: value for name, value in answer.headers.items() if name != "link"})


def test_the_screens_at_each_address_are_those_that_the_router_loads_there(home: Page, aizen: Served, somebody: User) -> None:
    image = somebody.upload(pictures.jpeg(), visibility="public")
    somebody.wait_until("ready", image)
    loaded: set[str] = set()
    home.on("request", lambda request: loaded.add(PAGES.get(urlsplit(request.url).path, "")))
    for address, screens in SCREENS.items():
        if address == "/sign-in":  # leads on whoever is signed in
            continue
        path = address.replace("*", image)
        home.route(f"**{path}", without_links)
        loaded.clear()
        home.goto(f"{aizen.address}{path}")
        expect(home.locator("h1, h2").first).to_be_visible()
        home.unroute(f"**{path}")
        assert loaded - {""} == set(screens), address
