"""Accidents of real processes reach Sentry, from work-horses too; nothing of anybody reaches it; and nobody waits for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.faults.client import Stopwatch
from tests.faults.installation import SECRET, Build, Installation, base_environment
from tests.faults.parts import REPOSITORY, children_of
from tests.faults.sentry import Sentry
from tests.faults.stumbling import JWT, SECRETS
from tests.faults.waiting import eventually
from tests.services.valkey import Valkey

STUMBLING_WORKER = (sys.executable, "-m", "tests.faults.stumbling_worker")


@contextmanager
def stumbling_installation(build: Build, sentry: Sentry) -> Iterator[Installation]:
    """An installation that stumbles over its storage: web server and worker, on a queue of its own."""
    changes = {"SENTRY_DSN": sentry.dsn, "SENTRY_SECONDS": "1", "JOB_ATTEMPTS": "1"}
    with Valkey() as valkey:
        made: Installation = build(valkey, web="tests.faults.stumbling_web:app", workers=0, clocks=0, changes=changes)
        made.workers = [made.part("worker", STUMBLING_WORKER)]
        with made:
            yield made


@pytest.fixture(scope="module")
def shared_sentry() -> Iterator[Sentry]:
    with Sentry() as running:
        yield running


@pytest.fixture(scope="module")
def shared_stumbling(build: Build, shared_sentry: Sentry) -> Iterator[Installation]:
    with stumbling_installation(build, shared_sentry) as running:
        yield running


@pytest.fixture
def sentry(shared_sentry: Sentry) -> Sentry:
    """Nothing has been reported to it: each test waits for all that its accidents report."""
    shared_sentry.forget()
    return shared_sentry


@pytest.fixture
def stumbling(shared_stumbling: Installation) -> Iterator[Installation]:
    """The one that reports to ``sentry``; it is whole again after each test."""
    yield shared_stumbling
    shared_stumbling.mend()


def test_accidents_of_web_server_and_work_horse_are_reported_without_anything_of_anybody(stumbling: Installation, sentry: Sentry) -> None:
    # The second report waits for the answer to the first: without the work-horse's farewell it would die with it.
    sentry.seconds = 0.3
    user = stumbling.register()
    uploaded = user.try_upload(name="quiet-password.jpeg")
    image_id = uploaded.json()["id"]
    user.wait_until("failed", image_id)
    first, work = sentry.wait_for(2)
    assert (first["extra"]["message"], work["extra"]["message"]) == ("about to stumble", "work broke off")
    assert work["exception"]["values"][-1]["type"] == "Stumble"
    item_id = str(stumbling.rows(f"SELECT id FROM work_items WHERE subject_id = '{image_id}' AND kind = 'variants'")[0][0])
    request_id = uploaded.headers["X-Request-Id"]
    assert work["tags"] == {"request_id": request_id, "work_item": item_id, "kind": "variants", "attempt": "1"}

    opened = requests.get(
        user.image(image_id)["image_url"].replace("localhost", "127.0.0.1"),
        headers={"Authorization": f"Bearer {JWT}", "Cookie": "session=quiet-local"},
        json={"password": "quiet-password", "email": "quiet@example.org"},
        timeout=10,
    )
    assert opened.status_code == 500
    web = sentry.wait_for(4)[3]
    assert web["exception"]["values"][-1]["type"] == "Stumble"
    assert web["tags"] == {"request_id": opened.json()["request_id"]}
    assert web["transaction"] == "GET /media/<path:key>"
    assert (web["environment"], web["level"], web["extra"]["message"]) == ("development", "error", "request broke off")
    frames = web["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "open"
    assert not any("vars" in frame for frame in frames)

    for event, raw in zip(sentry.events, sentry.raw, strict=True):
        assert not {"server_name", "user", "breadcrumbs", "modules", "request"} & event.keys()
        found = [secret for secret in (*SECRETS, user.email, user.headers["Authorization"], "signature=ey") if secret.encode() in raw]
        assert found == []


def test_a_web_server_that_is_told_to_end_reports_its_last_accident_first(stumbling: Installation, sentry: Sentry) -> None:
    user = stumbling.register()
    image_id = user.upload()
    user.wait_until("failed", image_id)
    sentry.wait_for(2)
    sentry.seconds = 0.3
    assert user.request("GET", f"/api/v1/images/{image_id}/file").status_code == 500
    assert stumbling.web.stop() == 0
    assert [event["extra"]["message"] for event in sentry.wait_for(4)[2:]] == ["about to stumble", "request broke off"]


def test_what_is_expected_is_not_reported(stumbling: Installation, sentry: Sentry) -> None:
    user = stumbling.register()
    for answer in (
        user.request("GET", "/api/v1/images/01890000-0000-7000-8000-000000000000"),
        user.request("POST", "/api/v1/auth/login", json={"email": user.email, "password": "a wrong one"}),
        user.request("POST", "/api/v1/auth/register", json={"email": "none"}),
        user.request("PATCH", "/api/v1/images"),
        user.try_upload(b"no picture"),
        requests.get(f"{stumbling.base_url}/media/a?expires=1&for=owner&signature=wrong", timeout=10),
    ):
        assert 400 <= answer.status_code < 500
    image_id = user.upload()
    user.wait_until("failed", image_id)
    assert [event["tags"]["kind"] for event in sentry.wait_for(2)] == ["variants"] * 2


def test_a_sentry_that_hangs_holds_up_no_request_and_no_work(build: Build) -> None:
    with Sentry() as sentry, stumbling_installation(build, sentry) as stumbling:
        sentry.hangs.set()
        assert_nobody_waits(stumbling, sentry)


def assert_nobody_waits(stumbling: Installation, sentry: Sentry) -> None:
    user = stumbling.register()
    with Stopwatch() as work:
        for image_id in [user.upload() for _ in range(3)]:
            user.wait_until("failed", image_id)
    assert work.seconds < 10
    address = user.image(image_id)["image_url"].replace("localhost", "127.0.0.1")
    with Stopwatch() as requested:
        for _ in range(5):
            assert requests.get(address, timeout=10).status_code == 500
    assert requested.seconds < 3
    eventually(lambda: not children_of(stumbling.worker.pid), what="the work-horse ends", seconds=5, story=stumbling.story)
    assert len(sentry.raw) >= 4
    with Stopwatch() as ended:
        assert stumbling.web.stop() == 0
    assert ended.seconds < 8


LOOK = """
import sys, structlog
from aizen.app import create_app
from aizen.errors import TryAgain
from aizen.settings import Settings
create_app(Settings.from_environ())
log = structlog.get_logger("test")
log.error("expected", exc_info=TryAgain())
log.error("no exception")
if sys.argv[1] == "stumble":
    log.error("unexpected", exc_info=ZeroDivisionError("by zero"), refresh_token="quiet")
print(*sorted({"sentry_sdk", "alembic", "requests"} & set(sys.modules)))
"""


def look(folder: Path, *words: str, **environment: str) -> str:
    """What a process tells that has stumbled, or has not, and then ended."""
    environ = {**base_environment(), "SECRET_KEY": SECRET, "DATA_DIR": str(folder), **environment}
    command = [sys.executable, "-W", "ignore", "-c", LOOK, *words]
    return subprocess.run(command, cwd=REPOSITORY, env=environ, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_an_application_imports_neither_the_sdk_without_a_dsn_nor_what_only_commands_need(tmp_path: Path) -> None:
    assert look(tmp_path, "stumble") == ""


def test_a_process_that_ends_has_sent_what_it_had_to_report_and_nothing_expected(tmp_path: Path, sentry: Sentry) -> None:
    assert look(tmp_path, "stumble", SENTRY_DSN=sentry.dsn) == "sentry_sdk"
    [event] = sentry.events
    assert event["exception"]["values"][0]["value"] == "by zero"
    assert event["release"].startswith("aizen@")
    assert b"quiet" not in sentry.raw[0].replace(b"quiet-key", b"")
