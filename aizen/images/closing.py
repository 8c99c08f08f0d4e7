"""The images of a closed account: removed a batch at a time, and at last whatever was left of their owner."""

from __future__ import annotations

import time
import uuid

from aizen.adapters import Adapters
from aizen.auth import closing
from aizen.errors import AizenError
from aizen.images import library
from aizen.work import items
from aizen.work.kinds import Lease, Record

# A transaction holds the rows of so many images, and writes some dozen rows for each.
IMAGES_AT_A_TIME = 50
# What is left of JOB_SECONDS is for the batch at hand and for recording.
SHARE_OF_JOB_SECONDS = 0.5
# This work is never given up: a promise was made, and nobody is left who would ask for it again.
PAUSE_SECONDS = 600.0


def remove_images(lease: Lease, adapters: Adapters) -> Record:
    """The images are gone, each batch in its own transaction, or the time is over; what is answered removes their owner, or goes on."""
    ends = time.monotonic() + adapters.settings.job_seconds * SHARE_OF_JOB_SECONDS
    while library.remove_some(lease.subject_id, limit=IMAGES_AT_A_TIME, adapters=adapters):
        if time.monotonic() >= ends:
            break
    return lambda: _finish(lease.subject_id, adapters)


def _finish(user_id: uuid.UUID, adapters: Adapters) -> None:
    if not closing.hold_closed(user_id):
        return
    if library.has_any(user_id):
        # As new work: nothing has failed, so that no attempt is used up.
        items.redo(closing.CLOSE_ACCOUNT, subject_id=user_id, adapters=adapters)
    else:
        closing.forget(user_id)


def try_later(user_id: uuid.UUID, _error: AizenError, _adapters: Adapters) -> None:
    """The open transaction, in which the work has failed once too often, has it due again after a while."""
    items.run_later(closing.CLOSE_ACCOUNT, subject_id=user_id, seconds=PAUSE_SECONDS)
