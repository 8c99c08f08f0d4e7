"""POST /api/v1/images with what is no upload: each case has its own code, and nothing is left of it."""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.images.intake import clean_file_name
from aizen.work import clock
from tests import pictures
from tests.conftest import People
from tests.images.conftest import NO_TRACE, URL, Traces, Upload, opened

MULTIPART = "multipart/form-data; boundary=edge"
PICTURE = pictures.jpeg()


def part(name: str, value: bytes, *, file_name: bytes | None = None, kind: bytes = b"image/jpeg") -> bytes:
    """One part of a multipart body whose boundary is ``edge``."""
    head = b'--edge\r\nContent-Disposition: form-data; name="' + name.encode() + b'"'
    if file_name is not None:
        head += b'; filename="' + file_name + b'"\r\nContent-Type: ' + kind
    return head + b"\r\n\r\n" + value + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--edge--\r\n"


IMAGE = part("image", PICTURE, file_name=b"blue.jpg")


@dataclass(frozen=True)
class Bad:
    """A request that is no upload, and what it must be told. ``field`` is the pointer and code of the first field at fault."""

    body: bytes
    status: int
    code: str
    field: tuple[str, str] | None = None
    content_type: str = MULTIPART


BAD = {
    "nothing at all": Bad(b"", 400, "malformed_multipart"),
    "no part": Bad(b"--edge--\r\n", 422, "invalid", ("/image", "required")),
    "only fields": Bad(body(part("title", b"Blue")), 422, "invalid", ("/image", "required")),
    "the wrong field": Bad(body(part("file", PICTURE, file_name=b"a.jpg")), 422, "invalid", ("/file", "unknown_field")),
    "a nameless file": Bad(body(part("", PICTURE, file_name=b"a.jpg")), 422, "invalid", ("/", "unknown_field")),
    "text in its place": Bad(body(part("image", b"not a file")), 422, "invalid", ("/image", "file_expected")),
    "text beside it": Bad(body(part("image", b"text"), IMAGE), 422, "invalid", ("/image", "file_expected")),
    "two files": Bad(body(IMAGE, IMAGE), 422, "invalid", ("/image", "one_file_only")),
    "another file beside it": Bad(body(IMAGE, part("extra", b"x", file_name=b"x")), 422, "invalid", ("/extra", "unknown_field")),
    "an empty file": Bad(body(part("image", b"", file_name=b"a.jpg")), 422, "empty_file"),
    "an empty file without a name": Bad(body(part("image", b"", file_name=b"")), 422, "empty_file"),
    "a file of text": Bad(body(part("image", b"hello there", file_name=b"a.jpg")), 415, "unsupported_image_type"),
    "an SVG": Bad(body(part("image", b"<svg xmlns='http://www.w3.org/2000/svg'/>", file_name=b"a.svg")), 415, "unsupported_image_type"),
    "half a picture": Bad(body(part("image", PICTURE[: len(PICTURE) // 2], file_name=b"a.jpg")), 422, "unreadable_image"),
    "only a signature": Bad(body(part("image", b"\x89PNG\r\n\x1a\n", file_name=b"a.png")), 422, "unreadable_image"),
    "no boundary": Bad(body(IMAGE), 400, "no_boundary", content_type="multipart/form-data"),
    "an empty boundary": Bad(body(IMAGE), 400, "no_boundary", content_type="multipart/form-data; boundary="),
    "another boundary": Bad(body(IMAGE), 400, "malformed_multipart", content_type="multipart/form-data; boundary=other"),
    "no end": Bad(IMAGE, 400, "malformed_multipart"),
    "broken off in the file": Bad(IMAGE[:-40], 400, "malformed_multipart"),
    "broken off in a head": Bad(IMAGE + b"--edge\r\nContent-Dispo", 400, "malformed_multipart"),
    "no part's head": Bad(b"--edge\r\n\r\nvalue\r\n--edge--\r\n", 400, "malformed_multipart"),
    "not multipart inside": Bad(b"\x00\xff" * 50, 400, "malformed_multipart"),
    "a file name that is no UTF-8": Bad(body(part("image", PICTURE, file_name=b"\xff\xfe.jpg")), 400, "malformed_multipart"),
    "half a surrogate in a name": Bad(body(part("image", PICTURE, file_name=b"\xed\xa0\x80.jpg")), 400, "malformed_multipart"),
    "JSON": Bad(b'{"image": "x"}', 422, "invalid", ("/url", "required"), content_type="application/json"),
    "urlencoded": Bad(b"image=x&title=y", 415, "multipart_expected", content_type="application/x-www-form-urlencoded"),
    "the bare file": Bad(PICTURE, 415, "multipart_expected", content_type="image/jpeg"),
    "another multipart": Bad(body(IMAGE), 415, "multipart_expected", content_type="multipart/mixed; boundary=edge"),
    "no content type": Bad(body(IMAGE), 415, "multipart_expected", content_type=""),
    "too many parts": Bad(body(IMAGE, *[part("tags", b"x")] * 200), 413, "fields_too_large"),
    "too large fields": Bad(body(IMAGE, part("description", b"x" * 300_000)), 413, "fields_too_large"),
    "many large fields": Bad(body(IMAGE, *[part("tags", b"x" * 60_000)] * 5), 422, "invalid", ("/tags", "too_long")),
    "an unknown field": Bad(body(IMAGE, part("colour", b"red")), 422, "invalid", ("/colour", "unknown_field")),
    "a field of the image": Bad(body(IMAGE, part("owner_id", b"1")), 422, "invalid", ("/owner_id", "unknown_field")),
    "a field with slashes": Bad(body(IMAGE, part("a/b~c", b"1")), 422, "invalid", ("/a~1b~0c", "unknown_field")),
    "a field twice": Bad(body(IMAGE, part("title", b"a"), part("title", b"b")), 422, "invalid", ("/title", "repeated")),
    "a field with slashes twice": Bad(body(IMAGE, *[part("a/b", b"1")] * 2), 422, "invalid", ("/a~1b", "repeated")),
    "NUL in the title": Bad(body(IMAGE, part("title", b"a\0b")), 422, "invalid", ("/title", "nul_character")),
    "NUL in the description": Bad(body(IMAGE, part("description", b"\0")), 422, "invalid", ("/description", "nul_character")),
    "NUL in the alt text": Bad(body(IMAGE, part("alt", b"a\0")), 422, "invalid", ("/alt", "nul_character")),
    "NUL in a tag": Bad(body(IMAGE, part("tags", b"a,b\0")), 422, "invalid", ("/tags", "nul_character")),
    "NUL in a field's name": Bad(body(IMAGE, part("ti\0tle", b"a")), 422, "invalid", ("/ti\\x00tle", "unknown_field")),
    "a title that is no UTF-8": Bad(body(IMAGE, part("title", b"\xff\xfe")), 422, "invalid", ("/title", "not_utf8")),
    "half a surrogate in the alt text": Bad(body(IMAGE, part("alt", b"a\xed\xa0\x80")), 422, "invalid", ("/alt", "not_utf8")),
    "half a surrogate in a tag": Bad(body(IMAGE, part("tags", b"a,\xed\xbf\xbf")), 422, "invalid", ("/tags", "not_utf8")),
    "a character beyond Unicode": Bad(body(IMAGE, part("description", b"\xf4\x90\x80\x80")), 422, "invalid", ("/description", "not_utf8")),
    "a line break in the title": Bad(body(IMAGE, part("title", b"a\r\nb")), 422, "invalid", ("/title", "control_character")),
    "an escape in the description": Bad(
        body(IMAGE, part("description", b"a\x1b[0m")), 422, "invalid", ("/description", "control_character")
    ),
    "a bell in a tag": Bad(body(IMAGE, part("tags", b"a\x07b")), 422, "invalid", ("/tags", "control_character")),
    "a long title": Bad(body(IMAGE, part("title", b"x" * 201)), 422, "invalid", ("/title", "too_long")),
    "a long description": Bad(body(IMAGE, part("description", b"x" * 5001)), 422, "invalid", ("/description", "too_long")),
    "a long alt text": Bad(body(IMAGE, part("alt", b"x" * 1001)), 422, "invalid", ("/alt", "too_long")),
    "a long tag": Bad(body(IMAGE, part("tags", b"x" * 51)), 422, "invalid", ("/tags", "too_long")),
    "many tags": Bad(body(IMAGE, part("tags", b",".join([b"x"] * 51))), 422, "invalid", ("/tags", "too_many")),
    "describe=maybe": Bad(body(IMAGE, part("describe", b"maybe")), 422, "invalid", ("/describe", "wrong_type")),
    "visibility=friends": Bad(body(IMAGE, part("visibility", b"friends")), 422, "invalid", ("/visibility", "not_a_choice")),
}


def send(client: FlaskClient, people: People, sent: bytes, content_type: str = MULTIPART) -> TestResponse:
    headers = {**people.owner.headers, "Content-Length": str(len(sent))}
    if content_type:
        headers["Content-Type"] = content_type
    return client.post(URL, headers=headers, input_stream=io.BytesIO(sent))


@pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
def test_what_is_no_upload_has_a_code_and_leaves_nothing(
    client: FlaskClient, people: People, traces: Callable[[], Traces], bad: Bad
) -> None:
    answer = send(client, people, bad.body, bad.content_type)
    assert (answer.status_code, answer.get_json()["code"]) == (bad.status, bad.code)
    assert answer.content_type == "application/problem+json"
    if bad.field is not None:
        first = answer.get_json()["errors"][0]
        assert (first["pointer"], first["code"]) == bad.field
    assert traces() == NO_TRACE


def test_visibility_is_refused_with_what_is_allowed(upload: Upload) -> None:
    (error,) = upload(visibility="friends").get_json()["errors"]
    assert error["allowed"] == ["private", "unlisted", "public"]


def test_every_field_at_fault_is_named_at_once(upload: Upload) -> None:
    answer = upload(title="x" * 201, alt="a\0", colour="red", describe="perhaps")
    assert {(each["pointer"], each["code"]) for each in answer.get_json()["errors"]} == {
        ("/title", "too_long"),
        ("/alt", "nul_character"),
        ("/colour", "unknown_field"),
        ("/describe", "wrong_type"),
    }


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_client_that_goes_away_leaves_nothing(client: FlaskClient, people: People, traces: Callable[[], Traces], share: float) -> None:
    whole = body(part("image", PICTURE.ljust(2_000_000, b"\0"), file_name=b"a.jpg"))
    headers = {**people.owner.headers, "Content-Length": str(len(whole)), "Content-Type": MULTIPART}
    answer = client.post(URL, headers=headers, input_stream=io.BytesIO(whole[: int(len(whole) * share)]))
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_multipart")
    assert traces() == NO_TRACE


# -- file names

NAMES = {
    "a path": (b"../../etc/passwd.jpg", "passwd.jpg"),
    "a Windows path": (b"C:\\\\fakepath\\\\beach.jpg", "beach.jpg"),
    "only a path": (b"a/b/", "image"),
    "NUL": (b"a\0b.jpg", "ab.jpg"),
    "right-to-left marks": ("a\u202egpj.exe".encode(), "agpj.exe"),
    "CRLF": (b"a%0D%0Ab.jpg", "a%0D%0Ab.jpg"),
    "3,000 characters": (b"x" * 3000 + b".jpg", "x" * 251 + ".jpg"),
    "3,000 characters without an ending": (b"x" * 3000, "x" * 255),
    "only dots": (b"...", "image"),
    "only blanks": (b"   ", "image"),
    "a hidden file": (b".htaccess", "htaccess"),
    "emoji": ("\U0001f600\U0001f1e9\U0001f1ea.jpg".encode(), "\U0001f600\U0001f1e9\U0001f1ea.jpg"),
    "another script": ("фото 写真.jpg".encode(), "фото 写真.jpg"),
    "markup": (b"<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
    "a name for a shell": (b"$(id);&|`x`.jpg", "$(id);&|`x`.jpg"),
}


@pytest.mark.parametrize(("sent", "kept"), NAMES.values(), ids=list(NAMES))
def test_a_strange_file_name_is_made_harmless(
    client: FlaskClient, people: People, traces: Callable[[], Traces], sent: bytes, kept: str
) -> None:
    answer = send(client, people, body(part("image", PICTURE, file_name=sent)))
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["file_name"] == kept
    (key,) = traces().objects
    assert key.isascii()
    assert len(key) <= 255
    sent_back = opened(client, answer.get_json()["image"])
    assert sent_back.status_code == 200
    assert sent_back.data == PICTURE
    assert sent_back.headers["Content-Disposition"].startswith('inline; filename="')


def test_a_line_break_in_a_file_name_cannot_add_a_header(client: FlaskClient, people: People, traces: Callable[[], Traces]) -> None:
    answer = send(client, people, body(part("image", PICTURE, file_name=b"a\r\nX-Evil: 1\r\n\r\nb.jpg")))
    assert answer.status_code in (201, 400, 422)
    if answer.status_code == 201:
        assert "X-Evil" not in opened(client, answer.get_json()["image"]).headers


def test_no_file_stays_open_after_many_uploads(
    client: FlaskClient, people: People, traces: Callable[[], Traces], tick: Callable[[], clock.Tick]
) -> None:
    for bad in ("half a picture", "two files", "broken off in the file", "text beside it"):
        send(client, people, BAD[bad].body)
    tick()
    gc.collect()
    assert traces() == NO_TRACE


def test_an_endless_file_name_is_cut_before_anything_is_made_of_it() -> None:
    # Marks out of their order: to put these into it takes a minute.
    begun = time.process_time()
    assert clean_file_name("a" + "\u0301\u0323" * 60_000 + ".png").endswith(".png")
    assert time.process_time() - begun < 5
