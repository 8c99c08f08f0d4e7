"""The ways in besides choosing files: by dropping files and folders, choosing a folder, pasting a picture, naming an address."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import pictures
from tests.browser.axe import faults_on
from tests.browser.conftest import Watch
from tests.browser.serving import Served
from tests.faults.client import User

# Puts a picture onto the clipboard, as whoever copies one from a page or takes a screenshot has it there.
COPY = """async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const picture = new Blob([bytes], { type: 'image/png' });
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
}"""

# What the DevTools protocol calls the end of a drag brings no event to the page.
LEAVE = """() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['x'], 'beach.jpg', { type: 'image/jpeg' }));
  document.body.dispatchEvent(new DragEvent('dragleave', { bubbles: true, dataTransfer }));
}"""


@pytest.fixture
def library(home: Page, aizen: Served) -> Page:
    """The library of somebody who has no images, loaded to its end."""
    with home.expect_response(re.compile("/assets/sender")):
        home.goto(f"{aizen.address}/library")
    expect(home.get_by_text("No images yet")).to_be_visible()
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two pictures, one of them in a folder of its own, and a letter."""
    folder = tmp_path / "holiday"
    (folder / "second-day").mkdir(parents=True)
    (folder / "beach.jpg").write_bytes(pictures.jpeg(640, 480))
    (folder / "second-day" / "harbour.jpg").write_bytes(pictures.jpeg(480, 640))
    (folder / "letter.txt").write_text("Dear friend", encoding="utf-8")
    return folder


def drag(page: Page, event: str, *paths: Path) -> None:
    """An event of the browser's own while files are dragged over its window from that of another program."""
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    page.context.new_cdp_session(page).send("Input.dispatchDragEvent", {"type": event, "x": 600, "y": 500, "data": data})


def drop(page: Page, *paths: Path) -> None:
    drag(page, "dragEnter", *paths)
    expect(page.get_by_text("Drop to upload")).to_be_visible()
    drag(page, "dragOver", *paths)
    drag(page, "drop", *paths)
    expect(page.get_by_text("Drop to upload")).to_have_count(0)


def tray_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Uploads")


def names_of(user: User) -> set[str]:
    return {image["file_name"] for image in user.request("GET", "/api/v1/images").json()}


def test_files_that_are_dropped_onto_the_window_are_uploaded(library: Page, somebody: User, folder: Path) -> None:
    drop(library, folder / "beach.jpg", folder / "second-day" / "harbour.jpg")
    expect(tray_of(library).get_by_role("heading", name="2 images uploaded")).to_be_visible()
    assert names_of(somebody) == {"beach.jpg", "harbour.jpg"}


def test_files_that_are_dragged_out_of_the_window_again_leave_it_as_it_was(library: Page, folder: Path) -> None:
    drag(library, "dragEnter", folder / "beach.jpg")
    expect(library.get_by_text("Drop to upload")).to_be_visible()
    library.evaluate(LEAVE)
    expect(library.get_by_text("Drop to upload")).to_have_count(0)
    expect(tray_of(library)).to_have_count(0)


def test_of_a_folder_that_is_dropped_the_pictures_are_uploaded_those_in_its_folders_too(
    library: Page, somebody: User, folder: Path
) -> None:
    drop(library, folder)
    expect(tray_of(library).get_by_role("heading", name="2 images uploaded")).to_be_visible()
    expect(tray_of(library).get_by_text("1 file is no picture and was left out.")).to_be_visible()
    assert names_of(somebody) == {"beach.jpg", "harbour.jpg"}


def test_of_a_folder_that_is_chosen_the_pictures_are_uploaded_those_in_its_folders_too(library: Page, somebody: User, folder: Path) -> None:
    library.get_by_role("button", name="More ways to upload").click()
    with library.expect_file_chooser() as choosing:
        library.get_by_role("menuitem", name="A folder").click()
    choosing.value.set_files(folder)
    expect(tray_of(library).get_by_role("heading", name="2 images uploaded")).to_be_visible()
    expect(tray_of(library).get_by_text("1 file is no picture and was left out.")).to_be_visible()
    assert names_of(somebody) == {"beach.jpg", "harbour.jpg"}


def test_a_picture_from_the_clipboard_is_pasted_wherever_the_focus_is(library: Page, somebody: User) -> None:
    library.context.grant_permissions(["clipboard-read", "clipboard-write"])
    library.evaluate(COPY, base64.b64encode(pictures.png(320, 240)).decode())
    library.keyboard.press("Control+v")
    expect(tray_of(library).get_by_role("heading", name="1 image uploaded")).to_be_visible()
    (image,) = somebody.request("GET", "/api/v1/images").json()
    assert (image["width"], image["height"]) == (320, 240)


def test_words_that_are_pasted_into_a_field_stay_there_and_upload_nothing(library: Page) -> None:
    library.context.grant_permissions(["clipboard-read", "clipboard-write"])
    library.evaluate("navigator.clipboard.writeText('harbour')")
    search = library.get_by_role("searchbox").or_(library.get_by_role("textbox", name=re.compile("Search"))).first
    search.focus()
    library.keyboard.press("Control+v")
    expect(search).to_have_value("harbour")
    expect(tray_of(library)).to_have_count(0)


def test_an_address_that_the_server_must_not_ask_is_refused_beside_its_field(library: Page, watch: Watch, somebody: User) -> None:
    watch.expects(422)
    library.get_by_role("button", name="More ways to upload").click()
    library.get_by_role("menuitem", name="From an address").click()
    dialog = library.get_by_role("dialog", name="Upload from an address")
    field = dialog.get_by_label("Address of the picture")
    expect(field).to_be_focused()
    assert faults_on(library) == []
    field.fill("http://127.0.0.1/picture.jpg")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("^This address may not be fetched"))
    expect(field).to_be_focused()
    assert faults_on(library) == []
    field.press("Escape")
    expect(dialog).to_have_count(0)
    assert names_of(somebody) == set()
