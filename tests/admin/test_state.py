"""/admin/overview, /admin/integrity, /admin/audit."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.admin import integrity
from aizen.app import create_app
from aizen.auth.models import User
from aizen.database import clock_ms, db, reading
from aizen.images.integrity import Report
from aizen.queue import WorkTimedOut
from aizen.settings import Settings
from aizen.work import items, jobs
from aizen.work.models import ProviderBreaker, WorkItem
from tests.admin.conftest import Audit, Picture, at_once
from tests.conftest import Backend, People
from tests.fakes import HintList

OVERVIEW, INTEGRITY, AUDIT = "/api/v1/admin/overview", "/api/v1/admin/integrity", "/api/v1/admin/audit"


@pytest.mark.every_database
def test_the_overview_tells_what_there_is(
    client: FlaskClient, people: People, picture: Picture, broken: Picture, backend: Backend, execute: Any
) -> None:
    picture()
    broken()
    execute(sa.update(User).where(User.id == uuid.UUID(people.owner.id)).values(storage_used=4000))
    execute(sa.insert(ProviderBreaker).values(name="description/offline", failures=5, left_alone_until=clock_ms() + 30_000))
    told = client.get(OVERVIEW, headers=people.admin.headers).get_json()
    assert told["users"] == {"total": 2, "admins": 1, "disabled": 0}
    assert told["images"] == {"total": 2, "trashed": 0, "bytes": 4000}
    assert told["work"] == {"waiting": 0, "pending": 0, "working": 0, "failed": 2}
    assert (told["database"], told["storage"]) == (backend.name.partition("-")[0], "local")
    assert [each["name"] for each in told["describers"]] == ["offline"]
    # A provider that fails at one service is asked for the other.
    assert told["painters"] == [{"name": "offline", "left_alone_seconds": 0}]
    assert 28 <= told["describers"][0]["left_alone_seconds"] <= 30
    assert told["integrity"] == {"state": "none", "made_at": None, "is_clean": None}
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])


@pytest.mark.every_database
def test_what_is_left_of_a_closed_account_is_counted_as_nobody(client: FlaskClient, people: People, picture: Picture) -> None:
    picture(people.stranger)
    before = client.get(OVERVIEW, headers=people.admin.headers).get_json()
    closed = client.delete("/api/v1/auth/profile", headers=people.stranger.headers, json={"password": people.stranger.password})
    assert closed.status_code == 204, closed.text
    told = client.get(OVERVIEW, headers=people.admin.headers).get_json()
    assert (before["users"], told["users"]) == ({"total": 2, "admins": 1, "disabled": 0}, {"total": 1, "admins": 1, "disabled": 0})
    assert told["images"] == before["images"]  # until a worker has removed them


# -- integrity


def ask(client: FlaskClient, people: People, **body: Any) -> Any:
    return client.post(INTEGRITY, headers=people.admin.headers, json=body)


@pytest.mark.every_database
def test_a_report_is_asked_for_made_by_a_worker_and_kept(
    client: FlaskClient, people: People, picture: Picture, work: Callable[[], int], backend: Backend, audit: Audit
) -> None:
    picture()
    backend.adapters.storage.put("images/nobodys.jpg", b"x", media_type="image/jpeg")
    before = client.get(INTEGRITY, headers=people.admin.headers).get_json()
    assert (before["state"], before["report"]) == ("none", None)
    answer = ask(client, people, checksums=True)
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["made_at"]) == (202, "pending", None)
    twice = ask(client, people)
    assert (twice.status_code, twice.get_json()["code"]) == (409, "report_under_way")
    assert work() == 1
    made = client.get(INTEGRITY, headers=people.admin.headers).get_json()
    assert (made["state"], made["report"]["is_clean"], made["report"]["checksums_compared"]) == ("done", False, True)
    assert made["report"]["orphan_objects"] == ["images/nobodys.jpg"]
    assert made["report"]["counts"]["orphan_objects"] == 1
    assert made["made_at"] > made["asked_at"]
    assert client.get(OVERVIEW, headers=people.admin.headers).get_json()["integrity"]["is_clean"] is False
    backend.adapters.storage.delete("images/nobodys.jpg")
    assert ask(client, people).status_code == 202
    assert client.get(INTEGRITY, headers=people.admin.headers).get_json()["report"] == made["report"]
    work()
    second = client.get(INTEGRITY, headers=people.admin.headers).get_json()
    assert (second["report"]["is_clean"], second["report"]["checksums_compared"]) == (True, False)
    assert [(each.action, each.detail) for each in audit()] == [
        ("integrity.asked", {"checksums": True}),
        ("integrity.asked", {"checksums": False}),
    ]


@pytest.mark.every_database
def test_of_five_who_ask_at_once_one_does(app: Flask, people: People, audit: Audit) -> None:
    headers = people.admin.headers
    answers = at_once([lambda: app.test_client().post(INTEGRITY, headers=headers, json={}).status_code] * 5)
    assert sorted(answers) == [202] + [409] * 4
    assert len(audit()) == 1


def test_the_report_has_a_time_of_its_own(app: Flask, client: FlaskClient, people: People, make_app: Callable[..., Flask]) -> None:
    patient = make_app(integrity_seconds=1000)
    assert patient.test_client().post(INTEGRITY, headers=people.admin.headers, json={}).status_code == 202
    with patient.app_context():
        with reading():
            item_id = db.session.scalar(sa.select(WorkItem.id))
        assert item_id is not None
        assert items.claim(item_id, patient.extensions["aizen"].settings) is not None
        with reading():
            left = db.session.scalar(sa.select(WorkItem.lease_until - clock_ms()))
    assert left is not None
    assert 1020_000 < left <= 1030_000


def test_whoever_hints_at_a_report_gives_it_that_time(
    client: FlaskClient, people: People, picture: Picture, queue: HintList, settings: Settings, tick: Callable[[], Any], execute: Any
) -> None:
    picture()
    assert set(queue.timeouts.values()) == {settings.job_seconds}
    for is_lost in (False, True):
        queue.timeouts.clear()
        execute(sa.delete(WorkItem))
        queue.is_down = is_lost
        assert ask(client, people).status_code == 202
        queue.is_down = False
        tick()
        assert list(queue.timeouts.values()) == [settings.integrity_seconds]


def test_a_report_that_takes_too_long_is_failed_with_its_reason(
    app: Flask, client: FlaskClient, people: People, make_app: Callable[..., Flask]
) -> None:
    """The alarm of a worker, in the middle of the listing."""

    class Endless:
        def objects(self) -> Any:
            raise WorkTimedOut

    parts = app.extensions["aizen"]
    assert ask(client, people).status_code == 202
    slow = create_app(parts.settings, replace(parts, storage=Endless()))
    with slow.app_context():
        for hint in parts.queue.take():
            jobs.perform(hint)
        db.engine.dispose()
    told = client.get(INTEGRITY, headers=people.admin.headers).get_json()
    assert (told["state"], told["error"]["code"]) == ("failed", "timed_out")
    assert "INTEGRITY_SECONDS" in told["error"]["detail"]
    assert ask(client, people).status_code == 202


def test_a_report_of_a_million_faults_is_bounded() -> None:
    many = tuple(str(number) for number in range(5000))
    report = Report((), many, (), (), (), (), (), images=1, objects=1, objects_leaving=0, checksums_compared=False)
    told = integrity.as_json(report)
    assert (told["counts"]["missing_objects"], len(told["missing_objects"])) == (5000, 100)


# -- the audit log


@pytest.mark.every_database
def test_the_log_is_read_the_newest_first_by_actor_action_and_subject(client: FlaskClient, people: People) -> None:
    other = people.administrator("other")
    users = "/api/v1/admin/users"
    for admin, user, body in (
        (people.admin, people.owner, {"disabled": True}),
        (other, people.owner, {"disabled": False}),
        (other, people.stranger, {"role": "admin"}),
    ):
        assert client.patch(f"{users}/{user.id}", headers=admin.headers, json=body).status_code == 200
    client.post(f"{users}/{people.owner.id}/end-sessions", headers=other.headers)

    def found(asked: str = "") -> list[tuple[str, str, str]]:
        listed = client.get(f"{AUDIT}?{asked}", headers=people.admin.headers)
        assert listed.status_code == 200, listed.text
        return [(each["actor"]["name"], each["action"], each["subject"]["label"]) for each in listed.get_json()]

    everything = [
        ("other@example.org", "user.sessions_ended", "owner@example.org"),
        ("other@example.org", "user.changed", "stranger@example.org"),
        ("other@example.org", "user.changed", "owner@example.org"),
        ("admin@example.org", "user.changed", "owner@example.org"),
    ]
    assert found() == everything
    assert found(f"actor={people.admin.id}") == everything[3:]
    assert found("action=user.sessions_ended") == everything[:1]
    assert found(f"subject={people.stranger.id}") == everything[1:2]
    first = client.get(f"{AUDIT}?limit=3", headers=people.admin.headers)
    link = re.fullmatch(r'<(.+)>; rel="next"', first.headers["Link"])
    assert link is not None
    assert len(client.get(link[1], headers=people.admin.headers).get_json()) == 1
    assert client.get(f"{AUDIT}?action=nothing", headers=people.admin.headers).status_code == 422


def test_the_log_tells_when_an_api_key_acted(client: FlaskClient, people: People, audit: Audit) -> None:
    made = client.post("/api/v1/auth/keys", headers=people.admin.headers, json={"name": "A program", "scopes": ["admin"]}).get_json()
    for headers in ({"Authorization": f"Bearer {made['key']}"}, people.admin.headers):
        answer = client.post(f"/api/v1/admin/users/{people.owner.id}/end-sessions", headers=headers)
        assert answer.status_code == 200
    by_key, by_session = audit()
    assert (by_key.detail, str(by_key.actor_id)) == ({"sessions_ended": 1, "key_id": made["id"]}, people.admin.id)
    assert by_session.detail == {"sessions_ended": 0}


def test_the_log_outlives_actor_and_subject(client: FlaskClient, people: People, execute: Any) -> None:
    other = people.administrator("other")
    client.patch(f"/api/v1/admin/users/{people.owner.id}", headers=other.headers, json={"email_verified": True})
    execute(sa.delete(User).where(User.email.in_([other.email, people.owner.email])))
    (action,) = client.get(AUDIT, headers=people.admin.headers).get_json()
    assert action["actor"] == {"id": other.id, "name": other.email}
    assert action["subject"] == {"kind": "user", "id": people.owner.id, "label": people.owner.email}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_of_the_api_changes_the_log(client: FlaskClient, people: People, method: str) -> None:
    answer = client.open(AUDIT, method=method, headers=people.admin.headers, json={})
    assert answer.status_code == 405
