"""Uploads: many at once, bad ones among them, offline in the middle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import pictures
from tests.browser.conftest import Watch
from tests.browser.scenes import photographs
from tests.browser.serving import Served
from tests.faults.client import User


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Twelve pictures and two files that are none, whatever their names say."""
    for name, data in photographs(12):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "cut-off.jpg").write_bytes(pictures.jpeg(800, 600)[:2000])
    (tmp_path / "no-picture.png").write_bytes(b"This is a letter to a friend.")
    return sorted(tmp_path.iterdir())


def choose(page: Page, files: list[Path]) -> None:
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Upload", exact=True).click()
    choosing.value.set_files(files)


def test_twelve_pictures_come_in_while_two_bad_files_say_why_they_do_not(
    home: Page, watch: Watch, aizen: Served, somebody: User, files: list[Path]
) -> None:
    watch.expects(415, 422)
    home.goto(f"{aizen.address}/library")
    choose(home, files)
    tray = home.get_by_role("region", name="Uploads")
    expect(tray.get_by_role("heading", name="12 images uploaded")).to_be_visible(timeout=90_000)
    bad = tray.get_by_role("listitem").filter(has_text=re.compile(r"cut-off\.jpg|no-picture\.png"))
    expect(bad).to_have_count(2)
    for row in bad.all():
        expect(row.get_by_text(re.compile(r"\w+ \w+ \w+.*\.$"))).to_be_visible()
    expect(home.get_by_role("list", name="Images").get_by_role("listitem")).to_have_count(12)
    expect(home.get_by_text("12 images", exact=True)).to_be_visible()
    assert len(somebody.request("GET", "/api/v1/images?limit=100").json()) == 12


def test_what_is_uploaded_offline_goes_on_when_the_connection_is_back(
    home: Page, watch: Watch, aizen: Served, somebody: User, tmp_path: Path
) -> None:
    watch.errors_expected.append("ERR_INTERNET_DISCONNECTED")
    ((name, data),) = photographs(1)
    (tmp_path / name).write_bytes(data)
    with home.expect_response(re.compile("/assets/sender")):
        home.goto(f"{aizen.address}/library")
    expect(home.get_by_text("No images yet")).to_be_visible()
    home.context.set_offline(True)
    expect(home.get_by_text("You are offline")).to_be_visible()
    choose(home, [tmp_path / name])
    tray = home.get_by_role("region", name="Uploads")
    expect(tray.get_by_role("heading", name=re.compile("Uploading 1 file"))).to_be_visible()
    assert somebody.request("GET", "/api/v1/images").json() == []
    home.context.set_offline(False)
    expect(home.get_by_text("You are offline")).to_have_count(0)
    expect(tray.get_by_role("heading", name="1 image uploaded")).to_be_visible(timeout=60_000)
    assert len(somebody.request("GET", "/api/v1/images").json()) == 1


def test_the_same_file_once_more_is_told_and_kept_only_if_that_is_wanted(home: Page, aizen: Served, somebody: User, tmp_path: Path) -> None:
    (tmp_path / "twice.jpg").write_bytes(pictures.jpeg(640, 480))
    somebody.upload((tmp_path / "twice.jpg").read_bytes(), name="twice.jpg")
    home.goto(f"{aizen.address}/library")
    choose(home, [tmp_path / "twice.jpg"])
    expect(home.get_by_text("You have this already.")).to_be_visible()
    assert len(somebody.request("GET", "/api/v1/images").json()) == 1
