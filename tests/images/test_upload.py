"""POST /api/v1/images."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from aizen.database import db, transaction
from aizen.errors import OutOfSpace, Unavailable
from aizen.images.models import Image as ImageRow
from aizen.settings import Settings
from aizen.work import clock
from aizen.work.models import ObjectRemoval
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import HintList
from tests.images.conftest import NO_TRACE, URL, Passing, Traces, Upload

every_backend = pytest.mark.every_backend


@every_backend
def test_upload_answers_201_with_every_field_of_the_image(upload: Upload, people: People, settings: Settings) -> None:
    data = pictures.jpeg(64, 48)
    before = datetime.now(UTC)

    answer = upload(
        data, "blue sky.jpg", title="  Blue ", description="One\r\ntwo", alt="A blue field", tags="Sky, blue,SKY", visibility="private"
    )

    assert answer.status_code == 201
    image = dict(answer.get_json())
    assert answer.headers["Location"] == f"{URL}/{image['id']}" == image["links"]["self"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"]
    assert before <= datetime.fromisoformat(image.pop("uploaded_at")) <= datetime.now(UTC)
    assert datetime.fromisoformat(image.pop("updated_at")).tzinfo is UTC
    path = image.pop("image")
    assert path.startswith(f"/media/images/{people.owner.id}/{image['id']}-")
    assert image.pop("image_url") == image.pop("signed_url") == settings.base_url + path
    own = f"{URL}/{image['id']}"
    user = image.pop("user")
    assert {name: user[name] for name in ("id", "email", "username")} == {
        "id": people.owner.id,
        "email": "owner@example.org",
        "username": "owner",
    }
    assert datetime.fromisoformat(user["date_joined"]) < datetime.now(UTC)
    image.pop("id")
    assert image == {
        "status": "processing",
        "title": "Blue",
        "description": "One\ntwo",
        "alt": "A blue field",
        "alt_status": "approved",
        "tags": ["sky", "blue"],
        "file_name": "blue sky.jpg",
        "format": "jpeg",
        "media_type": "image/jpeg",
        "width": 64,
        "height": 48,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "thumbhash": None,
        "dominant_color": None,
        "source": "upload",
        "parent_id": None,
        "recipe": None,
        "prompt": None,
        "generation": None,
        "digital_source_type": None,
        "is_public": False,
        "visibility": "private",
        "focal_point": None,
        "ai": {"status": "pending", "description": None, "alt": None, "tags": [], "provider": None, "model": None, "error": None},
        "variants": [],
        "links": {"self": own, "file": f"{own}/file", "status": f"{own}/status", "thumb": None, "embed": f"{own}/embed"},
        "duplicate_of": None,
        "trashed_at": None,
    }


@every_backend
def test_an_uploaded_image_becomes_ready_and_described(
    client: FlaskClient, people: People, upload: Upload, work: Callable[[], int]
) -> None:
    made = upload(pictures.jpeg(400, 300))
    assert work() == 2
    image = client.get(made.headers["Location"], headers=people.owner.headers).get_json()
    assert image["status"] == "ready"
    assert image["ai"]["description"] == "A scripted description."
    assert [each["name"] for each in image["variants"]] == ["w160.webp", "w160.jpeg", "w320.webp", "w320.jpeg", "w400.webp", "w400.jpeg"]


@every_backend
def test_what_was_stored_is_what_was_sent(backend: Backend, upload: Upload, traces: Callable[[], Traces]) -> None:
    data = pictures.jpeg()
    upload(data)
    (key,) = traces().objects
    with backend.adapters.storage.open(key) as stored:
        assert stored.read() == data


def test_upload_needs_somebody_signed_in(client: FlaskClient, traces: Callable[[], Traces]) -> None:
    answer = client.post(URL, data={"image": (io.BytesIO(pictures.jpeg()), "blue.jpg")})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_authenticated")
    assert traces() == NO_TRACE


# -- the limit


def padded(size: int) -> bytes:
    """A JPEG of exactly ``size`` bytes: zeros after its end fill it up."""
    return pictures.jpeg().ljust(size, b"\0")


def body_around(data: bytes) -> io.BytesIO:
    head = b'--edge\r\nContent-Disposition: form-data; name="image"; filename="blue.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return io.BytesIO(head + data + b"\r\n--edge--\r\n")


MULTIPART = "multipart/form-data; boundary=edge"


def send_in_chunks(client: FlaskClient, people: People, data: bytes) -> TestResponse:
    """As a client that does not know the length in advance: Transfer-Encoding chunked, which gunicorn hands on like this."""
    return client.post(
        URL,
        headers={**people.owner.headers, "Content-Type": MULTIPART, "Transfer-Encoding": "chunked"},
        input_stream=body_around(data),
        environ_overrides={"wsgi.input_terminated": True},
    )


def send_whole(client: FlaskClient, people: People, data: bytes) -> TestResponse:
    body = body_around(data)
    headers = {**people.owner.headers, "Content-Type": MULTIPART, "Content-Length": str(len(body.getvalue()))}
    return client.post(URL, headers=headers, input_stream=body)


Send = Callable[[FlaskClient, People, bytes], TestResponse]


@pytest.mark.parametrize("send", [send_whole, send_in_chunks])
def test_a_file_of_exactly_the_limit_passes(client: FlaskClient, people: People, settings: Settings, send: Send) -> None:
    assert settings.max_image_size == 10 * 1024 * 1024
    answer = send(client, people, padded(settings.max_image_size))
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["bytes"] == 10 * 1024 * 1024


@pytest.mark.parametrize("send", [send_whole, send_in_chunks])
@pytest.mark.parametrize("excess", [1, 300 * 1024], ids=["one byte", "more than the form's room"])
def test_a_file_over_the_limit_is_413_and_leaves_nothing(
    client: FlaskClient, people: People, settings: Settings, traces: Callable[[], Traces], send: Send, excess: int
) -> None:
    answer = send(client, people, padded(settings.max_image_size + excess))
    assert (answer.status_code, answer.get_json()["code"], answer.get_json()["limit"]) == (413, "file_too_large", settings.max_image_size)
    assert traces() == NO_TRACE


def test_the_limit_is_a_setting(make_app: Callable[..., Flask], upload: Upload) -> None:
    data = pictures.jpeg_of_bytes(5000)
    assert upload(data, through=make_app(max_image_size=5000).test_client()).status_code == 201
    answer = upload(data, through=make_app(max_image_size=4999).test_client())
    assert (answer.status_code, answer.get_json()["limit"]) == (413, 4999)


# -- the picture and its fields


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (pictures.png(), "photo.jpg", "png"),
        (pictures.jpeg(), "drawing.png", "jpeg"),
        (pictures.gif(), "noname", "gif"),
        (pictures.jpeg(), "page.html", "jpeg"),
    ],
)
def test_the_type_is_told_by_content_and_not_by_name(upload: Upload, data: bytes, name: str, form: str) -> None:
    image = upload(data, name).get_json()
    assert (image["format"], image["media_type"], image["file_name"]) == (form, f"image/{form}", name)


def test_the_type_that_the_client_declares_counts_for_nothing(client: FlaskClient, people: People) -> None:
    answer = client.post(URL, headers=people.owner.headers, data={"image": (io.BytesIO(pictures.jpeg()), "a.svg", "image/svg+xml")})
    assert answer.get_json()["media_type"] == "image/jpeg"


@pytest.mark.parametrize(("turn", "size"), [(1, (64, 48)), (3, (64, 48)), (6, (48, 64)), (8, (48, 64))])
def test_width_and_height_are_those_of_the_upright_picture(upload: Upload, turn: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    target = io.BytesIO()
    Image.new("RGB", (64, 48)).save(target, "JPEG", exif=exif)
    image = upload(target.getvalue()).get_json()
    assert (image["width"], image["height"]) == size


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (["a,b", "c"], ["a", "b", "c"]),
        (" a , , B ,a", ["a", "b"]),
        ("Straße,STRASSE", ["strasse"]),
        ([str(number) for number in range(50)], [str(number) for number in range(50)]),
    ],
)
def test_tags_come_comma_separated_or_repeated(upload: Upload, sent: str | list[str], kept: list[str]) -> None:
    answer = upload(tags=sent)
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["tags"] == kept


def test_text_is_kept_in_normal_form(upload: Upload) -> None:
    assert upload(title="Cafe\u0301 \U0001f600").get_json()["title"] == "Café \U0001f600"


@pytest.mark.parametrize("word", ["false", "0"])
def test_describe_false_leaves_the_description_out(
    client: FlaskClient, people: People, upload: Upload, work: Callable[[], int], word: str
) -> None:
    made = upload(describe=word)
    assert made.get_json()["ai"]["status"] == "skipped"
    assert work() == 1
    image = client.get(made.headers["Location"], headers=people.owner.headers).get_json()
    assert (image["status"], image["ai"]["status"], image["ai"]["description"]) == ("ready", "skipped", None)
    status = client.get(f"{made.headers['Location']}/status", headers=people.owner.headers).get_json()
    assert [each["kind"] for each in status["work"]] == ["variants"]


@every_backend
def test_the_same_bytes_again_are_told_to_be_a_duplicate(upload: Upload, people: People) -> None:
    first = upload(pictures.jpeg()).get_json()
    assert upload(pictures.jpeg(), "again.jpg").get_json()["duplicate_of"] == first["id"]
    assert upload(pictures.jpeg(), "third.jpg").get_json()["duplicate_of"] == first["id"]
    assert upload(pictures.jpeg(color="red")).get_json()["duplicate_of"] is None


def test_what_somebody_else_has_is_no_duplicate(upload: Upload, people: People) -> None:
    upload()
    assert upload(person=people.stranger).get_json()["duplicate_of"] is None


# -- one transaction


class LateStorage(Passing):
    """A storage that takes so long that the clock may already have removed what was reserved."""

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str) -> None:
        self._real.put(key, content, media_type=media_type)
        with db.engine.begin() as connection:
            connection.execute(sa.update(ObjectRemoval).where(ObjectRemoval.key == key).values(not_before=1))


class FailingStorage(Passing):
    def __init__(self, backend: Backend, error: Exception) -> None:
        super().__init__(backend.adapters)
        self._error = error

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str) -> None:
        raise self._error


@every_backend
def test_an_upload_that_cannot_keep_its_object_leaves_neither_row_nor_work(
    backend: Backend, app_with: Callable[..., Flask], upload: Upload, traces: Callable[[], Traces], tick: Callable[[], clock.Tick]
) -> None:
    late = app_with(storage=LateStorage(backend.adapters)).test_client()
    answer = upload(through=late, headers={"Idempotency-Key": "late"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "took_too_long")
    assert answer.headers["Retry-After"] == "1"
    tick()
    assert traces() == NO_TRACE
    assert backend.queue.hints == []


@pytest.mark.parametrize(("error", "status"), [(Unavailable(code="storage_unavailable"), 503), (OutOfSpace(), 507)])
def test_a_storage_that_refuses_is_told_and_leaves_nothing(
    backend: Backend,
    app_with: Callable[..., Flask],
    upload: Upload,
    traces: Callable[[], Traces],
    tick: Callable[[], clock.Tick],
    error: Exception,
    status: int,
) -> None:
    answer = upload(through=app_with(storage=FailingStorage(backend, error)).test_client())
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    # A PUT that was refused may still land, so its note outlives it by the margin.
    with backend.app.app_context(), transaction():
        margin = int(backend.settings.removal_margin_seconds * 1000)
        db.session.execute(sa.update(ObjectRemoval).values(not_before=ObjectRemoval.not_before - margin))
    tick()
    assert traces() == NO_TRACE


class WatchingStorage(Passing):
    """Counts the database connections that are in use while it works."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend.adapters)
        self.in_use: list[int] = []

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str) -> None:
        self.in_use.append(cast(Any, db.engine.pool).checkedout())
        self._real.put(key, content, media_type=media_type)


