"""An S3 that refuses, hangs, breaks off or loses its answer, and uploads that break between object and row: a 503, and nothing left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests import pictures
from tests.faults.client import Stopwatch, User
from tests.faults.installation import SLOW_WEB, Build, Installation, on_s3, stopped
from tests.faults.parts import children_of, kill
from tests.faults.proxy import Behaviour, Proxy
from tests.services.postgres import Postgres
from tests.services.s3 import S3Server
from tests.services.valkey import Valkey

# Larger than what the wire lets through before it cuts.
PICTURE = pictures.jpeg_of_bytes(200_000)
FAULTS: tuple[Behaviour, ...] = ("refuse", "hang", "reset half-way", "lose the answer")
# Two tries of a second each, the wait between them, and what is given up in the database.
LONGEST_REFUSAL_SECONDS = 8.0


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture(scope="module")
def wire(bucket: S3Server) -> Iterator[Proxy]:
    place = urlsplit(bucket.endpoint)
    with Proxy((place.hostname or "", place.port or 0)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def installation_on_s3(build: Build, bucket: S3Server, wire: Proxy) -> Iterator[Installation]:
    with Valkey() as valkey, build(valkey, web=SLOW_WEB, changes=on_s3(bucket, endpoint=wire.url)) as running:
        yield running


@pytest.fixture
def installation(installation_on_s3: Installation, wire: Proxy) -> Iterator[Installation]:
    """This one keeps its objects in a bucket, behind the wire."""
    yield installation_on_s3
    wire.behave("pass")
    installation_on_s3.mend()


class Uploading:
    """An upload that goes on in a thread of its own."""

    def __init__(self, user: User) -> None:
        self._answer: requests.Response | None = None
        self._user = user
        self._thread = threading.Thread(target=self._upload)
        self._thread.start()

    def _upload(self) -> None:
        try:
            self._answer = self._user.try_upload(PICTURE)
        except requests.ConnectionError:
            self._answer = None

    def answer(self) -> requests.Response | None:
        """The answer, or None when the connection broke instead."""
        self._thread.join()
        return self._answer


def assert_nothing_is_left(installation: Installation, user: User) -> None:
    assert user.request("GET", "/api/v1/images").json() == []
    installation.assert_exact()
    installation.assert_no_temporary_files()


def test_an_upload_that_s3_does_not_take_is_refused_and_leaves_nothing(installation: Installation, user: User, wire: Proxy) -> None:
    for fault in FAULTS:
        wire.behave(fault)
        with Stopwatch() as watch:
            answer = user.try_upload(PICTURE)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable"), f"{fault}: {answer.text}"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
        assert watch.seconds < LONGEST_REFUSAL_SECONDS, fault
        wire.behave("pass")
        assert user.request("GET", "/api/v1/images").json() == [], fault
    # The grace of what they may have written is waited out once for all of them.
    assert_nothing_is_left(installation, user)


def test_an_upload_whose_row_fails_after_its_object_leaves_nothing(installation: Installation, user: User, database: Postgres) -> None:
    with installation.gates.held("after-put"):
        uploading = Uploading(user)
        installation.gates.wait_for_one("after-put")
        with stopped(database):
            installation.gates.open("after-put")
            answer = uploading.answer()
    assert answer is not None
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert_nothing_is_left(installation, user)


def test_an_upload_whose_web_process_is_killed_between_object_and_row_leaves_nothing(installation: Installation, user: User) -> None:
    with installation.gates.held("after-put"):
        uploading = Uploading(user)
        installation.gates.wait_for_one("after-put")
        for process in children_of(installation.web.pid):
            kill(process)
        assert uploading.answer() is None
    installation.wait_until_ready()
    assert_nothing_is_left(installation, user)


def test_an_upload_that_outlives_its_grace_is_undone_as_a_whole(installation: Installation, user: User) -> None:
    with installation.gates.held("after-put"):
        uploading = Uploading(user)
        installation.gates.wait_for_one("after-put")
        # The clock takes the object away while the upload still believes in it.
        installation.wait_until_settled()
        installation.gates.open("after-put")
        answer = uploading.answer()
    assert answer is not None
    assert (answer.status_code, answer.json()["code"]) == (503, "took_too_long")
    assert_nothing_is_left(installation, user)


def test_a_work_horse_that_is_killed_leaves_no_copy_of_the_picture_behind(installation: Installation, user: User) -> None:
    with installation.gates.held("variants-claimed"):
        image_id = user.upload(pictures.jpeg(400, 300))
        installation.gates.wait_for_one("variants-claimed")
        with installation.gates.held("after-put"):
            installation.gates.open("variants-claimed")
            kill(installation.gates.wait_for_one("after-put"))
    user.wait_until("ready", image_id)
    assert list(installation.temporary.iterdir()) == []


def test_work_that_s3_fails_is_done_once_s3_is_back(installation: Installation, user: User, wire: Proxy) -> None:
    for fault in FAULTS:
        with installation.gates.held("variants-claimed"):
            image_id = user.upload(pictures.jpeg(400, 300))
            installation.gates.wait_for_one("variants-claimed")
            wire.behave(fault)
            with installation.logs(installation.worker, "storage_unavailable"):
                installation.gates.open("variants-claimed")
        wire.behave("pass")
        user.wait_until("ready", image_id)
    installation.assert_clean()
