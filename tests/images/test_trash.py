"""The trash: POST /api/v1/images/{id}/trash and /restore, what an image may there and what it may not, and the clock that empties it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.auth.models import User
from aizen.database import db, utc_now
from aizen.images import integrity, trash
from aizen.images.models import Image
from aizen.work import clock
from tests import pictures
from tests.conftest import Backend, People, Person
from tests.fakes import ScriptedDescriber
from tests.images.conftest import NO_TRACE, URL, Traces, Upload, opened
from tests.images.test_get import UNKNOWN

every_backend, every_database = pytest.mark.every_backend, pytest.mark.every_database
Ready = Callable[..., dict[str, Any]]
Shelve = Callable[..., str]
Move = Callable[..., TestResponse]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def move(client: FlaskClient, people: People) -> Move:
    """Puts an image into the trash (``trash``) or takes it out (``restore``), as its owner or as ``person``."""

    def send(image_id: str, verb: str, *, person: Person | None = None, etag: str | None = None) -> TestResponse:
        headers = {**(person or people.owner).headers, **({"If-Match": etag} if etag else {})}
        return client.post(f"{URL}/{image_id}/{verb}", headers=headers)

    return send


@pytest.fixture
def asked(client: FlaskClient, people: People) -> Callable[[str], tuple[list[str], int]]:
    """The ids in the owner's list of these arguments, and what it says of the total."""

    def ask(arguments: str) -> tuple[list[str], int]:
        answer = client.get(f"{URL}?include=total&{arguments}", headers=people.owner.headers)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.get_json()], int(answer.headers["X-Total-Count"])

    return ask


@pytest.fixture
def lie_since(backend: Backend) -> Callable[[str, timedelta], None]:
    """The image has lain in the trash for so long."""

    def change(image_id: str, age: timedelta) -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            there = sa.and_(Image.id == uuid.UUID(image_id), Image.trashed_at.is_not(None))
            assert connection.execute(sa.update(Image).where(there).values(trashed_at=utc_now() - age)).rowcount == 1

    return change


@every_database
def test_what_is_put_away_comes_back_as_it_was_and_both_may_be_asked_for_twice(
    client: FlaskClient, people: People, ready: Ready, move: Move
) -> None:
    for visibility in ("private", "unlisted", "public"):
        image = ready(visibility=visibility, title=visibility)
        before = client.get(image["links"]["self"], headers=people.owner.headers)
        trashed = move(image["id"], "trash", etag=before.headers["ETag"])
        assert trashed.status_code == 200
        body = trashed.get_json()
        assert (body["visibility"], body["is_public"], body["trashed_at"] is not None) == ("private", False, True)
        assert client.get(image["links"]["self"], headers=people.owner.headers).get_json() == body
        assert trashed.headers["ETag"] != before.headers["ETag"]
        again = move(image["id"], "trash")
        assert (again.status_code, again.headers["ETag"]) == (200, trashed.headers["ETag"])
        assert move(image["id"], "restore", etag=before.headers["ETag"]).status_code == 412
        restored = move(image["id"], "restore", etag=trashed.headers["ETag"])
        assert {**restored.get_json(), "updated_at": ""} == {**before.get_json(), "updated_at": ""}
        again = move(image["id"], "restore")
        assert (again.status_code, again.headers["ETag"]) == (200, restored.headers["ETag"])
        assert move(image["id"], "trash", etag=before.headers["ETag"]).status_code == 412


def test_a_strangers_image_is_neither_put_away_nor_restored_and_looks_like_none(people: People, ready: Ready, move: Move) -> None:
    image = ready()
    for verb in ("trash", "restore"):
        bodies = []
        for image_id in (image["id"], UNKNOWN):
            answer = move(image_id, verb, person=people.stranger)
            assert answer.status_code == 404
            bodies.append({**answer.get_json(), "instance": "", "request_id": ""})
        assert bodies[0] == bodies[1]
    assert move(image["id"], "restore").get_json()["updated_at"] == image["updated_at"]


