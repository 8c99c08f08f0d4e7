"""An installation whose pictures lie in an S3 storage: browsers fetch them from there, and see them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.scenes import photographs
from tests.browser.serving import Served, served
from tests.faults.installation import on_s3
from tests.faults.waiting import eventually
from tests.services.s3 import S3Server

IS_PAINTED = "picture => picture.complete && picture.naturalWidth > 0"


@pytest.fixture(scope="module")
def aizen(session_folder: Path, s3_server: S3Server) -> Iterator[Served]:
    """An installation on a bucket of its own."""
    with (
        s3_server.with_another_bucket() as storage,
        served(session_folder / f"s3-{uuid.uuid4().hex[:8]}", EMAIL_VERIFICATION="off", **on_s3(storage)) as running,
    ):
        yield running


@pytest.fixture
def watch(context: BrowserContext, aizen: Served, s3_server: S3Server) -> Iterator[Watch]:
    """The storage, where the pictures are, is no stranger; but the only other host."""
    watching = Watch(aizen.address)
    watching.attend(context)
    yield watching
    assert watching.errors == []
    assert [address for address in watching.strangers if not address.startswith(f"{s3_server.endpoint}/")] == []


def expect_painted(picture: Locator) -> None:
    """The picture has arrived, and is one."""
    expect(picture).to_be_visible()
    # Not page.wait_for_function: what it asks a second time, the page's policy forbids as an evaluated string.
    eventually(lambda: picture.evaluate(IS_PAINTED), what="the picture is painted")


def test_a_photograph_in_an_s3_storage_is_painted_in_the_library_on_its_page_and_in_the_editor(
    home: Page, watch: Watch, aizen: Served, s3_server: S3Server, tmp_path: Path
) -> None:
    ((name, data),) = photographs(1)
    (tmp_path / name).write_bytes(data)
    home.goto(f"{aizen.address}/library")
    with home.expect_file_chooser() as choosing:
        home.get_by_role("button", name="Upload", exact=True).click()
    choosing.value.set_files(tmp_path / name)
    tray = home.get_by_role("region", name="Uploads")
    expect(tray.get_by_role("heading", name="1 image uploaded")).to_be_visible(timeout=60_000)

    tile = home.get_by_role("list", name="Images").get_by_role("link")
    expect_painted(tile.locator("img"))
    tile.click()
    image = home.get_by_role("dialog")
    expect_painted(image.locator("img").first)
    assert any(address.startswith(f"{s3_server.endpoint}/") for address in watch.strangers)

    image.get_by_role("link", name="Edit").click()
    editor = home.get_by_role("dialog", name=re.compile("^Edit"))
    expect_painted(editor.locator("img").first)
    editor.get_by_role("button", name="Filters").click()
    editor.get_by_role("group", name="Effects").get_by_text("Sepia").click()
    expect_painted(editor.locator("img[src*=sepia]"))
    editor.get_by_role("button", name="Undo").click()
    home.go_back()

    original = image.get_by_role("link", name=re.compile("^Download the original"))
    with home.expect_download() as downloading:
        original.click()
    assert downloading.value.path().read_bytes() == data
    expect(image).to_be_visible()
