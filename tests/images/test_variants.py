"""The files that are made of an image, and what happens when they cannot be made."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from aizen.database import db
from aizen.errors import Unavailable
from aizen.images import integrity
from aizen.work import clock
from aizen.work.models import ObjectRemoval
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import HintList
from tests.images import marked
from tests.images.conftest import NO_TRACE, URL, Passing, Traces, Upload, opened, stored_bytes, work_off

every_backend = pytest.mark.every_backend
Ready = Callable[..., dict[str, Any]]


def both(*sizes: tuple[int, int], still: str = "jpeg") -> list[tuple[str, int, int]]:
    return [(f"w{width}.{form}", width, height) for width, height in sizes for form in ("webp", still)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pictures.jpeg(1, 1), both((1, 1))),
        (pictures.jpeg(64, 48), both((64, 48))),
        (pictures.jpeg(160, 120), both((160, 120))),
        (pictures.jpeg(161, 90), both((160, 89), (161, 90))),
        (pictures.jpeg(1920, 10), both((160, 1), (320, 2), (640, 3), (1280, 7), (1920, 10))),
        (pictures.jpeg(2000, 1000), both((160, 80), (320, 160), (640, 320), (1280, 640), (1920, 960))),
        (pictures.jpeg(90, 1500), both((90, 1500))),
        (pictures.png(200, 100), both((160, 80), (200, 100), still="png")),
        (pictures.png(200, 100, color="#80c040ff"), both((160, 80), (200, 100))),
        (pictures.gif(), [("animated.webp", 40, 30), ("poster.jpeg", 40, 30)]),
        (pictures.gif(frames=1), both((40, 30))),
    ],
    ids=["dot", "small", "a width", "over a width", "wide", "large", "tall", "alpha", "opaque PNG", "animated", "one frame"],
)
def test_each_source_has_its_variants(ready: Ready, data: bytes, expected: list[tuple[str, int, int]]) -> None:
    image = ready(data)
    assert image["status"] == "ready"
    assert sorted((each["name"], each["width"], each["height"]) for each in image["variants"]) == sorted(expected)


@every_backend
def test_every_variant_is_the_picture_that_it_says_it_is(client: FlaskClient, ready: Ready, people: People, backend: Backend) -> None:
    image = ready(pictures.png(200, 100))
    for variant in image["variants"]:
        with backend.adapters.storage.open(key_of(variant["url"])) as stored:
            data = stored.read()
        assert len(data) == variant["bytes"]
        with Image.open(io.BytesIO(data)) as picture:
            assert (picture.format or "").lower() == variant["format"] == variant["name"].rpartition(".")[2]
            assert picture.size == (variant["width"], variant["height"])
            assert picture.convert("RGBA").getchannel("A").getextrema() == (0x80, 0x80)


def key_of(address: str) -> str:
    return address.partition("/media/")[2].partition("?")[0]


def test_an_animation_keeps_its_frames(client: FlaskClient, ready: Ready) -> None:
    image = ready(pictures.gif(frames=4))
    (address,) = (each["url"] for each in image["variants"] if each["name"] == "animated.webp")
    with Image.open(io.BytesIO(opened(client, address).data)) as picture:
        assert getattr(picture, "n_frames", 1) == 4


def test_a_ready_image_has_its_colour_its_hash_and_a_thumbnail(client: FlaskClient, ready: Ready) -> None:
    image = ready(pictures.jpeg(800, 600, color="#4682b4"))
    assert image["dominant_color"].startswith("#")
    assert image["thumbhash"]
    (thumb,) = (each["url"] for each in image["variants"] if each["name"] == "w320.webp")
    assert image["links"]["thumb"] == thumb


def test_the_thumbnail_of_a_small_picture_is_its_largest_variant(ready: Ready) -> None:
    image = ready(pictures.jpeg(100, 80))
    assert image["links"]["thumb"] in {each["url"] for each in image["variants"]}
    assert "w100.webp" in image["links"]["thumb"]


@pytest.mark.parametrize("make", [marked.jpeg, marked.png, marked.webp, marked.avif, marked.gif])
def test_nothing_that_was_in_the_metadata_is_in_any_file_that_was_made(
    backend: Backend, ready: Ready, traces: Callable[[], Traces], make: Callable[[], bytes]
) -> None:
    data = make()
    assert marked.MARK in data
    image = ready(data)
    assert image["status"] == "ready"
    files = stored_bytes(backend)
    original = files.pop(key_of(image["image_url"]))
    assert original == data
    # The internal levels are among them: more files than variants.
    assert len(files) == traces().variants >= len(image["variants"])
    for key, made in files.items():
        assert marked.MARK not in made, key
        with Image.open(io.BytesIO(made)) as picture:
            assert not picture.getexif(), key
            assert not {"xmp", "comment", "photoshop", "exif", "XML:com.adobe.xmp"} & set(picture.info), key
    assert marked.TEXT not in str(image)


# -- work that fails


def replace_original(backend: Backend, image: TestResponse, data: bytes | None) -> None:
    """The stored original is something else now, or gone."""
    key = key_of(image.get_json()["image"])
    if data is None:
        backend.adapters.storage.delete(key)
    else:
        backend.adapters.storage.put(key, data, media_type="image/jpeg")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pictures.jpeg(400, 300)[:-200], "unreadable_image"),
        (b"no picture at all", "unsupported_image_type"),
        (None, "original_missing"),
    ],
)
def test_a_picture_that_cannot_be_drawn_fails_with_its_reason(
    client: FlaskClient,
    people: People,
    backend: Backend,
    upload: Upload,
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    traces: Callable[[], Traces],
    data: bytes | None,
    code: str,
) -> None:
    made = upload(pictures.jpeg(400, 300))
    replace_original(backend, made, data)
    work()
    image = client.get(made.headers["Location"], headers=people.owner.headers).get_json()
    assert (image["status"], image["ai"]["status"], image["ai"]["error"], image["variants"]) == ("failed", "failed", "no_picture", [])
    status = client.get(f"{made.headers['Location']}/status", headers=people.owner.headers).get_json()
    assert [(each["kind"], each["state"], each["error"]["code"]) for each in status["work"]] == [
        ("variants", "failed", code),
        ("description", "failed", "no_picture"),
    ]
    tick()
    left = traces()
    assert (left.variants, left.removals, len(left.objects)) == (0, 0, 0 if data is None else 1)


def test_a_retry_makes_a_failed_image_ready(
    client: FlaskClient, people: People, backend: Backend, upload: Upload, work: Callable[[], int]
) -> None:
    data = pictures.jpeg(400, 300)
    made = upload(data)
    replace_original(backend, made, b"nothing")
    work()
    replace_original(backend, made, data)

    answer = client.post(f"{made.headers['Location']}/retry", headers=people.owner.headers)

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{made.headers['Location']}/status"
    assert (answer.get_json()["status"], answer.get_json()["ai_status"]) == ("processing", "pending")
    assert [(each["state"], each["attempts"], each["error"]) for each in answer.get_json()["work"]] == [
        ("pending", 0, None),
        ("waiting", 0, None),
    ]
    assert work() == 2
    image = client.get(made.headers["Location"], headers=people.owner.headers).get_json()
    assert (image["status"], image["ai"]["status"], image["ai"]["error"]) == ("ready", "done", None)


def test_a_skipped_description_stays_skipped_when_the_picture_fails_and_is_retried(
    client: FlaskClient, people: People, backend: Backend, upload: Upload, work: Callable[[], int]
) -> None:
    made = upload(describe="false")
    replace_original(backend, made, b"nothing")
    work()
    assert client.get(made.headers["Location"], headers=people.owner.headers).get_json()["ai"]["status"] == "skipped"
    client.post(f"{made.headers['Location']}/retry", headers=people.owner.headers)
    assert client.get(made.headers["Location"], headers=people.owner.headers).get_json()["ai"]["status"] == "skipped"


def test_a_retry_of_what_has_not_failed_is_409(client: FlaskClient, people: People, ready: Ready) -> None:
    own = ready()["links"]["self"]
    answer = client.post(f"{own}/retry", headers=people.owner.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "nothing_failed")


def test_a_retry_of_a_strangers_image_is_404(client: FlaskClient, people: People, ready: Ready) -> None:
    own = ready()["links"]["self"]
    theirs = client.post(f"{own}/retry", headers=people.stranger.headers)
    unknown = client.post(f"{URL}/{people.owner.id}/retry", headers=people.stranger.headers)
    assert (theirs.status_code, theirs.get_json()["code"]) == (unknown.status_code, unknown.get_json()["code"]) == (404, "not_found")


class FullAfter(Passing):
    """A storage that goes away after some objects."""

    def __init__(self, backend: Backend, count: int) -> None:
        super().__init__(backend.adapters)
        self._left = count

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str) -> None:
        if not self._left:
            raise Unavailable(code="storage_unavailable")
        self._left -= 1
        self._real.put(key, content, media_type=media_type)


@every_backend
def test_an_outage_between_two_variants_is_tried_again_and_leaves_no_orphan(
    client: FlaskClient,
    people: People,
    backend: Backend,
    app_with: Callable[..., Flask],
    upload: Upload,
    work: Callable[[], int],
    make_due: Callable[[], None],
    tick: Callable[[], clock.Tick],
) -> None:
    made = upload(pictures.jpeg(400, 300))
    work_off(app_with(storage=FullAfter(backend, 3)), backend)
    status = client.get(f"{made.headers['Location']}/status", headers=people.owner.headers).get_json()
    assert status["status"] == "processing"
    assert status["work"][0] == {
        "kind": "variants",
        "state": "pending",
        "attempts": 1,
        "error": {"code": "storage_unavailable", "detail": "A part of the service is out of reach. Try again shortly."},
    }
    make_due()
    tick()
    work()
    tick()
    assert client.get(made.headers["Location"], headers=people.owner.headers).get_json()["status"] == "ready"
    with backend.app.app_context():
        report = integrity.examine(backend.adapters, checksums=True)
    assert report.is_clean, report.as_text()


class DeletesWhileStoring(Passing):
    """A storage during whose n-th write the owner deletes the image."""

    def __init__(self, backend: Backend, number: int, delete: Callable[[], object]) -> None:
        super().__init__(backend.adapters)
        self._until, self._delete = number, delete

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str) -> None:
        self._until -= 1
        if self._until == 0:
            self._delete()
        self._real.put(key, content, media_type=media_type)


@every_backend
@pytest.mark.parametrize("number", [1, 4, 7])
def test_an_image_that_is_deleted_while_its_variants_are_made_leaves_nothing(
    client: FlaskClient,
    people: People,
    backend: Backend,
    app_with: Callable[..., Flask],
    upload: Upload,
    tick: Callable[[], clock.Tick],
    traces: Callable[[], Traces],
    number: int,
) -> None:
    made, headers = upload(pictures.jpeg(400, 300)), people.owner.headers
    deleted = []
    storage = DeletesWhileStoring(backend, number, lambda: deleted.append(client.delete(made.headers["Location"], headers=headers)))
    work_off(app_with(storage=storage), backend)
    assert [each.status_code for each in deleted] == [204]
    expire_reservations(backend)
    tick()
    assert traces() == NO_TRACE


def expire_reservations(backend: Backend) -> None:
    """The grace of what was reserved and never kept is over."""
    settings = backend.settings
    passed = int(settings.removal_grace_seconds + settings.removal_margin_seconds) * 1000
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(ObjectRemoval).values(not_before=ObjectRemoval.not_before - passed))


def test_the_same_hint_five_times_has_one_effect(
    client: FlaskClient, people: People, upload: Upload, queue: HintList, work: Callable[[], int], traces: Callable[[], Traces]
) -> None:
    made = upload(pictures.jpeg(400, 300))
    queue.hints *= 5
    work()
    left = traces()
    assert (left.variants, left.removals, len(left.objects)) == (7, 0, 8)
    status = client.get(f"{made.headers['Location']}/status", headers=people.owner.headers).get_json()
    assert [(each["state"], each["attempts"]) for each in status["work"]] == [("done", 1), ("done", 1)]
