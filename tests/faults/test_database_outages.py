"""PostgreSQL stopped and hanging: a quick 503 that says when to come back, no half state, and a recovery without anybody's help."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import pytest
import requests

from tests.faults.client import Stopwatch, User
from tests.faults.installation import Installation, paused, stopped
from tests.services.postgres import Postgres

LONGEST_REFUSAL_SECONDS = 5.5


class Outage(Protocol):
    def __call__(self, service: Postgres, /) -> AbstractContextManager[None]: ...


def assert_told_to_come_back(answer: requests.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "database_unavailable"
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("outage", [stopped, paused])
def test_while_the_database_is_out_of_reach_requests_are_refused_in_time_and_afterwards_all_goes_on(
    installation: Installation, user: User, database: Postgres, outage: Outage
) -> None:
    before = user.upload()
    user.wait_until("ready", before)
    with outage(database):
        asks: list[Callable[[], requests.Response]] = [lambda: user.request("GET", "/api/v1/images"), user.try_upload]
        for ask in asks:
            with Stopwatch() as watch:
                answer = ask()
            assert_told_to_come_back(answer)
            assert watch.seconds < LONGEST_REFUSAL_SECONDS
        assert installation.readiness() == 503
        assert requests.get(f"{installation.base_url}/healthz", timeout=5).status_code == 200
    user.wait_until("ready", user.upload())
    assert len(user.request("GET", "/api/v1/images").json()) == 2
    installation.assert_clean()


@pytest.mark.parametrize("outage", [stopped, paused])
def test_work_that_loses_the_database_before_its_record_is_done_again(
    installation: Installation, user: User, database: Postgres, outage: Outage
) -> None:
    gates = installation.gates
    with gates.held("variants-done"):
        image_id = user.upload()
        gates.wait_for_one("variants-done")
        # The work-horse finds no database, which the log tells, and leaves the item to its lease.
        with outage(database), installation.logs(installation.worker, "failure not recorded"):
            gates.open("variants-done")
    user.wait_until("ready", image_id)
    installation.assert_clean()
