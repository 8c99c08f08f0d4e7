"""POST /api/v1/images/batch."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.database import db, transaction
from aizen.images.models import Image
from aizen.work import clock
from tests import pictures
from tests.batch.conftest import BATCH, Batch, statuses
from tests.conftest import Backend, People
from tests.fakes import HintList
from tests.images.conftest import NO_TRACE, URL, Passing, Traces
from tests.images.test_get import UNKNOWN

Ready = Callable[..., dict[str, Any]]
Shelve = Callable[..., str]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# What is done to the second image before; the action with its members; what comes of it for the first image, and for the second.
ACTIONS: tuple[tuple[dict[str, Any] | None, dict[str, Any], tuple[str, str]], ...] = (
    ({"action": "tag", "tags": ["2026", "alps"]}, {"action": "tag", "tags": ["Alps", "2026"]}, ("done", "unchanged")),
    ({"action": "untag", "tags": ["alps"]}, {"action": "untag", "tags": ["alps", "never there"]}, ("done", "unchanged")),
    ({"action": "set_visibility", "visibility": "unlisted"}, {"action": "set_visibility", "visibility": "unlisted"}, ("done", "unchanged")),
    ({"action": "describe"}, {"action": "describe"}, ("accepted", "unchanged")),
    ({"action": "trash"}, {"action": "trash"}, ("done", "unchanged")),
    ({"action": "restore"}, {"action": "restore"}, ("done", "unchanged")),
    (None, {"action": "transform", "recipe": "w=20"}, ("accepted", "accepted")),
    (None, {"action": "delete"}, ("done", "done")),
)


@pytest.fixture
def shelved(people: People, shelve: Shelve) -> Callable[[int], list[str]]:
    """So many ready images of the owner, without any file."""

    def put(count: int) -> list[str]:
        return [shelve(people.owner, at=NOON + timedelta(minutes=number)) for number in range(count)]

    return put


@pytest.fixture
def everything(backend: Backend) -> Callable[[], dict[str, list[Any]]]:
    """Every row of every table but those of sessions: what a dry run must leave as it is."""

    def read() -> dict[str, list[Any]]:
        tables: list[sa.Table] = [table for name, table in sorted(Image.metadata.tables.items()) if name not in ("sessions", "users")]
        with backend.app.app_context(), db.engine.connect() as connection:
            return {table.name: sorted(map(str, connection.execute(sa.select(table)))) for table in tables}

    return read


@pytest.mark.every_database
def test_each_action_does_what_its_route_does_and_a_dry_run_tells_it_before(
    client: FlaskClient,
    people: People,
    batch: Batch,
    shelve: Shelve,
    shelved: Callable[[int], list[str]],
    everything: Callable[[], dict[str, list[Any]]],
    queue: HintList,
) -> None:
    first, second = shelved(2)
    foreign = shelve(people.stranger, at=NOON)
    theirs = client.get(f"{URL}/{foreign}", headers=people.stranger.headers)
    ids = [first, second, foreign, UNKNOWN]
    for before, asked, expected in ACTIONS:
        if before is not None:
            assert statuses(batch(ids=[second], **before))[0] in ("done", "accepted")
        rows, hints = everything(), list(queue.hints)
        told = batch(ids=ids, **asked, dry_run=True)
        assert (everything(), queue.hints) == (rows, hints), asked
        done = batch(ids=ids, **asked)
        assert statuses(told) == statuses(done) == [*expected, "not_found", "not_found"], asked
        body = done.get_json()
        assert [each["id"] for each in body["results"]] == ids
        assert {status: count for status, count in body["counts"].items() if count} == Counter([*expected, "failed", "failed"])
        assert (body["action"], told.get_json()["dry_run"], body["dry_run"]) == (asked["action"], True, False)
        assert {**body["results"][2], "id": ""} == {**body["results"][3], "id": ""}
        _assert_changed(client, people, first, asked["action"])
    again = client.get(f"{URL}/{foreign}", headers=people.stranger.headers)
    assert (again.get_json(), again.headers["ETag"]) == (theirs.get_json(), theirs.headers["ETag"])


def _assert_changed(client: FlaskClient, people: People, image_id: str, action: str) -> None:
    answer = client.get(f"{URL}/{image_id}", headers=people.owner.headers)
    image = answer.get_json()
    found: dict[str, Callable[[], object]] = {
        "tag": lambda: image["tags"] == ["alps", "2026"],
        "untag": lambda: image["tags"] == ["2026"],
        "set_visibility": lambda: image["visibility"] == "unlisted",
        "describe": lambda: image["ai"]["status"] == "pending",
        "trash": lambda: image["trashed_at"] is not None,
        "restore": lambda: image["trashed_at"] is None,
        "transform": lambda: True,
        "delete": lambda: answer.status_code == 404,
    }
    assert found[action](), (action, image)


def test_one_that_fails_does_not_stop_the_others_and_says_why(
    client: FlaskClient, people: People, batch: Batch, shelved: Callable[[int], list[str]], backend: Backend
) -> None:
    full, trashed, broken, plain = shelved(4)
    for image_id, values in ((full, {"tags": [f"tag {number}" for number in range(50)]}), (broken, {"status": "failed"})):
        with backend.app.app_context(), transaction():
            db.session.execute(sa.update(Image).where(Image.id == uuid.UUID(image_id)).values(values))
    batch("trash", [trashed])
    ids = [full, trashed, broken, plain]
    assert statuses(batch("tag", ids, tags=["tag 7", "new"])) == ["too_many", "done", "done", "done"]
    assert statuses(batch("set_visibility", ids, visibility="private")) == ["unchanged"] * 4
    assert statuses(batch("set_visibility", ids, visibility="public")) == ["done", "trashed", "no_picture", "done"]
    assert statuses(batch("describe", ids)) == ["accepted", "trashed", "no_picture", "accepted"]
    outside = {"steps": [{"op": "crop", "x": 64, "y": 0, "width": 10, "height": 10}]}
    for dry_run in (True, False):
        assert statuses(batch("transform", ids, **outside, dry_run=dry_run)) == ["outside_picture"] * 4
        assert statuses(batch("transform", ids, recipe="w=20", dry_run=dry_run)) == ["accepted", "trashed", "accepted", "accepted"]
    assert statuses(batch("delete", ids)) == ["done"] * 4
    assert client.get(URL, headers=people.owner.headers).get_json() == []


def test_what_cannot_be_meant_is_422_names_the_field_and_does_nothing(
    client: FlaskClient, people: People, batch: Batch, shelved: Callable[[int], list[str]], traces: Callable[[], Traces]
) -> None:
    (image_id,) = shelved(1)
    one, before = [image_id], traces()
    for action, ids, members, pointer, code in (
        ("burn", one, {}, "/action", "not_a_choice"),
        (None, one, {}, "/action", "null"),
        ("delete", [], {}, "/ids", "too_few"),
        ("delete", [str(uuid.uuid4()) for _ in range(101)], {}, "/ids", "too_many"),
        ("delete", ["x"], {}, "/ids/0", "wrong_type"),
        ("delete", [image_id, UNKNOWN, image_id.upper()], {}, "/ids/2", "repeated"),
        ("delete", one, {"tags": ["alps"]}, "/tags", "not_for_action"),
        ("trash", one, {"visibility": "public"}, "/visibility", "not_for_action"),
        ("tag", one, {}, "/tags", "required"),
        ("untag", one, {"tags": []}, "/tags", "required"),
        ("tag", one, {"tags": "alps"}, "/tags", "wrong_type"),
        ("tag", one, {"tags": ["alps"], "steps": []}, "/steps", "not_for_action"),
        ("set_visibility", one, {}, "/visibility", "required"),
        ("set_visibility", one, {"visibility": "secret"}, "/visibility", "not_a_choice"),
        ("describe", one, {"save": True}, "/save", "not_for_action"),
        ("transform", one, {"recipe": "w=20", "mode": "sync"}, "/mode", "not_a_choice"),
        ("transform", one, {"recipe": "w=none"}, "/recipe", None),
        ("transform", one, {}, None, None),
        ("delete", one, {"dry_run": "perhaps"}, "/dry_run", None),
        ("delete", one, {"colour": "red"}, "/colour", "unknown_field"),
    ):
        answer = batch(action, ids, **members)
        assert answer.status_code == 422, (action, members, answer.text)
        error = answer.get_json()["errors"][0]
        assert pointer in (None, error["pointer"]), (action, members, error)
        assert code in (None, error["code"]), (action, members, error)
    assert answer.get_json()["errors"][0]["allowed"]
    assert client.post(BATCH, json={"action": "delete", "ids": one}).status_code == 401
    assert traces() == before


def test_the_allowed_members_are_told(batch: Batch, shelved: Callable[[int], list[str]]) -> None:
    error = batch("transform", shelved(1), recipe="w=20", tags=["alps"]).get_json()["errors"][0]
    assert (error["pointer"], error["detail"]) == ("/tags", "Belongs to tag and untag, not to transform.")
    assert {"steps", "recipe", "preset", "save"} <= set(error["allowed"])


# -- what it takes


def test_a_key_reaches_as_far_as_its_scopes(
    client: FlaskClient, people: People, batch: Batch, shelved: Callable[[int], list[str]], make_app: Callable[..., Flask]
) -> None:
    ids = shelved(1)

    def key(*scopes: str) -> dict[str, str]:
        made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "k", "scopes": list(scopes)})
        return {"Authorization": f"Bearer {made.get_json()['key']}"}

    writer, sharer, maker = key("images:write"), key("images:write", "shares:write"), key("images:write", "transforms:run")
    for action, members, headers, missing in (
        ("trash", {}, key("shares:write"), "images:write"),
        ("trash", {}, writer, None),
        ("restore", {}, writer, None),
        ("set_visibility", {"visibility": "private"}, writer, None),
        ("set_visibility", {"visibility": "unlisted"}, writer, "shares:write"),
        ("set_visibility", {"visibility": "public", "dry_run": True}, maker, "shares:write"),
        ("set_visibility", {"visibility": "public"}, sharer, None),
        ("transform", {"recipe": "w=20"}, sharer, "transforms:run"),
        ("transform", {"recipe": "w=20"}, maker, None),
    ):
        answer = batch(action, ids, headers=headers, **members)
        told = f'scope="{missing}"' in answer.headers.get("WWW-Authenticate", "") if missing else answer.status_code == 200
        assert told, (action, members, answer.text)
    strict = make_app(email_verification="required").test_client()
    for visibility, status in (("unlisted", 403), ("public", 403), ("private", 200)):
        answer = batch("set_visibility", ids, visibility=visibility, through=strict)
        assert (answer.status_code, answer.get_json().get("code")) == (status, "email_not_verified" if status == 403 else None)


def test_images_beyond_a_limit_fail_as_a_dry_run_foretells(
    batch: Batch, shelved: Callable[[int], list[str]], make_app: Callable[..., Flask]
) -> None:
    ids = shelved(5)
    through = make_app(rate_limit_describe="2 per hour", rate_limit_transform="3 per hour", rate_limit_upload="1 per hour").test_client()
    for action, members, passed in (
        ("describe", {}, 2),
        # Each costs one megapixel; of those with save only one more may be put off, and the others are charged nothing.
        ("transform", {"recipe": "w=20", "save": True}, 1),
        ("transform", {"recipe": "w=21"}, 2),
    ):
        expected = ["accepted"] * passed + ["rate_limited"] * (5 - passed)
        for _ in range(2):
            assert statuses(batch(action, ids, through=through, dry_run=True, **members)) == expected, action
        answer = batch(action, ids, through=through, **members)
        assert statuses(answer) == expected, action
        assert "Try again in" in answer.get_json()["results"][-1]["error"]["detail"]
    # Nothing else is limited with it.
    assert statuses(batch("tag", ids, through=through, tags=["alps"])) == ["done"] * 5


# -- transform


def test_a_transformation_is_a_job_for_each_image_and_by_one_key_only_once(
    client: FlaskClient, people: People, batch: Batch, ready: Ready, work: Callable[[], int]
) -> None:
    ids = [ready(pictures.jpeg(100 + number, 80), describe="false")["id"] for number in range(3)]
    headers = {**people.owner.headers, "Idempotency-Key": "once"}
    first = batch("transform", ids[:2], recipe="w=20", save=True, headers=headers)
    jobs = [each["job"] for each in first.get_json()["results"]]
    assert statuses(first) == ["accepted", "accepted"]
    # More images by the same key: those that were put off are not put off again.
    second = batch("transform", ids, recipe="w=20", save=True, headers=headers)
    assert [each["job"] for each in second.get_json()["results"]][:2] == jobs
    assert statuses(batch("transform", ids, recipe="w=21", save=True, headers=headers)) == ["idempotency_key_reused"] * 3
    work()
    for image_id, each in zip(ids, second.get_json()["results"], strict=True):
        job = client.get(each["job"], headers=people.owner.headers).get_json()
        assert (job["status"], job["result"]["parent_id"], job["result"]["width"]) == ("done", image_id, 20)
    assert len(client.get(URL, headers=people.owner.headers).get_json()) == 6
    without = batch("transform", ids[:1], preset="thumb", mode="async").get_json()["results"][0]
    assert without["job"] not in jobs
    assert batch("transform", ids, recipe="w=20", headers={**headers, "Idempotency-Key": "é"}).status_code == 400


# -- many, late, at once, and accidents


@pytest.mark.every_database
def test_a_hundred_images_go_at_once_and_leave_nothing(
    batch: Batch,
    ready: Ready,
    shelved: Callable[[int], list[str]],
    tick: Callable[[], clock.Tick],
    traces: Callable[[], Traces],
) -> None:
    ids = [*shelved(99), ready()["id"]]
    assert statuses(batch("delete", ids)) == ["done"] * 100
    tick()
    assert traces() == NO_TRACE


def test_what_the_time_does_not_suffice_for_is_not_begun(
    batch: Batch, shelved: Callable[[int], list[str]], make_app: Callable[..., Flask], traces: Callable[[], Traces]
) -> None:
    ids, hasty = shelved(2), make_app(batch_seconds=0).test_client()
    assert statuses(batch("delete", ids, through=hasty)) == ["not_begun", "not_begun"]
    assert traces().images == 2


@pytest.mark.every_database
def test_of_batches_at_once_each_image_is_deleted_by_one(
    app: Flask, people: People, batch: Batch, shelved: Callable[[int], list[str]], traces: Callable[[], Traces]
) -> None:
    ids, owner = shelved(30), people.owner

    def send(order: Sequence[str]) -> dict[str, str]:
        answer = batch("delete", order, person=owner, through=app.test_client())
        return dict(zip(order, statuses(answer), strict=True))

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(send, (ids, ids[::-1], ids[15:] + ids[:15])))
    for image_id in ids:
        assert sorted(each[image_id] for each in found) == ["done", "not_found", "not_found"]
    assert traces().images == 0


class Breaking(Passing):
    """A storage that breaks off in a way that nobody expects, once."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend.adapters)
        self._accidents = [RuntimeError("the disk speaks in tongues")]

    def withdraw(self, folder: str) -> bool:
        while self._accidents:
            raise self._accidents.pop()
        return True


def test_an_accident_with_one_leaves_the_others_and_is_told_without_its_inside(
    backend: Backend, batch: Batch, shelved: Callable[[int], list[str]], app_with: Callable[..., Flask]
) -> None:
    answer = batch("trash", shelved(3), through=app_with(storage=Breaking(backend)).test_client())
    assert statuses(answer) == ["internal_error", "done", "done"]
    assert "tongues" not in answer.text
