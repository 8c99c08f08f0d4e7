"""The state of the service on one page.

It is exact, and no cache: users and images are counted row by row, so it costs more the more of them there are. Nothing is asked of the
storage, and of work only what is unfinished is counted. It is for people who look, not for a probe every second: see ``/readyz``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from aizen import VERSION
from aizen.adapters import Adapters
from aizen.admin import integrity, work
from aizen.auth import closing
from aizen.auth.models import User
from aizen.database import clock_ms, db, reading
from aizen.images import library
from aizen.images.models import Image
from aizen.work.models import ProviderBreaker, WorkItem


def overview(adapters: Adapters) -> dict[str, Any]:
    """Everything at a glance, as ``OverviewSchema`` documents it."""
    settings = adapters.settings
    crew = work.crew(adapters)
    report = integrity.latest()
    with reading():
        users = _users()
        images = db.session.execute(sa.select(sa.func.count().label("total"), sa.func.count(Image.trashed_at).label("trashed"))).one()
        states = _work()
        breakers = _breakers()
    return {
        "version": VERSION,
        "environment": settings.env,
        "database": "sqlite" if settings.uses_sqlite else "postgresql",
        "storage": settings.storage,
        "users": {name: users[name] for name in ("total", "admins", "disabled")},
        "images": {"total": images.total, "trashed": images.trashed, "bytes": users["bytes"]},
        "work": {state: states.get(state, 0) for state in work.UNFINISHED},
        "queue": {"length": crew.queue_length, "workers": len(crew.workers), "unavailable": crew.unavailable},
        "describers": _providers(library.DESCRIPTION, settings.describers, breakers),
        "painters": _providers(library.GENERATION, settings.painters, breakers),
        "integrity": {
            "state": report.state,
            "made_at": report.made_at,
            "is_clean": report.report["is_clean"] if report.report else None,
        },
    }


def _users() -> dict[str, int]:
    # What is left of closed accounts is nobody, but what its images take until they are removed is taken.
    is_somebody = ~closing.is_closed()
    row = db.session.execute(
        sa.select(
            sa.func.count().filter(is_somebody).label("total"),
            sa.func.count().filter(is_somebody, User.role == "admin").label("admins"),
            sa.func.count().filter(is_somebody, User.disabled_at.is_not(None)).label("disabled"),
            sa.func.coalesce(sa.func.sum(User.storage_used), 0).label("bytes"),
        )
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


def _work() -> dict[str, int]:
    select = sa.select(WorkItem.state, sa.func.count()).where(WorkItem.state.in_(work.UNFINISHED)).group_by(WorkItem.state)
    return {row[0]: row[1] for row in db.session.execute(select)}


def _breakers() -> dict[str, int]:
    """For how many milliseconds each provider is still left alone, by service and name."""
    left = ProviderBreaker.left_alone_until - clock_ms()
    rows = db.session.execute(sa.select(ProviderBreaker.name, left).where(left > 0))
    return {row[0]: int(row[1] or 0) for row in rows}


def _providers(service: str, names: Sequence[str], breakers: dict[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "left_alone_seconds": -(-breakers.get(f"{service}/{name}", 0) // 1000)} for name in names]