def test_the_owner_still_opens_it_and_changes_what_is_said_of_it(client: FlaskClient, people: People, ready: Ready, move: Move) -> None:
    image = ready(pictures.jpeg(400, 300), visibility="public")
    body = move(image["id"], "trash").get_json()
    for address in (body["image"], body["links"]["thumb"], body["links"]["file"]):
        assert opened(client, address, headers=people.owner.headers).status_code == 200, address
    assert client.get(f"{body['links']['self']}/status", headers=people.owner.headers).get_json()["status"] == "ready"
    words = {"title": "Old", "alt": "A lake", "tags": ["old"], "description": "Lies there"}
    changed = client.patch(body["links"]["self"], json=words, headers=people.owner.headers)
    assert (changed.status_code, changed.get_json()["trashed_at"]) == (200, body["trashed_at"])
    assert {name: move(image["id"], "restore").get_json()[name] for name in words} == words
    move(image["id"], "trash")
    assert client.delete(body["links"]["self"], headers=people.owner.headers).status_code == 204


def test_the_addresses_of_before_are_closed_and_open_again_when_it_is_restored(
    client: FlaskClient, people: People, ready: Ready, move: Move
) -> None:
    image = ready(pictures.jpeg(400, 300))
    link, headers = image["links"]["self"], people.owner.headers

    def addresses() -> list[str]:
        shown = client.get(link, headers=headers).get_json()
        return [shown["image"], shown["links"]["thumb"], *(each["url"] for each in shown["variants"])]

    def answers(those: list[str]) -> set[int]:
        return {opened(client, each).status_code for each in those}

    before = addresses()
    move(image["id"], "trash")
    within = addresses()
    assert (answers(before), answers(within)) == ({404}, {200})
    move(image["id"], "restore")
    assert (answers(before), answers(within)) == ({200}, {404})


def test_nothing_is_begun_with_it_and_nobody_else_may_come_to_see_it(
    client: FlaskClient, people: People, ready: Ready, move: Move, describer: ScriptedDescriber
) -> None:
    mark, image = ready(name="mark.jpg"), ready(visibility="public")
    looked = len(describer.seen)
    for each in (mark, image):
        move(each["id"], "trash")
    own = image["links"]["self"]
    for method, path, body in (
        ("PATCH", own, {"visibility": "public"}),
        # It would come back public all the same.
        ("PATCH", own, {"visibility": "private"}),
        ("PATCH", own, {"focal_point": {"x": 0.5, "y": 0.5}, "title": "Not this either"}),
        ("POST", f"{own}/transform", {"recipe": "w=20"}),
        ("POST", f"{own}/transform", {"recipe": "w=20", "save": True}),
        ("POST", f"{own}/transform", {"recipe": "w=20", "mode": "async"}),
        ("POST", f"{own}/describe", None),
        ("POST", f"{URL}/sign", {"ids": [image["id"]], "recipes": ["w=20"]}),
        ("GET", f"{own}/embed", None),
    ):
        answer = client.open(path, method=method, json=body, headers=people.owner.headers)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "trashed"), (method, path, body)
    assert len(describer.seen) == looked
    assert client.get(own, headers=people.owner.headers).get_json()["title"] == image["title"]
    # What says nothing new is no change.
    move(image["id"], "restore")
    private = client.patch(own, json={"visibility": "private"}, headers=people.owner.headers).get_json()
    move(private["id"], "trash")
    assert client.patch(own, json={"visibility": "private", "focal_point": None}, headers=people.owner.headers).status_code == 200
    move(private["id"], "restore")
    for path, body in (
        (f"{own}/transform", {"recipe": f"wm={mark['id']}"}),
        (f"{URL}/sign", {"ids": [image["id"]], "recipes": [f"wm={mark['id']}"]}),
    ):
        answer = client.post(path, json=body, headers=people.owner.headers)
        assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (422, "unknown_image"), path


def test_what_was_put_off_before_is_carried_out(
    client: FlaskClient, people: People, upload: Upload, ready: Ready, move: Move, work: Callable[[], int]
) -> None:
    image, fresh = ready(pictures.jpeg(400, 300), visibility="public"), upload().get_json()
    for recipe, save in (("w=20", False), ("w=30", True)):
        ordered = client.post(
            f"{image['links']['self']}/transform", headers=people.owner.headers, json={"recipe": recipe, "save": save, "mode": "async"}
        )
        assert ordered.status_code == 202
        move(image["id"], "trash")
        work()
        job = client.get(ordered.headers["Location"], headers=people.owner.headers).get_json()
        assert job["status"] == "done", job
        assert opened(client, job["result"]["url"]).status_code == 200
        move(image["id"], "restore")
        # What was made of it in the trash lies where the files of private images do.
        again = client.post(f"{image['links']['self']}/transform", headers=people.owner.headers, json={"recipe": recipe})
        assert (again.status_code, again.get_json()["cached"]) == (200, False)
    move(fresh["id"], "trash")
    work()
    done = client.get(fresh["links"]["self"], headers=people.owner.headers).get_json()
    assert (done["status"], done["ai"]["status"], done["trashed_at"] is not None) == ("ready", "done", True)


