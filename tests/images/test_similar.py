"""GET /api/v1/images/{id}/similar, and the fingerprints that it goes by."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image as PillowImage
from PIL import ImageOps
from werkzeug.test import TestResponse

from aizen.database import db, new_id, utc_now
from aizen.images.fingerprinting import AT_A_TIME
from aizen.images.models import Image
from aizen.work import clock
from aizen.work.models import WorkItem
from tests.conftest import Backend, People, Person
from tests.images.conftest import URL, Upload
from tests.imaging.pictures import saved, scene

every_database = pytest.mark.every_database
Ready = Callable[..., dict[str, Any]]
Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(client: FlaskClient, people: People) -> Ask:
    def send(image_id: str, person: Person | None = None, **arguments: Any) -> TestResponse:
        return client.get(f"{URL}/{image_id}/similar", query_string=arguments, headers=(person or people.owner).headers)

    return send


@pytest.fixture
def shelf(backend: Backend, people: People, shelve: Callable[..., str]) -> Callable[..., str]:
    """Puts an image on the shelf with these columns, as if its variants had been made."""

    def put(person: Person | None = None, **columns: Any) -> str:
        image_id = shelve(person or people.owner, at=columns.pop("at", datetime.now(UTC)))
        change(backend, [image_id], **columns)
        return image_id

    return put


def change(backend: Backend, image_ids: Iterable[str], **columns: Any) -> None:
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(Image).where(Image.id.in_([uuid.UUID(each) for each in image_ids])).values(**columns))


def fingerprints_of(backend: Backend, image_id: str) -> tuple[str | None, int | None]:
    with backend.app.app_context(), db.engine.connect() as connection:
        row = connection.execute(sa.select(Image.pixels_sha256, Image.dhash).where(Image.id == uuid.UUID(image_id))).one()
    return row.pixels_sha256, row.dhash


@every_database
def test_the_same_and_similar_pictures_are_found_and_others_are_not(ready: Ready, ask: Ask) -> None:
    picture = scene(400, 300)
    turned = PillowImage.Exif()
    turned[0x0112] = 6
    original = ready(saved(picture, "PNG"), "original.png", title="The one")
    same = ready(saved(picture.transpose(PillowImage.Transpose.ROTATE_90), "PNG", exif=turned), "same.png")
    alike = ready(saved(picture.resize((200, 150)), "JPEG", quality=60), "alike.jpg")
    ready(saved(ImageOps.mirror(picture), "PNG"), "other.png")
    answer = ask(original["id"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "private, no-cache"
    first, second = answer.get_json()
    assert (first["id"], first["distance"], first["same_pixels"]) == (same["id"], 0, True)
    assert (second["id"], second["same_pixels"]) == (alike["id"], False)
    assert second["distance"] <= 10
    # Beside that they are the images as they are always shown.
    assert {name: value for name, value in second.items() if name in alike} == alike
    assert {each["id"] for each in ask(alike["id"]).get_json()} == {original["id"], same["id"]}


@every_database
def test_the_nearest_come_first_within_the_distance_and_the_limit(shelf: Callable[..., str], ask: Ask, people: People) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    own = shelf(dhash=-1, pixels_sha256="a" * 64)
    # As many of the highest bits differ from those of -1, the sign among them.
    bits = {count: shelf(dhash=(1 << 64 - count) - 1 if count else -1, at=start) for count in (33, 32, 11, 10, 1, 0)}
    newer = shelf(dhash=-2, at=start + timedelta(days=1))
    same = shelf(dhash=-1, pixels_sha256="a" * 64, at=start)
    shelf(dhash=None)
    shelf(dhash=-1, trashed_at=start)
    shelf(people.stranger, dhash=-1, pixels_sha256="a" * 64)

    def found(**arguments: Any) -> list[tuple[str, int, bool]]:
        answer = ask(own, **arguments)
        assert answer.status_code == 200, answer.text
        return [(each["id"], each["distance"], each["same_pixels"]) for each in answer.get_json()]

    near = [(same, 0, True), (bits[0], 0, False), (newer, 1, False), (bits[1], 1, False), (bits[10], 10, False)]
    assert found() == near
    assert found(distance=0) == near[:2]
    assert found(distance=11, limit=3) == near[:3]
    assert found(distance=32) == [*near, (bits[11], 11, False), (bits[32], 32, False)]


def test_an_image_without_fingerprints_is_409_and_a_strangers_404(upload: Upload, ask: Ask, people: People) -> None:
    image = upload().get_json()
    answer = ask(image["id"])
    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_fingerprints")
    unknown, theirs = ask(str(new_id()), people.stranger), ask(image["id"], people.stranger)
    told = [{name: value for name, value in each.get_json().items() if name in ("code", "detail")} for each in (unknown, theirs)]
    assert (unknown.status_code, theirs.status_code, told[0]) == (404, 404, told[1])


def test_what_is_asked_for_is_bounded(ask: Ask) -> None:
    for arguments, allowed in (
        ({"distance": -1}, "0 and 32"),
        ({"distance": 33}, "0 and 32"),
        ({"limit": 0}, "1 and 100"),
        ({"limit": 101}, "1 and 100"),
    ):
        answer = ask(str(new_id()), **arguments)
        (error,) = answer.get_json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, f"/{next(iter(arguments))}"), arguments
        assert allowed in error["detail"]


def without_terms(told: object) -> str:
    """What was answered, but for the ends and signatures of addresses: every ten minutes there are new ones."""
    return re.sub(r"expires=\d+&for=owner&signature=[\w-]+", "", json.dumps(told))


@every_database
def test_images_of_a_former_version_get_their_fingerprints_by_and_by(
    backend: Backend, ready: Ready, ask: Ask, client: FlaskClient, people: People, tick: Callable[[], clock.Tick], work: Callable[[], int]
) -> None:
    images = [ready(saved(scene(90 + number, 60), "PNG"), "old.png") for number in range(3)]
    own = [fingerprints_of(backend, image["id"]) for image in images]
    assert len({exact for exact, near in own if exact is not None and near is not None}) == 3
    change(backend, [image["id"] for image in images], pixels_sha256=None, dhash=None)
    for stored in list(backend.adapters.storage.objects()):
        if images[2]["id"] in stored.key:
            backend.adapters.storage.delete(stored.key)
    assert tick().swept == 3
    # One that is under way is not put off again.
    assert tick().swept == 0
    assert work() == 3
    assert [fingerprints_of(backend, image["id"]) for image in images] == [*own[:2], (None, None)]
    assert [ask(image["id"]).status_code for image in images] == [200, 200, 409]
    now = [client.get(image["links"]["self"], headers=people.owner.headers).get_json() for image in images]
    assert without_terms(now) == without_terms(images)
    with backend.app.app_context(), db.engine.connect() as connection:
        left = connection.execute(
            sa.select(WorkItem.subject_id, WorkItem.state, WorkItem.error_code).where(WorkItem.kind == "fingerprints")
        )
        assert [tuple(row) for row in left] == [(uuid.UUID(images[2]["id"]), "failed", "no_picture")]
    assert (tick().swept, work()) == (0, 0)
    # Its owner has not asked for it, and is not told of it.
    status = client.get(images[2]["links"]["status"], headers=people.owner.headers).get_json()
    assert {(each["kind"], each["state"]) for each in status["work"]} == {("variants", "done"), ("description", "done")}


def test_what_failed_is_tried_again_on_some_of_the_next_days(
    shelf: Callable[..., str], tick: Callable[[], clock.Tick], work: Callable[[], int], backend: Backend
) -> None:
    shelf(dhash=None)
    day = timedelta(days=1)

    def later(**past: Any) -> tuple[int, int]:
        """What the clock and the workers do when so much time has passed."""
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(WorkItem).values(**past))
        return tick().swept, work()

    assert (tick().swept, work()) == (1, 1)
    tried = WorkItem.not_before - 90_000_000
    assert (tick().swept, work()) == (0, 0)
    for days in (1, 2, 3):
        assert later(not_before=tried, created_at=utc_now() - days * day) == (1, 1), days
    assert later(not_before=tried, created_at=utc_now() - 4 * day) == (0, 0)


@every_database
def test_of_an_image_that_is_deleted_meanwhile_no_work_is_left(
    shelf: Callable[..., str], tick: Callable[[], clock.Tick], work: Callable[[], int], backend: Backend
) -> None:
    image_id = shelf(dhash=None)
    assert tick().swept == 1
    with backend.app.app_context(), db.engine.begin() as connection:
        # As by somebody who was faster than the clock, and did not see the work that it put off.
        connection.execute(sa.delete(Image).where(Image.id == uuid.UUID(image_id)))
    assert work() == 1
    with backend.app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(WorkItem)) == 0


def test_a_few_are_put_off_at_a_time(
    shelf: Callable[..., str], tick: Callable[[], clock.Tick], work: Callable[[], int], backend: Backend
) -> None:
    for _ in range(AT_A_TIME + 2):
        shelf(dhash=None)
    assert [tick().swept for _ in range(2)] == [AT_A_TIME, 0]
    work()
    assert [tick().swept for _ in range(2)] == [2, 0]
