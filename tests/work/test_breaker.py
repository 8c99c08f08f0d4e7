"""Providers asked in order, and left alone after failures in a row, whoever has counted them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask

from aizen.database import clock_ms, db, reading, transaction
from aizen.errors import Final, OutsideFailure, TryAgain
from aizen.queue import WorkTimedOut
from aizen.settings import Settings
from aizen.work import breaker
from aizen.work.models import ProviderBreaker
from tests.work.conftest import LostDatabase

pytestmark = pytest.mark.every_database

BUSY = TryAgain("Slow down.", code="rate_limited")
BAD_KEY = Final("No such key.", code="bad_key")
BLOCKED = Final("Not this one.", code="blocked")
PICTURES_FAULT = [Final(code=code) for code in ("malformed_answer", "empty_answer", "provider_refused")]


@dataclass
class Stub:
    """A provider that answers with its name, or fails as it was told; ``asked`` counts."""

    name: str
    fails_with: BaseException | None = None
    asked: int = 0
    meanwhile: Callable[[], object] = field(default=lambda: None)

    def answer(self) -> str:
        self.asked += 1
        self.meanwhile()
        if self.fails_with is not None:
            raise self.fails_with
        return self.name


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def ask(*providers: Stub, settings: Settings) -> str:
    return breaker.first_answer(providers, lambda provider: provider.answer(), service="test", settings=settings)


def failure_of(*providers: Stub, settings: Settings) -> OutsideFailure:
    with pytest.raises(OutsideFailure) as caught:
        ask(*providers, settings=settings)
    return caught.value


def wait_of(failure: OutsideFailure) -> float:
    assert isinstance(failure, TryAgain)
    return failure.retry_after or 0.0


def fail_often(provider: Stub, times: int, settings: Settings) -> None:
    for _ in range(times):
        failure_of(provider, settings=settings)


def row(name: str) -> tuple[int, float | None]:
    """The failures held against a provider, and the seconds for which it is still left alone."""
    left = ProviderBreaker.left_alone_until - clock_ms()
    with reading():
        found = db.session.execute(sa.select(ProviderBreaker.failures, left).where(ProviderBreaker.name == f"test/{name}")).one()
    return found[0], None if found[1] is None else found[1] / 1000


def end_pause() -> None:
    """The pause of every provider is over."""
    with transaction():
        db.session.execute(sa.update(ProviderBreaker).values(left_alone_until=clock_ms() - 1))


def test_the_first_that_answers_is_the_one_and_nobody_after_it_is_asked(settings: Settings) -> None:
    first, second, third = Stub("first", BUSY), Stub("second"), Stub("third")
    assert ask(first, second, third, settings=settings) == "second"
    assert (first.asked, third.asked) == (1, 0)


@pytest.mark.parametrize("failure", [BUSY, BAD_KEY, BLOCKED, *PICTURES_FAULT], ids=lambda failure: failure.code)
def test_after_whatever_failure_the_next_is_asked(settings: Settings, failure: OutsideFailure) -> None:
    assert ask(Stub("first", failure), Stub("second"), settings=settings) == "second"


@pytest.mark.parametrize(
    ("first", "second", "wait"),
    [
        (TryAgain(retry_after=40), TryAgain(retry_after=7), 7),
        (TryAgain(retry_after=40), TryAgain(), 0),
        (TryAgain(), TryAgain(retry_after=40), 0),
        (BAD_KEY, TryAgain(retry_after=40), 40),
        (TryAgain(retry_after=40), BLOCKED, 40),
    ],
)
def test_where_one_may_answer_later_the_shortest_wait_is_told_and_none_where_one_named_none(
    settings: Settings, first: OutsideFailure, second: OutsideFailure, wait: float
) -> None:
    failure = failure_of(Stub("first", first), Stub("second", second), settings=settings)
    assert isinstance(failure, TryAgain)
    assert wait_of(failure) == wait


def test_where_nobody_ever_will_the_first_says_why(settings: Settings) -> None:
    failure = failure_of(Stub("first", BLOCKED), Stub("second", BAD_KEY), settings=settings)
    assert (type(failure), failure.code, failure.detail) == (Final, "blocked", "Not this one.")


@pytest.mark.parametrize(
    "failure", [BUSY, TryAgain(code="provider_timeout"), BAD_KEY, Final(code="unknown_model")], ids=lambda each: each.code
)
def test_after_five_failures_in_a_row_a_provider_is_left_alone_for_a_minute(settings: Settings, failure: OutsideFailure) -> None:
    failing = Stub("failing", failure)
    fail_often(failing, 5, settings)
    told = failure_of(failing, settings=settings)
    assert failing.asked == 5
    assert (type(told), told.code) == (TryAgain, "provider_unavailable")
    assert "failing" in told.detail
    assert 50 < wait_of(told) <= 60
    assert ask(failing, Stub("other"), settings=settings) == "other"
    assert failing.asked == 5


def test_the_fifth_failure_itself_asks_for_no_try_within_the_minute(settings: Settings) -> None:
    failing = Stub("failing", TryAgain(retry_after=2))
    fail_often(failing, 4, settings)
    assert wait_of(failure_of(failing, settings=settings)) == 60
    slower = Stub("slower", TryAgain(retry_after=500))
    fail_often(slower, 4, settings)
    assert wait_of(failure_of(slower, settings=settings)) == 500


def test_what_one_provider_fails_at_is_not_held_against_its_other_services_or_anybody_else(settings: Settings) -> None:
    failing = Stub("failing", BUSY)
    fail_often(failing, 5, settings)
    failing.fails_with = None
    assert breaker.first_answer([failing], lambda provider: provider.answer(), service="other", settings=settings) == "failing"
    assert ask(Stub("another"), settings=settings) == "another"


@pytest.mark.parametrize("relief", [None, BLOCKED], ids=["an answer", "a blocked picture"])
def test_a_provider_that_did_its_work_begins_anew(settings: Settings, relief: OutsideFailure | None) -> None:
    failing = Stub("failing", BUSY)
    fail_often(failing, 4, settings)
    failing.fails_with = relief
    ask(failing, Stub("other"), settings=settings)
    assert row("failing") == (0, None)
    failing.fails_with = BUSY
    fail_often(failing, 4, settings)
    assert row("failing") == (4, None)


@pytest.mark.parametrize("fault", PICTURES_FAULT, ids=lambda each: each.code)
def test_one_users_odd_pictures_neither_silence_a_provider_nor_excuse_it(settings: Settings, fault: OutsideFailure) -> None:
    odd = Stub("odd", fault)
    fail_often(odd, 10, settings)
    assert odd.asked == 10
    odd.fails_with = BUSY
    fail_often(odd, 4, settings)
    odd.fails_with = fault
    fail_often(odd, 1, settings)
    odd.fails_with = BUSY
    fail_often(odd, 1, settings)
    fail_often(odd, 1, settings)
    assert odd.asked == 16


def test_after_the_minute_one_answer_opens_the_way_for_all(settings: Settings) -> None:
    failing = Stub("failing", BUSY)
    fail_often(failing, 5, settings)
    end_pause()
    failing.fails_with = None
    assert ask(failing, settings=settings) == "failing"
    assert row("failing") == (0, None)


@pytest.mark.parametrize("failure", [BUSY, BAD_KEY], ids=lambda each: each.code)
def test_after_the_minute_one_failure_begins_another(settings: Settings, failure: OutsideFailure) -> None:
    failing = Stub("failing", failure)
    fail_often(failing, 5, settings)
    end_pause()
    fail_often(failing, 3, settings)
    assert failing.asked == 6
    failures, left = row("failing")
    assert failures == 6
    assert 50 < (left or 0) <= 60


def test_while_one_call_decides_everybody_else_waits(settings: Settings) -> None:
    failing = Stub("failing", BUSY)
    fail_often(failing, 5, settings)
    end_pause()
    waits: list[float] = []
    failing.meanwhile = lambda: waits.append(wait_of(failure_of(replace(failing, meanwhile=lambda: None), settings=settings)))
    failing.fails_with = None
    assert ask(failing, settings=settings) == "failing"
    assert [50 < wait <= 60 for wait in waits] == [True]


def test_a_call_that_is_decided_by_its_picture_leaves_the_decision_to_the_next(settings: Settings) -> None:
    failing = Stub("failing", BUSY)
    fail_often(failing, 5, settings)
    end_pause()
    failing.fails_with = PICTURES_FAULT[0]
    fail_often(failing, 2, settings)
    failing.fails_with = None
    assert ask(failing, settings=settings) == "failing"
    assert failing.asked == 8


def test_a_pause_that_a_slower_failure_has_begun_is_not_cut_short_by_such_a_call(app: Flask, settings: Settings) -> None:
    asked, trial = threading.Event(), threading.Event()
    longer = replace(settings, ai_breaker_seconds=90)

    def be_slow() -> None:
        asked.set()
        trial.wait(30)

    def fail_slowly() -> None:
        with app.app_context():
            failure_of(Stub("failing", BUSY, meanwhile=be_slow), settings=longer)

    def let_the_slower_fail() -> None:
        trial.set()
        slower.join(30)

    slower = threading.Thread(target=fail_slowly)
    slower.start()
    assert asked.wait(30)
    fail_often(Stub("failing", BUSY), 5, settings)
    end_pause()
    deciding = Stub("failing", PICTURES_FAULT[0], meanwhile=let_the_slower_fail)
    fail_often(deciding, 1, settings)
    assert deciding.asked == 1
    failures, left = row("failing")
    assert failures == 6
    assert 80 < (left or 0) <= 90


@pytest.mark.parametrize("end", [WorkTimedOut(), SystemExit(1)], ids=lambda end: type(end).__name__)
def test_a_call_that_never_comes_back_keeps_the_next_one_off_for_a_minute_only(settings: Settings, end: BaseException) -> None:
    failing = Stub("failing", BUSY)
    fail_often(failing, 5, settings)
    end_pause()
    failing.fails_with = end
    with pytest.raises(type(end)):
        ask(failing, settings=settings)
    failures, left = row("failing")
    assert failures == 5
    assert 50 < (left or 0) <= 60
    failing.fails_with = None
    assert wait_of(failure_of(failing, settings=settings)) > 50
    end_pause()
    assert ask(failing, settings=settings) == "failing"


def test_the_numbers_are_settings(settings: Settings) -> None:
    failing, impatient = Stub("failing", BUSY), replace(settings, ai_breaker_failures=1, ai_breaker_seconds=7)
    fail_often(failing, 2, impatient)
    assert failing.asked == 1
    assert row("failing")[1] == pytest.approx(7, abs=1)


def test_five_failures_at_the_same_time_count_as_five(app: Flask, settings: Settings) -> None:
    together = threading.Barrier(5)
    seen: list[str] = []

    def fail() -> None:
        with app.app_context():
            seen.append(failure_of(Stub("failing", BUSY, meanwhile=together.wait), settings=settings).code)

    threads = [threading.Thread(target=fail) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == ["rate_limited"] * 5
    failures, left = row("failing")
    assert failures == 5
    assert 50 < (left or 0) <= 60


def test_of_many_who_come_after_the_minute_one_is_let_through(app: Flask, settings: Settings) -> None:
    fail_often(Stub("failing", BUSY), 5, settings)
    end_pause()
    together, done = threading.Barrier(5), threading.Event()
    asked: list[str] = []

    def decide() -> str:
        asked.append("asked")
        done.wait(30)
        raise BUSY

    def come() -> None:
        with app.app_context(), pytest.raises(TryAgain):
            together.wait()
            breaker.first_answer([Stub("failing")], lambda _provider: decide(), service="test", settings=settings)
        done.set()  # Whoever was turned away lets the one who was not go on.

    threads = [threading.Thread(target=come) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert asked == ["asked"]


def test_the_beginning_of_each_pause_is_logged_once_with_its_reason(settings: Settings) -> None:
    failing = Stub("failing", BUSY)
    with structlog.testing.capture_logs() as logs:
        fail_often(failing, 7, settings)
        end_pause()
        fail_often(failing, 2, settings)
    warnings = [entry for entry in logs if entry["log_level"] == "warning"]
    told = {"event": "provider left alone", "provider": "failing", "code": "rate_limited", "seconds": 60, "log_level": "warning"}
    assert warnings == [told, told]


def test_a_database_that_is_lost_while_an_answer_is_noted_costs_no_answer(settings: Settings, lost: LostDatabase) -> None:
    failing = Stub("failing", BUSY)
    fail_often(failing, 2, settings)
    failing.meanwhile, failing.fails_with = lost.lose, None
    assert ask(failing, settings=settings) == "failing"
    lost.find()
    failing.fails_with = BUSY
    failure = failure_of(failing, settings=settings)
    lost.find()
    assert (type(failure), failure.code) == (TryAgain, "rate_limited")
    assert row("failing") == (2, None)