# -- lists and searches


@every_database
def test_lists_searches_and_totals_leave_it_out_unless_they_ask_for_it(
    client: FlaskClient, people: People, ready: Ready, move: Move, asked: Callable[[str], tuple[list[str], int]]
) -> None:
    kept = ready(title="Calm lake", tags="alps")["id"]
    gone = ready(title="Wild lake", tags="alps", visibility="public")["id"]
    stranger = client.get(URL, headers=people.stranger.headers).get_json()
    assert in_gallery(client, gone) == [gone, gone, 200]
    move(gone, "trash")
    assert in_gallery(client, gone) == [404]
    for arguments, found in (
        ("", [kept]),
        ("trashed=false", [kept]),
        ("trashed=true", [gone]),
        ("status=ready", [kept]),
        ("visibility=private", [kept]),
        ("visibility=private&trashed=true", [gone]),
        ("visibility=public&trashed=true", []),
        ("source=upload", [kept]),
        ("tag=alps", [kept]),
        ("tag=alps&trashed=true", [gone]),
        ("search=lake", [kept]),
        ("search=lake&trashed=true", [gone]),
        ("search=lake&trashed=true&sort=uploaded_at", [gone]),
        ("search=calm&trashed=true", []),
        ("search=lake is:trashed", [gone]),
        ("search=is:trashed", [gone]),
        ("search=-is:trashed", [kept]),
        ("search=lake -is:trashed", [kept]),
        ("search=is:trashed -is:trashed", []),
        ("search=lake -is:trashed&trashed=true", []),
        ("search=is:trashed&trashed=false", []),
        ("search=is:trashed is:public", []),
        ("search=is:trashed after:2020", [gone]),
    ):
        assert asked(arguments) == (found, len(found)), arguments
    client.patch(f"{URL}/{gone}", json={"title": "Frozen pond"}, headers=people.owner.headers)
    assert asked("search=pond") == ([], 0)
    assert asked("search=pond is:trashed") == ([gone], 1)
    move(gone, "restore")
    assert in_gallery(client, gone) == [gone, gone, 200]
    assert asked("") == ([gone, kept], 2)
    assert asked("search=pond") == ([gone], 1)
    assert asked("search=pond is:trashed") == ([], 0)
    assert client.get(f"{URL}?search=is:trashed", headers=people.stranger.headers).get_json() == stranger == []


def in_gallery(client: FlaskClient, image_id: str) -> list[Any]:
    """What the list of the gallery holds, and its search for a tag of the image; and the status of the image there."""
    lists = [client.get(f"{URL}/public{search}").get_json() for search in ("", "?search=tag:alps")]
    return [*(each["id"] for found in lists for each in found), client.get(f"{URL}/public/{image_id}").status_code]


def test_the_pages_of_the_trash_hold_each_image_once_and_its_cursor_is_its_own(
    client: FlaskClient, people: People, shelve: Shelve, move: Move
) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(minutes=number)) for number in range(5)]
    for image_id in made[:3]:
        move(image_id, "trash")
    first = client.get(f"{URL}?trashed=true&limit=2", headers=people.owner.headers)
    link = first.headers["Link"].partition(">")[0].removeprefix("<")
    second = client.get(link, headers=people.owner.headers)
    assert [each["id"] for each in (*first.get_json(), *second.get_json())] == made[2::-1]
    other = client.get(link.replace("trashed=true", "trashed=false"), headers=people.owner.headers)
    assert (other.status_code, other.get_json()["code"]) == (400, "cursor_mismatch")


def test_old_clients_are_shown_nothing_of_it_and_delete_for_good(
    client: FlaskClient, people: People, ready: Ready, move: Move, traces: Callable[[], Traces]
) -> None:
    image = ready(title="Lake")
    move(image["id"], "trash")
    for arguments in ("", "?trashed=true", "?search=is:trashed", "?search=lake"):
        assert client.get(f"/api/images/{arguments}", headers=people.owner.headers).get_json() == [], arguments
    for path in (f"/api/images/{image['id']}/", f"/api/images/status/{image['id']}/"):
        assert client.get(path, headers=people.owner.headers).status_code == 404
    assert client.delete(f"/api/images/{image['id']}/", headers=people.owner.headers).status_code == 204
    assert traces().images == 0


