"""What AI may cost in a calendar month (UTC): the bounds, what is used of them, and the refusal of what is beyond them.

Calls to the offline describer cost nothing, and are never counted here.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from aizen.ai import OFFLINE
from aizen.database import db
from aizen.errors import Final
from aizen.settings import Settings
from aizen.work.models import AiCall

EXCEEDED = "budget_exceeded"
# The name of PostgreSQL's lock: a number of our own, the bytes of "aizen ai".
_ONE_AFTER_ANOTHER = int.from_bytes(b"aizen ai")


@dataclass(frozen=True)
class Month:
    """A calendar month in UTC: from ``begins`` until before ``ends``."""

    begins: datetime
    ends: datetime

    def __str__(self) -> str:
        return f"{self.begins:%Y-%m}"


@dataclass(frozen=True)
class Amount:
    """So many calls, and so many millionths of a US dollar."""

    calls: int
    cost: int


@dataclass(frozen=True)
class Budget:
    """The bounds on an ``Amount``; None is no bound."""

    calls: int | None
    cost: int | None

    @property
    def is_bound(self) -> bool:
        return self.calls is not None or self.cost is not None

    def is_used_up(self, used: Amount) -> bool:
        return (self.calls is not None and used.calls >= self.calls) or (self.cost is not None and used.cost >= self.cost)


def month_of(moment: datetime) -> Month:
    """The month in which ``moment`` lies."""
    begins = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # Somewhere in the next month, however long this one is.
    return Month(begins, (begins + timedelta(days=40)).replace(day=1))


def of_each_user(settings: Settings) -> Budget:
    """What one user may use in a month."""
    return _budget(settings.ai_budget_user_calls, settings.ai_budget_user_cost)


def of_all(settings: Settings) -> Budget:
    """What all users together may use in a month."""
    return _budget(settings.ai_budget_calls, settings.ai_budget_cost)


def _budget(calls: int, dollars: Decimal) -> Budget:
    # Rounded up: a budget that somebody has set must not turn into none.
    return Budget(calls or None, math.ceil(dollars * 1_000_000) or None)


def counts() -> sa.ColumnElement[bool]:
    """The call counts against the budgets."""
    return AiCall.provider != OFFLINE


def require_left(owner_id: uuid.UUID | None, moment: datetime, settings: Settings) -> None:
    """The open transaction may add one call of that owner, and no other can be added before it ends.

    Raises Final (budget_exceeded). Where no budget is set, nothing is asked of the database. What calls cost that are under way at this
    moment is not known yet, so a budget of cost may be overdrawn by as many calls as there are workers; one of calls never is.
    """
    month, user, everybody = month_of(moment), of_each_user(settings), of_all(settings)
    if not (everybody.is_bound or (user.is_bound and owner_id is not None)):
        return
    _wait_for_others()
    if user.is_bound and owner_id is not None and user.is_used_up(_used(month, AiCall.owner_id == owner_id)):
        raise _exceeded("Your budget", month)
    if everybody.is_bound and everybody.is_used_up(_used(month)):
        raise _exceeded("The budget of this service", month)


def _wait_for_others() -> None:
    if db.engine.dialect.name == "postgresql":
        # SQLite's transactions write one after another anyway.
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AFTER_ANOTHER)))


def _used(month: Month, *conditions: sa.ColumnElement[bool]) -> Amount:
    select = sa.select(sa.func.count(), sa.func.sum(AiCall.cost)).where(AiCall.created_at >= month.begins, counts(), *conditions)
    calls, cost = db.session.execute(select).one()
    return Amount(int(calls), int(cost or 0))


def _exceeded(whose: str, month: Month) -> Final:
    return Final(f"{whose} for AI is used up for this month. The next one begins on {month.ends:%Y-%m-%d} (UTC).", code=EXCEEDED)
