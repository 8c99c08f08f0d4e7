"""Providers that keep failing are left alone for a while, and whoever else can answer is asked instead.

What is known of a provider stands in the database: each piece of work runs in a process of its own, and only the rows outlive it.
docs/decisions/0011-breaker-in-the-database.md says why it is counted as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
import structlog

from aizen.database import changed_rows, clock_ms, db, reading, transaction, upsert
from aizen.errors import OutOfSpace, OutsideFailure, TryAgain, Unavailable
from aizen.settings import Settings
from aizen.work.models import ProviderBreaker

log = structlog.get_logger(__name__)

# Failures of the provider itself, beside everything that passes (TryAgain): with these no other request would fare better.
PROVIDERS_OWN = frozenset({"bad_key", "unknown_model", "out_of_credit"})
# The provider has looked at what it was sent and decided: it works.
DECIDED = frozenset({"blocked"})


class Provider(Protocol):
    """Somebody outside, by the name under which its failures are counted."""

    @property
    def name(self) -> str: ...


_Provider = TypeVar("_Provider", bound=Provider)
_Answer = TypeVar("_Answer")
_Noted = TypeVar("_Noted")


@dataclass(frozen=True)
class _Turn:
    """What a provider's row says to one who wants to ask it."""

    name: str
    wait: float = 0.0
    """Seconds for which it is still left alone; 0 when it may be asked."""
    trial_until: int | None = None
    """Where this one call decides if the provider is asked again: the end of the pause that began with it, by ``clock_ms``."""

    @property
    def is_trial(self) -> bool:
        return self.trial_until is not None


def _by_name(provider: Provider) -> str:
    return provider.name


def first_answer(
    providers: Iterable[_Provider],
    ask: Callable[[_Provider], _Answer],
    *,
    service: str,
    settings: Settings,
    counted_as: Callable[[_Provider], str] = _by_name,
) -> _Answer:
    """The answer of the first provider that has one, in their order; no transaction is open while one is asked.

    A provider that has failed ``ai_breaker_failures`` times in a row is passed over for ``ai_breaker_seconds``. ``service`` keeps apart
    what one provider does for different purposes, and ``counted_as`` what it does in ways that fail apart: at most 60 characters.
    Raises TryAgain when a later try may find an answer, with the shortest wait that is of use: none where one of them named none, for that
    one may be asked as soon as our own pace allows. Else Final, as the first had it.
    """
    failures: list[OutsideFailure] = []
    for provider in providers:
        turn = _take_turn(f"{service}/{counted_as(provider)}", settings)
        if turn.wait:
            failures.append(_left_alone(provider.name, turn.wait))
            continue
        try:
            answer = ask(provider)
        except OutsideFailure as failure:
            # Neither a wait nor another picture helps against these: somebody has to do something.
            (log.warning if failure.code in PROVIDERS_OWN else log.info)("provider failed", provider=provider.name, code=failure.code)
            failures.append(_noted(failure, turn, settings))
        else:
            _note(_forgive, turn.name)
            return answer
    raise _outcome(failures)


def _outcome(failures: Sequence[OutsideFailure]) -> OutsideFailure:
    passing = [failure for failure in failures if isinstance(failure, TryAgain)]
    return _after(passing[0], min(failure.retry_after or 0.0 for failure in passing)) if passing else failures[0]


def _after(failure: TryAgain, wait: float) -> TryAgain:
    return TryAgain(failure.detail, code=failure.code, retry_after=wait or None)


def _left_alone(name: str, wait: float) -> TryAgain:
    return TryAgain(f"{name} has failed repeatedly and is left alone for now.", code="provider_unavailable", retry_after=wait)


def _noted(failure: OutsideFailure, turn: _Turn, settings: Settings) -> OutsideFailure:
    """``failure``, held against the provider where it is the provider's; once that is left alone, no earlier try is of use."""
    if isinstance(failure, TryAgain) or failure.code in PROVIDERS_OWN:
        failures = _note(_count, turn.name, settings) or 0
        most = settings.ai_breaker_failures
        if turn.is_trial or failures == most:
            log.warning("provider left alone", provider=turn.name.partition("/")[2], code=failure.code, seconds=settings.ai_breaker_seconds)
        if isinstance(failure, TryAgain) and failures >= most:
            return _after(failure, max(failure.retry_after or 0.0, settings.ai_breaker_seconds))
    elif failure.code in DECIDED:
        _note(_forgive, turn.name)
    elif turn.is_trial:
        # This picture decides nothing, so the next one may.
        _note(_let_the_next_try, turn)
    return failure


# -- the row of a provider


def _take_turn(name: str, settings: Settings) -> _Turn:
    """Whether the provider may be asked now. Of those who come when its pause is over, one is let through."""
    until = ProviderBreaker.left_alone_until
    with reading():
        left = db.session.scalar(sa.select(until - clock_ms()).where(ProviderBreaker.name == name))
    if left is None:
        return _Turn(name)
    if left > 0:
        return _Turn(name, wait=left / 1000)
    with transaction():
        # Another pause begins, so that somebody else tries should nobody come back from this call to say how it went.
        let_through = (
            sa.update(ProviderBreaker)
            .where(ProviderBreaker.name == name, until <= clock_ms())
            .values(left_alone_until=_end_of_pause(settings))
            .returning(until)
            .execution_options(synchronize_session=False)
        )
        end = db.session.scalar(let_through)
    return _Turn(name, wait=settings.ai_breaker_seconds) if end is None else _Turn(name, trial_until=end)


def _count(name: str, settings: Settings) -> int:
    """How many failures in a row it is now; counted by one statement, so that none is lost between workers."""
    most, pause = settings.ai_breaker_failures, _end_of_pause(settings)
    counted = ProviderBreaker.failures + 1
    statement = (
        upsert(ProviderBreaker)
        .values(name=name, failures=1, left_alone_until=pause if most == 1 else None)
        .on_conflict_do_update(index_elements=["name"], set_={"failures": counted, "left_alone_until": sa.case((counted >= most, pause))})
        .returning(ProviderBreaker.failures)
    )
    with transaction():
        return int(db.session.execute(statement).scalar_one())


def _end_of_pause(settings: Settings) -> sa.ColumnElement[int]:
    return clock_ms() + int(settings.ai_breaker_seconds * 1000)


def _forgive(name: str) -> None:
    """Nothing is held against the provider any more. Nearly always nothing was, and nothing is written."""
    held = sa.and_(ProviderBreaker.name == name, ProviderBreaker.failures > 0)
    with reading():
        if db.session.scalar(sa.select(ProviderBreaker.failures).where(held)) is None:
            return
    with transaction():
        changed_rows(sa.update(ProviderBreaker).where(held).values(failures=0, left_alone_until=None))


def _let_the_next_try(turn: _Turn) -> None:
    """The pause that began with this trial is over; one that a failure has begun since then stays."""
    its_pause = sa.and_(ProviderBreaker.name == turn.name, ProviderBreaker.left_alone_until == turn.trial_until)
    with transaction():
        changed_rows(sa.update(ProviderBreaker).where(its_pause).values(left_alone_until=clock_ms()))


def _note(write: Callable[..., _Noted], *what: Any) -> _Noted | None:
    """What ``write`` answers of ``what``; None where the database is out of reach.

    A count that is lost costs a call at most, and must not take a description along that has been paid for.
    """
    try:
        return write(*what)
    except (Unavailable, OutOfSpace) as outage:
        log.warning("provider's failures not counted", code=outage.code)
        return None
