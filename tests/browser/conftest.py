"""Chromium of the system, a page that is watched, and somebody who is signed in to it."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.serving import Served, served
from tests.faults.client import PASSWORD, User

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Without the latter it asks its maker's hosts for updates, which nobody answers here.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LONGEST_MS = 20_000
# The cookie is set by the API; that there is one the page knows from here.
REMEMBER = "try { localStorage.setItem('aizen.signed-in', 'yes') } catch {}"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.skip("No chromium is installed: nothing of the page was tried in a browser.")
    return {"executable_path": CHROMIUM, "args": list(SWITCHES)}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    # The page lives at its own origin, and needs nothing from elsewhere.
    return {"locale": "en-GB", "reduced_motion": "reduce", "viewport": {"width": 1280, "height": 800}}


@pytest.fixture(scope="session")
def aizen(session_folder: Path) -> Iterator[Served]:
    """An installation for all tests of the page: each makes its own users."""
    with served(session_folder / f"page-{uuid.uuid4().hex[:8]}", EMAIL_VERIFICATION="off", PUBLIC_SECONDS="1") as running:
        yield running


@dataclass
class Watch:
    """What must not happen on any page: an error in its console, and a request to another host."""

    home: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    errors_expected: list[str] = field(default_factory=list)

    def expects(self, *statuses: int) -> None:
        """Answers that the test provokes, which Chromium puts into the console as errors."""
        self.expected.update(statuses)

    def attend(self, context: BrowserContext) -> None:
        """From now on what happens on the pages of this context counts."""
        context.on("console", self.hears)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", self.sees)

    def hears(self, message: ConsoleMessage) -> None:
        known = [f"status of {status}" for status in self.expected] + self.errors_expected
        if message.type == "error" and not any(words in message.text for words in known):
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def sees(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme in ("http", "https") and f"{place.scheme}://{place.netloc}" != self.home:
            self.strangers.append(request.url)


@pytest.fixture
def context(context: BrowserContext, aizen: Served) -> BrowserContext:
    context.set_default_timeout(LONGEST_MS)
    expect.set_options(timeout=LONGEST_MS)
    return context


@pytest.fixture
def watch(context: BrowserContext, aizen: Served) -> Iterator[Watch]:
    watching = Watch(aizen.address)
    watching.attend(context)
    yield watching
    assert watching.errors == []
    assert watching.strangers == []


@pytest.fixture
def somebody(aizen: Served) -> User:
    """A user that nobody else has seen, with an empty library."""
    return aizen.join(f"user{uuid.uuid4().hex[:10]}")


@pytest.fixture
def visitor(page: Page, watch: Watch) -> Page:
    """A watched page on which nobody is signed in."""
    return page


@pytest.fixture
def home(visitor: Page, aizen: Served, somebody: User) -> Page:
    """A watched page on which ``somebody`` is signed in, with nothing opened yet."""
    sign_in(visitor, aizen, somebody)
    return visitor


def sign_in(page: Page, aizen: Served, user: User) -> None:
    """The browser has the user's session, as a sign-in on the page leaves it."""
    answer = page.context.request.post(
        f"{aizen.address}/api/v1/auth/login",
        headers={"Aizen-Session": "cookie", "Content-Type": "application/json"},
        data=json.dumps({"email": user.email, "password": PASSWORD}),
    )
    assert answer.ok, answer.text()
    page.context.add_init_script(REMEMBER)
