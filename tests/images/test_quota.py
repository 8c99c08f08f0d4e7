"""What a user keeps is counted to the byte, and never more than they may."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth import quotas
from aizen.auth.models import User
from aizen.database import db, transaction
from aizen.errors import QuotaExceeded
from aizen.images import integrity
from aizen.images.models import Image
from aizen.web.uploads import FORM_ROOM
from aizen.work import clock
from tests import pictures
from tests.conftest import Backend, People, Person
from tests.images.conftest import NO_TRACE, Traces, Upload

every_database = pytest.mark.every_database
PROFILE = "/api/v1/auth/profile"
SMALL = pictures.jpeg(8, 8)
SIZE = len(SMALL)
Change = Callable[[Any], None]


def storage(client: FlaskClient, person: Person) -> dict[str, Any]:
    body: dict[str, Any] = client.get(PROFILE, headers=person.headers).get_json()["storage"]
    assert client.get("/api/v1/user/info", headers=person.headers).get_json()["storage"] == body
    return body


@pytest.fixture
def change(backend: Backend) -> Change:
    """Runs one statement behind Aizen's back."""

    def run(statement: Any) -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(statement)

    return run


@pytest.fixture
def allow(people: People, change: Change) -> Callable[[int | None], None]:
    """The owner may keep so much, as an administrator has it."""

    def run(quota: int | None) -> None:
        change(sa.update(User).where(User.id == uuid.UUID(people.owner.id)).values(storage_quota=quota))

    return run


@pytest.fixture
def sums(backend: Backend) -> Callable[[], tuple[int, int]]:
    """What is noted as used by all users together, and the bytes of all images."""

    def read() -> tuple[int, int]:
        with backend.app.app_context(), db.engine.connect() as connection:
            return (
                int(connection.scalar(sa.select(sa.func.sum(User.storage_used))) or 0),
                int(connection.scalar(sa.select(sa.func.sum(Image.bytes))) or 0),
            )

    return read


# -- counting


@every_database
def test_the_profile_tells_what_is_kept_and_what_may_be(
    client: FlaskClient, people: People, upload: Upload, allow: Callable[[int | None], None], make_app: Callable[..., Flask]
) -> None:
    quota = 10 * 1024**3
    assert storage(client, people.owner) == {"used": 0, "quota": quota}
    image = upload(SMALL).get_json()
    assert storage(client, people.owner) == {"used": SIZE, "quota": quota}
    assert storage(client, people.stranger) == {"used": 0, "quota": quota}
    allow(5000)
    assert storage(client, people.owner) == {"used": SIZE, "quota": 5000}
    unbounded = make_app(storage_quota=0).test_client()
    allow(0)
    for each in (client, unbounded):
        assert storage(each, people.owner) == {"used": SIZE, "quota": 0}
    allow(None)
    assert storage(unbounded, people.owner) == {"used": SIZE, "quota": None}
    client.delete(image["links"]["self"], headers=people.owner.headers)
    assert storage(client, people.owner)["used"] == 0


@every_database
def test_deleting_twice_at_once_gives_the_bytes_back_once(app: Flask, client: FlaskClient, people: People, upload: Upload) -> None:
    person = people.owner
    upload(SMALL)
    for _ in range(5):
        own = upload(SMALL).headers["Location"]
        barrier, statuses = threading.Barrier(4), list[int]()

        def ask(own: str = own, barrier: threading.Barrier = barrier, statuses: list[int] = statuses) -> None:
            racer = app.test_client()
            barrier.wait(30)
            statuses.append(racer.delete(own, headers=person.headers).status_code)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(statuses) == [204, 404, 404, 404]
        assert storage(client, person)["used"] == SIZE


def test_an_upload_that_is_refused_counts_nothing(client: FlaskClient, people: People, upload: Upload) -> None:
    assert upload(b"no picture").status_code == 415
    assert upload(SMALL, title="x" * 1000).status_code == 422
    assert storage(client, people.owner)["used"] == 0


def test_a_repeat_counts_nothing(client: FlaskClient, people: People, upload: Upload) -> None:
    for _ in range(2):
        assert upload(SMALL, headers={"Idempotency-Key": "k-1"}).status_code == 201
    assert storage(client, people.owner)["used"] == SIZE


# -- the bound