# -- the clock


@every_backend
def test_the_clock_removes_what_has_lain_there_for_long_and_nothing_else(
    client: FlaskClient,
    people: People,
    backend: Backend,
    ready: Ready,
    move: Move,
    lie_since: Callable[[str, timedelta], None],
    tick: Callable[[], clock.Tick],
    traces: Callable[[], Traces],
) -> None:
    long = timedelta(seconds=backend.settings.trash_seconds)
    old, young, kept = (ready(pictures.jpeg(200 + number, 100)) for number in range(3))
    for image in (old, young):
        move(image["id"], "trash")
    lie_since(old["id"], long + timedelta(seconds=5))
    lie_since(young["id"], long - timedelta(minutes=5))
    used = client.get("/api/v1/auth/profile", headers=people.owner.headers).get_json()["storage"]["used"]
    assert used == old["bytes"] + young["bytes"] + kept["bytes"]
    assert tick().swept >= 1
    tick()
    assert client.get(old["links"]["self"], headers=people.owner.headers).status_code == 404
    assert {client.get(each["links"]["self"], headers=people.owner.headers).status_code for each in (young, kept)} == {200}
    used = client.get("/api/v1/auth/profile", headers=people.owner.headers).get_json()["storage"]["used"]
    assert used == young["bytes"] + kept["bytes"]
    assert not [key for key in traces().objects if old["id"] in key]
    with backend.app.app_context():
        assert integrity.examine(backend.adapters, checksums=True).is_clean
    lie_since(young["id"], 2 * long)
    client.delete(kept["links"]["self"], headers=people.owner.headers)
    tick()
    tick()
    assert traces() == NO_TRACE


@every_database
def test_two_clocks_remove_each_image_once_and_no_more_of_them_than_a_tick_may(
    people: People, backend: Backend, shelve: Shelve, lie_since: Callable[[str, timedelta], None]
) -> None:
    count = trash.IMAGES_A_TICK + 30
    for number in range(count):
        shelve((people.owner, people.stranger)[number % 2], at=NOON + timedelta(seconds=number))
    with backend.app.app_context(), db.engine.begin() as connection:
        old = utc_now() - timedelta(seconds=backend.settings.trash_seconds + 60)
        connection.execute(sa.update(Image).values(trashed_at=old, visibility_before_trash="private"))
    removed: list[int] = []

    def empty() -> None:
        with backend.app.app_context():
            removed.append(trash.empty(backend.adapters))

    clocks = [threading.Thread(target=empty) for _ in range(2)]
    for each in clocks:
        each.start()
    for each in clocks:
        each.join(60)
    assert trash.IMAGES_A_TICK <= sum(removed) <= count
    assert max(removed) <= trash.IMAGES_A_TICK
    empty()
    assert sum(removed) == count
    with backend.app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Image)) == 0
        assert set(connection.scalars(sa.select(User.storage_used))) == {0}


def test_what_is_restored_while_the_clock_waits_for_it_stays(
    client: FlaskClient,
    people: People,
    backend: Backend,
    ready: Ready,
    move: Move,
    lie_since: Callable[[str, timedelta], None],
    tick: Callable[[], clock.Tick],
) -> None:
    back, gone = ready(), ready(pictures.jpeg(99, 99))
    for image in (back, gone):
        move(image["id"], "trash")
        lie_since(image["id"], timedelta(seconds=backend.settings.trash_seconds + 60))
    with backend.app.app_context(), db.engine.connect() as connection, connection.begin():
        restored = {"trashed_at": None, "visibility_before_trash": None}
        connection.execute(sa.update(Image).where(Image.id == uuid.UUID(back["id"])).values(restored))
        clock_ = threading.Thread(target=tick)
        clock_.start()
        waits = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
        while clock_.is_alive() and not connection.scalar(waits):
            pass
        assert clock_.is_alive()
    clock_.join(30)
    image = client.get(back["links"]["self"], headers=people.owner.headers).get_json()
    work = client.get(back["links"]["self"] + "/status", headers=people.owner.headers).get_json()["work"]
    assert (image["trashed_at"], len(work)) == (None, 2)
    assert client.get(gone["links"]["self"], headers=people.owner.headers).status_code == 404
    with backend.app.app_context():
        assert integrity.examine(backend.adapters).is_clean
