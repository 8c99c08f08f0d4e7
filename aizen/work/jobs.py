"""The one function that workers run: it does the work of one item, whatever its kind."""

from __future__ import annotations

import uuid
from contextlib import suppress

import structlog

from aizen.adapters import Adapters
from aizen.database import db, new_id, transaction
from aizen.errors import AizenError, TryAgain, Unavailable
from aizen.queue import WorkTimedOut
from aizen.web import adapters
from aizen.work import items, kinds
from aizen.work.kinds import Lease

log = structlog.get_logger(__name__)


def perform(item_id: str) -> None:
    """The item is done, failed with its reason, or due again; or it was not ours to work on, and nothing has changed."""
    parts = adapters()
    try:
        lease = items.claim(uuid.UUID(item_id), parts.settings)
    except Unavailable as error:
        log.warning("claim failed", work_item=item_id, code=error.code)
        return
    if lease is None:
        return
    # An item remembers the request that put it off, so that one id leads through the logs of both processes.
    with structlog.contextvars.bound_contextvars(work_item=item_id, kind=lease.kind, request_id=lease.request_id):
        _work(lease, parts)
        try:
            items.hint_next(lease, parts)
        except Unavailable as error:
            log.warning("next item left to the clock", code=error.code)


def rehearse() -> None:
    """Everything that a work-horse would do first has been done once in this process, with an item that does not exist.

    What it makes (the driver's knowledge of the server, the compiled statements) is inherited by every fork, which else makes it anew:
    some forty milliseconds of CPU a job. An outage is none of our business here.
    """
    nothing = Lease(new_id(), "", new_id(), new_id(), new_id(), 1, None)
    with suppress(Unavailable):
        items.claim(nothing.item_id, adapters().settings)
        with suppress(items.LeaseLost), transaction():
            items.finish(nothing)
        items.hint_next(nothing, adapters())


def _work(lease: Lease, parts: Adapters) -> None:
    try:
        record = kinds.find(lease.kind).run(lease, parts)
        with transaction():
            items.finish(lease)
            record()
    except items.LeaseLost:
        log.info("lease lost", attempt=lease.attempts)
    except WorkTimedOut:
        _fail(lease, TryAgain("The work took longer than JOB_SECONDS.", code="timed_out"), parts)
    except MemoryError:
        _fail(lease, TryAgain("The work took more memory than DECODE_MEMORY.", code="out_of_memory"), parts)
    except AizenError as error:
        _fail(lease, error, parts)
    except Exception:
        log.exception("work broke off", attempt=lease.attempts)
        _fail(lease, AizenError("Something in Aizen went wrong.", code="internal_error"), parts)
    else:
        log.info("work done", attempt=lease.attempts)


def _fail(lease: Lease, error: AizenError, parts: Adapters) -> None:
    db.session.rollback()
    log.warning("work failed", attempt=lease.attempts, code=error.code, detail=error.detail)
    try:
        items.fail(lease, error, parts)
    except items.LeaseLost:
        log.info("lease lost", attempt=lease.attempts)
    except Unavailable as outage:
        # The lease ends by itself, and the clock gives the item to the next.
        log.warning("failure not recorded", code=outage.code)
