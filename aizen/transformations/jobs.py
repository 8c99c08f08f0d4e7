"""The kind of background work that transformations are, for ``aizen.app`` to register."""

from __future__ import annotations

from aizen.transformations import orders
from aizen.work.kinds import Job, Kind

KINDS = (
    Kind(
        orders.TRANSFORMATION,
        run=orders.carry_out,
        fail=orders.failed,
        progress=orders.show_progress,
        job=Job(
            result=orders.result_of, cancel=orders.cancel, progress=orders.progress_of, image_id=orders.image_of, scope="transforms:run"
        ),
    ),
)
