"""No screen has what axe finds wrong: in light on a desk, and in dark on a phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import faults_on
from tests.browser.conftest import Watch, sign_in
from tests.browser.scenes import Library, furnish
from tests.browser.serving import Served
from tests.faults.client import User

BEFORE_SIGN_IN = (
    "/sign-in",
    "/register",
    "/forgot-password",
    "/reset-password#token=none",
    "/verify-email?email=verified",
    "/no-such-page",
)
FOR_EVERYBODY = ("/explore", "/explore/{public}")
SIGNED_IN = (
    "/library",
    "/library?search=nothing-has-this-word",
    "/library/{private}",
    "/library/{generated}",
    "/library/{private}/edit",
    "/trash",
    "/generate",
    "/account",
    "/account/password",
    "/account/sessions",
    "/account/keys",
    "/account/close",
)
FOR_ADMINS = ("/admin", "/admin/users", "/admin/content", "/admin/jobs", "/admin/integrity", "/admin/audit", "/admin/ai")
Scheme = Literal["light", "dark"]
LOOKS: tuple[tuple[Scheme, int], ...] = (("light", 1280), ("dark", 390))


@dataclass(frozen=True)
class Household:
    admin: User
    library: Library


@pytest.fixture(scope="module")
def household(aizen: Served) -> Household:
    admin = aizen.administrator()
    return Household(admin, furnish(admin))


def faults_of(page: Page, address: str) -> list[str]:
    """What axe finds on the screen at this address."""
    page.goto(address)
    expect(page.locator("h1").first).to_be_attached()
    return faults_on(page)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_on_what_everybody_may_see(
    visitor: Page, watch: Watch, aizen: Served, household: Household, scheme: Scheme, width: int
) -> None:
    watch.expects(404)
    visitor.emulate_media(color_scheme=scheme)
    visitor.set_viewport_size({"width": width, "height": 800})
    screens = [aizen.address + path.format(**vars(household.library)) for path in (*BEFORE_SIGN_IN, *FOR_EVERYBODY)]
    faults = [fault for screen in screens for fault in faults_of(visitor, screen)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_on_what_is_behind_the_sign_in(
    visitor: Page, aizen: Served, household: Household, scheme: Scheme, width: int
) -> None:
    sign_in(visitor, aizen, household.admin)
    visitor.emulate_media(color_scheme=scheme)
    visitor.set_viewport_size({"width": width, "height": 800})
    screens = [aizen.address + path.format(**vars(household.library)) for path in (*SIGNED_IN, *FOR_ADMINS)]
    faults = [fault for screen in screens for fault in faults_of(visitor, screen)]
    assert not faults, "\n".join(faults)