@every_database
def test_a_file_that_just_fits_is_taken_and_one_byte_more_is_413(
    client: FlaskClient,
    people: People,
    upload: Upload,
    allow: Callable[[int | None], None],
    traces: Callable[[], Traces],
    tick: Callable[[], clock.Tick],
) -> None:
    allow(2 * SIZE - 1)
    assert upload(SMALL).status_code == 201
    before = traces()
    answer = upload(SMALL)
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (413, "quota_exceeded")
    assert (body["limit"], body["used"]) == (2 * SIZE - 1, SIZE)
    assert f"({SIZE} bytes) are used of" in body["detail"]
    tick()
    assert traces() == before
    allow(2 * SIZE)
    assert upload(SMALL).status_code == 201
    assert upload(SMALL, person=people.stranger).status_code == 201
    assert storage(client, people.owner) == {"used": 2 * SIZE, "quota": 2 * SIZE}


def test_what_is_deleted_makes_room(client: FlaskClient, people: People, upload: Upload, allow: Callable[[int | None], None]) -> None:
    allow(SIZE)
    own = upload(SMALL).headers["Location"]
    assert upload(SMALL).status_code == 413
    client.delete(own, headers=people.owner.headers)
    assert upload(SMALL).status_code == 201


def test_the_setting_bounds_whoever_has_no_quota_of_their_own(
    make_app: Callable[..., Flask], upload: Upload, allow: Callable[[int | None], None]
) -> None:
    strict = make_app(storage_quota=SIZE).test_client()
    assert [upload(SMALL, through=strict).status_code for _ in range(2)] == [201, 413]
    allow(2 * SIZE)
    assert [upload(SMALL, through=strict).status_code for _ in range(2)] == [201, 413]


@every_database
def test_a_setting_of_nothing_is_no_bound_and_a_quota_of_nothing_is_one(
    app: Flask, make_app: Callable[..., Flask], people: People, upload: Upload, allow: Callable[[int | None], None]
) -> None:
    unbounded = make_app(storage_quota=0)
    assert upload(SMALL, through=unbounded.test_client()).status_code == 201
    allow(0)
    for each in (app, unbounded):
        answer = upload(SMALL, through=each.test_client())
        assert (answer.status_code, answer.get_json()["limit"], answer.get_json()["used"]) == (413, 0, SIZE)
    # As of somebody whose quota is taken while the file is on its way.
    with unbounded.app_context(), transaction(), pytest.raises(QuotaExceeded):
        quotas.take(uuid.UUID(people.owner.id), 1, unbounded.extensions["aizen"].settings)


def test_sizes_are_told_in_units_that_people_read(
    upload: Upload, allow: Callable[[int | None], None], people: People, change: Change
) -> None:
    allow(10 * 1024**3)
    change(sa.update(User).where(User.id == uuid.UUID(people.owner.id)).values(storage_used=10 * 1024**3 - 1024))
    detail = upload(pictures.jpeg(400, 300)).get_json()["detail"]
    assert "10.0 GiB (10737417216 bytes) are used of 10.0 GiB (10737418240 bytes)" in detail


def test_what_cannot_fit_is_refused_before_its_body_is_read(
    client: FlaskClient, people: People, allow: Callable[[int | None], None]
) -> None:
    reads = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reads.append(size)
            return super().read(size)

    allow(1000)
    sent = {**people.owner.headers, "Content-Type": "multipart/form-data; boundary=b"}
    answer = client.post("/api/v1/images", headers=sent, input_stream=Watched(b"x" * (FORM_ROOM + 1001)))
    assert reads == []
    assert (answer.status_code, answer.get_json()["code"]) == (413, "quota_exceeded")


def test_a_repeat_of_what_filled_the_quota_is_answered_as_before(upload: Upload, allow: Callable[[int | None], None]) -> None:
    allow(SIZE)
    first = upload(SMALL, headers={"Idempotency-Key": "k-1"})
    again = upload(SMALL, headers={"Idempotency-Key": "k-1"})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.get_json()["id"] == first.get_json()["id"]
    assert upload(SMALL, headers={"Idempotency-Key": "k-2"}).status_code == 413


@every_database
def test_of_two_at_once_with_one_key_that_fill_the_quota_the_other_is_a_repeat(
    app: Flask, people: People, upload: Upload, allow: Callable[[int | None], None]
) -> None:
    person = people.owner
    allow(SIZE)
    barrier, answers = threading.Barrier(2), []

    def ask() -> None:
        racer = app.test_client()
        barrier.wait(30)
        answers.append(upload(SMALL, person=person, through=racer, headers={"Idempotency-Key": "both"}))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
    assert len({answer.get_json()["id"] for answer in answers}) == 1


