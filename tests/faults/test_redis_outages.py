"""Redis stopped, emptied, hanging and full: it carries hints, and no upload depends on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import pictures
from tests.faults.client import Stopwatch, User
from tests.faults.installation import Installation, paused, stopped
from tests.faults.parts import is_running
from tests.faults.waiting import eventually
from tests.services.valkey import Valkey

# An upload asks Redis three times at most (a count, its window, a hint), each for REDIS_SECONDS = 0.25; the rest is the upload itself.
LONGEST_UPLOAD_SECONDS = 3.0


def upload_in_time(user: User) -> str:
    with Stopwatch() as watch:
        image_id = user.upload()
    assert watch.seconds < LONGEST_UPLOAD_SECONDS
    return image_id


def test_an_upload_while_redis_is_stopped_is_taken_in_time_and_ready_once_it_is_back(
    installation: Installation, user: User, valkey: Valkey
) -> None:
    with stopped(valkey):
        image_ids = [upload_in_time(user) for _ in range(2)]
        assert user.request("GET", "/readyz").json()["parts"]["queue"].startswith("unavailable")
    for image_id in image_ids:
        user.wait_until("ready", image_id)
    installation.assert_exact()


def test_an_upload_while_redis_hangs_is_taken_in_time_and_ready_once_it_goes_on(
    installation: Installation, user: User, valkey: Valkey
) -> None:
    with paused(valkey):
        image_ids = [upload_in_time(user) for _ in range(2)]
    for image_id in image_ids:
        user.wait_until("ready", image_id)
    installation.assert_exact()


def test_an_upload_while_redis_is_full_is_taken_and_ready_once_there_is_room(
    installation: Installation, user: User, valkey: Valkey
) -> None:
    valkey.fill()
    try:
        image_id = upload_in_time(user)
    finally:
        valkey.empty_out()
    user.wait_until("ready", image_id)
    installation.assert_exact()


def test_all_work_resumes_after_redis_lost_everything(installation: Installation, user: User, valkey: Valkey) -> None:
    with installation.gates.held("unclaimed"):
        image_ids = [user.upload() for _ in range(3)]
        installation.gates.wait_for_one("unclaimed")
        valkey.flush()
    for image_id in image_ids:
        user.wait_until("ready", image_id)
    installation.assert_exact()


def test_signing_out_holds_while_redis_is_gone(installation: Installation, user: User, valkey: Valkey) -> None:
    signed_in = user.request("POST", "/api/v1/auth/login", json={"email": user.email, "password": "quiet lake at dawn"}).json()
    leaving = User(installation.base_url, user.email, signed_in["access"])
    with stopped(valkey):
        assert leaving.request("POST", "/api/v1/auth/logout", json={"refresh": signed_in["refresh"]}).status_code < 300
        assert leaving.request("GET", "/api/v1/user/info").status_code == 401
    assert leaving.request("GET", "/api/v1/user/info").status_code == 401


@pytest.mark.parametrize("end", [Valkey.stop, Valkey.kill], ids=["stopped", "killed"])
def test_an_idle_worker_outlives_redis(installation: Installation, user: User, valkey: Valkey, end: Callable[[Valkey], None]) -> None:
    installation.wait_until_settled()
    worker = installation.worker.pid
    end(valkey)
    valkey.start()
    user.wait_until("ready", user.upload(pictures.jpeg(200, 100)))
    assert is_running(worker)


def test_a_worker_that_loses_redis_in_the_middle_of_a_job_does_not_lose_the_job(
    installation: Installation, user: User, valkey: Valkey
) -> None:
    with installation.gates.held("variants-done"):
        image_id = user.upload()
        horse = installation.gates.wait_for_one("variants-done")
        valkey.stop()
    try:
        # The work needs no Redis to be recorded. The worker does, to tell RQ of it, and ends: whoever keeps it running starts it anew.
        user.wait_until("ready", image_id)
        eventually(lambda: not is_running(horse), what="the work-horse ends")
        assert installation.worker.wait() == 1
    finally:
        valkey.start()
    installation.mend()
    user.wait_until("ready", user.upload())
    installation.assert_clean()