def test_no_database_connection_is_held_while_the_picture_is_stored(
    backend: Backend, app_with: Callable[..., Flask], upload: Upload
) -> None:
    storage = WatchingStorage(backend)
    assert upload(through=app_with(storage=storage).test_client()).status_code == 201
    assert storage.in_use == [0]


def test_one_hint_follows_an_upload_and_the_description_waits(upload: Upload, queue: HintList) -> None:
    upload()
    assert len(queue.hints) == 1


@every_backend
def test_an_upload_while_redis_is_down_is_taken_and_becomes_ready_later(
    client: FlaskClient,
    people: People,
    upload: Upload,
    queue: HintList,
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    backend: Backend,
) -> None:
    queue.is_down = True
    made = upload()
    assert made.status_code == 201
    assert tick().hinted == 0
    queue.is_down = False
    with backend.app.app_context(), db.engine.begin() as connection:
        # As if the minute were over after which a hint counts as lost.
        connection.execute(sa.text("UPDATE work_items SET hinted_at = hinted_at - 61000 WHERE hinted_at IS NOT NULL"))
    assert tick().hinted == 1
    work()
    assert client.get(made.headers["Location"], headers=people.owner.headers).get_json()["status"] == "ready"


def test_an_upload_whose_original_is_being_deleted_is_taken(app: Flask, upload: Upload) -> None:
    """Only where two transactions write at once: on PostgreSQL."""
    first = upload().get_json()["id"]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.delete(ImageRow).where(ImageRow.id == uuid.UUID(first)))
        answer = upload(through=app.test_client())
    assert (answer.status_code, answer.get_json()["duplicate_of"]) == (201, None)