@every_database
def test_fifty_uploads_at_once_do_not_pass_the_quota(
    app: Flask,
    client: FlaskClient,
    people: People,
    upload: Upload,
    allow: Callable[[int | None], None],
    traces: Callable[[], Traces],
    tick: Callable[[], clock.Tick],
    sums: Callable[[], tuple[int, int]],
) -> None:
    person = people.owner
    allow(7 * SIZE + SIZE // 2)
    barrier = threading.Barrier(50)

    def ask(_number: int) -> int:
        racer = app.test_client()
        barrier.wait(60)
        while (answer := upload(SMALL, person=person, through=racer, describe="false")).status_code == 503:
            pass  # one process has few connections and one decoder
        return answer.status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(ask, range(50)))
    assert sorted(statuses) == [201] * 7 + [413] * 43
    assert sums() == (7 * SIZE, 7 * SIZE)
    assert storage(client, person)["used"] == 7 * SIZE
    tick()
    left = traces()
    assert (left.images, len(left.objects), left.removals) == (7, 7, 0)


def test_an_upload_asks_the_database_for_one_statement_more_to_be_counted(app: Flask, people: People, upload: Upload) -> None:
    assert people.owner
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        written.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        upload(SMALL)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len([statement for statement in written if statement.startswith("UPDATE users")]) == 1
    assert len([statement for statement in written if "storage_used" in statement]) == 2


# -- the account that goes meanwhile


@every_database
def test_an_upload_to_an_account_that_is_disabled_meanwhile_leaves_nothing(
    people: People,
    backend: Backend,
    change: Change,
    upload: Upload,
    app_with: Callable[..., Flask],
    traces: Callable[[], Traces],
    tick: Callable[[], clock.Tick],
) -> None:
    person = people.owner

    class DisablesFirst:
        def __getattr__(self, name: str) -> Any:
            return getattr(backend.adapters.storage, name)

        def put(self, key: str, data: Any, *, media_type: str) -> None:
            backend.adapters.storage.put(key, data, media_type=media_type)
            change(sa.update(User).where(User.id == uuid.UUID(person.id)).values(disabled_at=sa.func.now()))

    answer = upload(SMALL, person=person, through=app_with(storage=DisablesFirst()).test_client())
    assert (answer.status_code, answer.get_json()["code"]) == (401, "session_ended")
    tick()
    assert traces() == NO_TRACE


# -- the doctor


@every_database
def test_a_count_that_has_drifted_is_found_and_mended(
    client: FlaskClient, people: People, backend: Backend, upload: Upload, change: Change
) -> None:
    upload(SMALL)
    upload(SMALL)
    assert people.stranger
    change(sa.update(User).where(User.id == uuid.UUID(people.owner.id)).values(storage_used=1))
    change(sa.update(User).where(User.id == uuid.UUID(people.stranger.id)).values(storage_used=77))
    found = backend.app.test_cli_runner().invoke(args=["doctor", "--repair"])
    assert found.exit_code == 1
    assert "miscounted storage: 2\n" in found.output
    assert f"  user {people.owner.id}: 1 bytes noted, {2 * SIZE} kept\n" in found.output
    assert f"  user {people.stranger.id}: 77 bytes noted, 0 kept\n" in found.output
    assert backend.app.test_cli_runner().invoke(args=["doctor"]).exit_code == 0
    assert storage(client, people.owner)["used"] == 2 * SIZE
    assert storage(client, people.stranger)["used"] == 0


def test_a_count_that_is_too_low_never_falls_below_nothing(client: FlaskClient, people: People, upload: Upload, change: Change) -> None:
    own = upload(SMALL).headers["Location"]
    change(sa.update(User).values(storage_used=1))
    client.delete(own, headers=people.owner.headers)
    assert storage(client, people.owner)["used"] == 0


def test_the_counts_of_more_users_than_a_page_are_all_looked_at(backend: Backend, people: People, change: Change) -> None:
    assert people.owner
    with backend.app.app_context(), db.engine.connect() as connection:
        row = dict(connection.execute(sa.select(User.__table__)).mappings().one())
    more = [
        {**row, "id": uuid.UUID(int=number), "email_folded": str(number), "username_folded": str(number), "storage_used": number % 2}
        for number in range(1, 2 * integrity.USERS_AT_A_TIME + 2)
    ]
    change(sa.insert(User).values(more))
    with backend.app.app_context():
        assert len(integrity.examine(backend.adapters).miscounted_storage) == integrity.USERS_AT_A_TIME + 1
