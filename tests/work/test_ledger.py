"""The ledger of AI: no call without its row, and none beyond the budgets."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask

from aizen.ai.usage import Usage
from aizen.auth import closing
from aizen.database import changed_rows, db, new_id, reading, transaction, utc_now
from aizen.errors import AizenError, Final, TryAgain, Unavailable
from aizen.queue import WorkTimedOut
from aizen.settings import Settings
from aizen.settings.budgets import Price
from aizen.work import breaker, budgets, clock, items, jobs, ledger
from aizen.work.models import AiCall
from tests import pictures
from tests.conftest import People
from tests.fakes import HintList, ScriptedDescriber
from tests.work.conftest import LostDatabase

pytestmark = pytest.mark.every_database

BUSY = TryAgain("Slow down.", code="rate_limited")


@dataclass(frozen=True)
class Told:
    """An answer with what it has used up."""

    usage: Usage | None = None


@dataclass
class Stub:
    """A provider that answers, or fails as it was told; ``asked`` counts."""

    name: str = "gemini"
    model: str = "small"
    usage: Usage | None = None
    fails_with: BaseException | None = None
    asked: int = 0
    meanwhile: Callable[[], object] = field(default=lambda: None)

    def answer(self) -> Told:
        self.asked += 1
        self.meanwhile()
        if self.fails_with is not None:
            raise self.fails_with
        return Told(self.usage)


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def owner(people: People) -> uuid.UUID:
    return uuid.UUID(people.owner.id)


@pytest.fixture
def stranger(people: People) -> uuid.UUID:
    return uuid.UUID(people.stranger.id)


def ask(provider: Stub, owner_id: uuid.UUID | None, settings: Settings, *, model: str | None = None) -> Told:
    about = ledger.Call("description", owner_id, new_id())
    return ledger.asked(provider, about, lambda each: each.answer(), settings=settings, model=model)


def refusal_of(provider: Stub, owner_id: uuid.UUID | None, settings: Settings) -> AizenError:
    with pytest.raises(AizenError) as caught:
        ask(provider, owner_id, settings)
    return caught.value


def is_refused(provider: Stub, owner_id: uuid.UUID | None, settings: Settings) -> bool:
    """Whether the budget has no room for the call, which is then not made."""
    before = provider.asked
    try:
        ask(provider, owner_id, settings)
    except Final as failure:
        return failure.code == "budget_exceeded" and provider.asked == before
    return False


def rows() -> list[AiCall]:
    """The ledger, the oldest first."""
    with reading():
        return list(db.session.scalars(sa.select(AiCall).order_by(AiCall.id).execution_options(populate_existing=True)))


def move_all(moment: datetime) -> None:
    """Every call has been made at ``moment``."""
    with transaction():
        changed_rows(sa.update(AiCall).values(created_at=moment))


def test_a_call_is_there_before_it_is_made_and_complete_when_it_is_over(settings: Settings, owner: uuid.UUID) -> None:
    seen: list[tuple[Any, ...]] = []

    def look() -> None:
        (row,) = rows()
        seen.append((row.owner_id, row.service, row.provider, row.model, row.outcome, row.milliseconds))

    provider = Stub(usage=Usage(1100, 400, 420), meanwhile=look)
    assert ask(provider, owner, settings) == Told(Usage(1100, 400, 420))
    assert seen == [(owner, "description", "gemini", "small", None, None)]
    (row,) = rows()
    assert (row.outcome, row.input_tokens, row.output_tokens, row.cost) == ("done", 1100, 400, 420)
    assert row.milliseconds is not None
    assert 0 <= row.milliseconds < 60_000


def test_a_failure_is_kept_by_its_code_with_what_it_has_cost_and_no_ending_at_all_as_unknown(settings: Settings, owner: uuid.UUID) -> None:
    blocked = Final("Not this one.", code="blocked")
    blocked.usage = Usage(1100, 0, 110)
    for failure in (BUSY, blocked, WorkTimedOut()):
        with pytest.raises(type(failure)) as caught:
            ask(Stub(fails_with=failure), owner, settings, model="another")
        assert caught.value is failure
    assert [(row.model, row.outcome, row.input_tokens, row.cost) for row in rows()] == [
        ("another", "rate_limited", None, None),
        ("another", "blocked", 1100, 110),
        ("another", None, None, None),
    ]


def test_the_cost_is_what_the_provider_tells_or_else_follows_from_the_price_of_the_model(settings: Settings, owner: uuid.UUID) -> None:
    by_tokens = Price("small", per_input_token=Decimal("0.25"), per_output_token=Decimal("1.5"))
    priced = replace(settings, ai_prices=(by_tokens, Price("painting", per_call=Decimal("0.04"))))
    for model, usage, failure, cost in (
        ("small", Usage(1100, 400), None, 875),
        ("small", Usage(1100, None), None, 275),
        ("small", Usage(1100, 400, 3), None, 3),
        ("small", Usage(None, None), None, None),
        ("small", None, None, None),
        ("small", Usage(1000, 0), "blocked", 250),
        ("painting", None, None, 40_000),
        ("painting", Usage(cost=0), None, 0),
        ("painting", None, "provider_timeout", None),
        ("unpriced", Usage(1100, 400), None, None),
    ):
        error = Final(code=failure) if failure else None
        if error is not None:
            error.usage = usage
            refusal_of(Stub(model=model, fails_with=error), owner, priced)
        else:
            ask(Stub(model=model, usage=usage), owner, priced)
        assert rows()[-1].cost == cost, (model, usage, failure)


def test_over_the_budget_nobody_is_asked_until_the_next_month_begins(settings: Settings, owner: uuid.UUID, stranger: uuid.UUID) -> None:
    of_user, of_all = replace(settings, ai_budget_user_calls=2), replace(settings, ai_budget_calls=3)
    provider, begins = Stub(), budgets.month_of(utc_now()).begins
    assert [is_refused(provider, owner, of_user) for _ in range(3)] == [False, False, True]
    told = refusal_of(provider, owner, of_user)
    assert told.detail.startswith("Your budget for AI is used up for this month.")
    assert f"{budgets.month_of(utc_now()).ends:%Y-%m-%d}" in told.detail
    assert not is_refused(provider, stranger, of_user)
    assert not is_refused(provider, None, of_user)
    assert is_refused(provider, stranger, of_all)
    assert is_refused(provider, None, of_all)
    assert [row.outcome for row in rows()] == ["done"] * 4
    move_all(begins)
    assert is_refused(provider, owner, of_user)
    move_all(begins - timedelta(milliseconds=1))
    assert not is_refused(provider, owner, of_user)
    assert not is_refused(provider, owner, of_all)


def test_a_budget_of_money_counts_what_is_known_and_a_millionth_of_a_dollar_is_a_bound(
    settings: Settings, owner: uuid.UUID, stranger: uuid.UUID
) -> None:
    of_user, of_all = replace(settings, ai_budget_user_cost=Decimal("0.0008")), replace(settings, ai_budget_cost=Decimal("0.0012"))
    assert [is_refused(Stub(usage=Usage(cost=400)), owner, of_user) for _ in range(3)] == [False, False, True]
    assert not is_refused(Stub(), stranger, of_user)
    assert [is_refused(Stub(usage=Usage(cost=399)), stranger, of_all) for _ in range(2)] == [False, False]
    assert is_refused(Stub(), stranger, of_all)
    assert is_refused(Stub(), owner, replace(settings, ai_budget_cost=Decimal("0.0000001")))
    assert not is_refused(Stub(), owner, settings)


def test_the_offline_describer_is_never_refused_and_counts_in_no_budget(settings: Settings, owner: uuid.UUID) -> None:
    bound = replace(settings, ai_budget_user_calls=1, ai_budget_calls=1)
    assert [is_refused(Stub(name="offline"), owner, bound) for _ in range(3)] == [False] * 3
    assert [is_refused(Stub(), owner, bound) for _ in range(2)] == [False, True]
    assert not is_refused(Stub(name="offline"), owner, bound)
    assert len(rows()) == 5


def test_of_many_who_want_the_last_call_one_gets_it(app: Flask, settings: Settings, owner: uuid.UUID, stranger: uuid.UUID) -> None:
    for bound, callers, refused in (
        (replace(settings, ai_budget_user_calls=1), [owner] * 6, 5),
        (replace(settings, ai_budget_calls=3), [owner, stranger] * 3, 4),
    ):
        together = threading.Barrier(len(callers))

        def come(caller: uuid.UUID, bound: Settings = bound, together: threading.Barrier = together) -> bool:
            with app.app_context():
                together.wait(30)
                return is_refused(Stub(), caller, bound)

        with ThreadPoolExecutor(len(callers)) as pool:
            assert sum(pool.map(come, callers)) == refused


def test_a_provider_over_budget_has_not_failed_and_whoever_costs_nothing_answers(settings: Settings, owner: uuid.UUID) -> None:
    bound = replace(settings, ai_budget_calls=1, ai_breaker_failures=1)
    gemini, offline = Stub(), Stub(name="offline")
    call = ledger.Call("description", owner, new_id())

    def first(*providers: Stub) -> Told:
        return breaker.first_answer(
            providers,
            lambda each: ledger.asked(each, call, lambda asked: asked.answer(), settings=bound),
            service="description",
            settings=bound,
        )

    for _ in range(3):
        first(gemini, offline)
    assert (gemini.asked, offline.asked) == (1, 2)
    with pytest.raises(Final) as caught:
        first(gemini, Stub(name="openai"))
    assert caught.value.code == "budget_exceeded"
    assert first(gemini, offline) == Told()


def test_without_a_database_nobody_is_asked_and_the_answer_in_hand_is_not_lost(
    settings: Settings, owner: uuid.UUID, lost: LostDatabase
) -> None:
    provider = Stub(meanwhile=lost.lose, usage=Usage(cost=420))
    with structlog.testing.capture_logs() as logs:
        assert ask(provider, owner, settings) == Told(Usage(cost=420))
    provider.fails_with = BUSY
    failure = refusal_of(provider, owner, settings)
    assert (type(failure), provider.asked) == (Unavailable, 1)
    assert items.is_worth_another_try(failure)
    lost.find()
    assert refusal_of(provider, owner, settings) is BUSY
    lost.find()
    told = {"event": "AI call not completed in the ledger", "provider": "gemini", "code": "database_unavailable", "log_level": "warning"}
    assert logs == [told]
    assert [(row.outcome, row.cost) for row in rows()] == [(None, None)] * 2


def test_where_the_account_is_gone_nothing_is_shown_to_anybody(settings: Settings) -> None:
    provider = Stub()
    assert refusal_of(provider, new_id(), settings).code == "account_closed"
    assert (provider.asked, rows()) == (0, [])


def test_calls_outlive_the_account_that_they_were_made_for_but_not_its_id(settings: Settings, owner: uuid.UUID) -> None:
    ask(Stub(), owner, settings)
    with transaction():
        closing.forget(owner)
    assert [(row.owner_id, row.outcome) for row in rows()] == [(None, "done")]


def test_the_clock_forgets_calls_that_are_older_than_is_to_be_remembered(
    settings: Settings, owner: uuid.UUID, tick: Callable[[], clock.Tick]
) -> None:
    ask(Stub(), owner, settings)
    move_all(utc_now() - timedelta(seconds=settings.ai_ledger_seconds - 60))
    assert (tick().swept, len(rows())) == (0, 1)
    move_all(utc_now() - timedelta(seconds=settings.ai_ledger_seconds + 1))
    assert (tick().swept, len(rows())) == (1, 0)


def test_a_month_is_that_of_the_calendar_in_utc() -> None:
    for moment, begins, ends in (
        ("2026-02-28T23:59:59.999+00:00", "2026-02-01", "2026-03-01"),
        ("2026-12-31T23:30:00-01:00", "2027-01-01", "2027-02-01"),
        ("2027-01-01T00:30:00+01:00", "2026-12-01", "2027-01-01"),
    ):
        month = budgets.month_of(datetime.fromisoformat(moment))
        assert (month.begins, month.ends) == tuple(datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (begins, ends))


def test_a_description_is_in_the_ledger_and_beyond_the_budget_it_fails_and_says_so(
    people: People, describer: ScriptedDescriber, queue: HintList, make_app: Callable[..., Flask]
) -> None:
    bound = make_app(ai_budget_user_calls=1)
    client, headers = bound.test_client(), people.owner.headers
    images = []
    for width in (400, 404):
        # Of the same bytes no describer would be asked again.
        sent = {"image": (io.BytesIO(pictures.jpeg(width, 300)), "a.jpg")}
        images.append(client.post("/api/v1/images", headers=headers, data=sent).get_json()["links"]["self"])
        with bound.app_context():
            while hints := queue.take():
                for hint in hints:
                    jobs.perform(hint)
    described, refused = (client.get(address, headers=headers).get_json() for address in images)
    (row,) = rows()
    kept = (str(row.owner_id), str(row.image_id), row.service, row.provider, row.model, row.outcome)
    assert kept == (people.owner.id, described["id"], "description", "scripted", "script-1", "done")
    assert (described["ai"]["status"], len(describer.seen)) == ("done", 1)
    assert (refused["status"], refused["ai"]["status"], refused["ai"]["error"]) == ("ready", "failed", "budget_exceeded")
