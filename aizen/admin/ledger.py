"""The ledger of AI as administrators read it: what a month has used and cost, by whom, and each call.

The sums are exact and no cache: a month is added up row by row, which with a million calls in it takes seconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from aizen.auth.models import User
from aizen.database import db, reading
from aizen.settings import Settings
from aizen.web import pagination
from aizen.work import budgets
from aizen.work.budgets import Budget, Month
from aizen.work.ledger import DONE
from aizen.work.models import AiCall

# So many users are told, those who have cost most.
MOST_USERS = 20
# In place of an outcome: nobody came back from the call, or it is under way.
UNFINISHED = "unfinished"


def use(month: Month, settings: Settings) -> dict[str, Any]:
    """What the calls of a month have used and cost, as ``AiUseSchema`` documents it."""
    of_month = sa.and_(AiCall.created_at >= month.begins, AiCall.created_at < month.ends)
    with reading():
        models = _models(of_month)
        failed = _failed(of_month)
        users = _users(of_month, budgets.of_each_user(settings))
    total = {name: sum(each[name] for each in models) for name in _sums()}
    each_user, everybody = budgets.of_each_user(settings), budgets.of_all(settings)
    return {
        "month": str(month),
        "total": total,
        "failed": failed,
        "models": models,
        "users": users,
        "budgets": {
            "each_user": {"calls": each_user.calls, "cost_micros": each_user.cost},
            "all": {"calls": everybody.calls, "cost_micros": everybody.cost, "left": _left(everybody, total)},
        },
    }


def _sums() -> dict[str, sa.ColumnElement[int]]:
    """What is told of every group of calls."""
    count = sa.func.count

    def added(column: Any) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(column), 0)

    return {
        "calls": count(),
        "done": count().filter(AiCall.outcome == DONE),
        "unfinished": count().filter(AiCall.outcome.is_(None)),
        "counted_calls": count().filter(budgets.counts()),
        "calls_without_cost": count().filter(budgets.counts(), AiCall.cost.is_(None)),
        "input_tokens": added(AiCall.input_tokens),
        "output_tokens": added(AiCall.output_tokens),
        "cost_micros": added(AiCall.cost),
    }


def _grouped(of_month: sa.ColumnElement[bool], *columns: Any) -> sa.Select[Any]:
    """The sums of each group, the most expensive first."""
    sums = _sums()
    order = (sums["cost_micros"].desc(), sums["calls"].desc(), *columns)
    return sa.select(*columns, *(value.label(name) for name, value in sums.items())).where(of_month).group_by(*columns).order_by(*order)


def _told(row: Any) -> dict[str, int]:
    return {name: int(row._mapping[name]) for name in _sums()}


def _models(of_month: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    names = (AiCall.service, AiCall.provider, AiCall.model)
    found = db.session.execute(_grouped(of_month, *names))
    return [{"service": row.service, "provider": row.provider, "model": row.model, **_told(row)} for row in found]


def _failed(of_month: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    select = sa.select(AiCall.outcome, sa.func.count()).where(of_month, AiCall.outcome != DONE).group_by(AiCall.outcome)
    return [{"code": row[0], "count": row[1]} for row in db.session.execute(select.order_by(sa.func.count().desc(), AiCall.outcome))]


def _users(of_month: sa.ColumnElement[bool], budget: Budget) -> list[dict[str, Any]]:
    """Users who have cost most. Calls of accounts that are gone are nobody's, and stand in the total alone."""
    select = _grouped(of_month, AiCall.owner_id, User.email).join(User, User.id == AiCall.owner_id).limit(MOST_USERS)
    users = [(row.owner_id, row.email, _told(row)) for row in db.session.execute(select)]
    return [{"owner": {"id": owner_id, "email": email}, **told, "left": _left(budget, told)} for owner_id, email, told in users]


def _left(budget: Budget, told: Mapping[str, int]) -> dict[str, int | None]:
    return {
        "calls": None if budget.calls is None else max(0, budget.calls - told["counted_calls"]),
        "cost_micros": None if budget.cost is None else max(0, budget.cost - told["cost_micros"]),
    }


@dataclass(frozen=True)
class Selection:
    """Which calls a list holds: all, where nothing is named."""

    owner_id: uuid.UUID | None = None
    service: str | None = None
    outcome: str | None = None

    def conditions(self) -> Sequence[sa.ColumnElement[bool]]:
        named = {AiCall.owner_id: self.owner_id, AiCall.service: self.service, AiCall.outcome: self.outcome}
        return [
            column.is_(None) if value == UNFINISHED and column is AiCall.outcome else column == value
            for column, value in named.items()
            if value is not None
        ]


def browse(selection: Selection, *, after: pagination.Position | None, limit: int, filters: Mapping[str, Any]) -> pagination.Page:
    """A page of calls with their owners' e-mail addresses, the newest first."""
    columns: list[Any] = [
        *(AiCall.id, AiCall.owner_id, AiCall.image_id, AiCall.service, AiCall.provider, AiCall.model, AiCall.outcome),
        *(AiCall.milliseconds, AiCall.input_tokens, AiCall.output_tokens, AiCall.cost.label("cost_micros"), AiCall.created_at),
        User.email.label("owner_email"),
    ]
    select = sa.select(*columns).join(User, User.id == AiCall.owner_id, isouter=True).where(*selection.conditions())
    with reading():
        rows = db.session.execute(pagination.newest(select, identity=AiCall.id, after=after, limit=limit)).all()
    return pagination.cut(rows, limit=limit, filters=filters)
