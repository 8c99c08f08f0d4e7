"""The kind of background work that brings generated pictures, for ``aizen.app`` to register."""

from __future__ import annotations

from aizen.generation import counting, painting
from aizen.images import expected, library, processing
from aizen.settings import Settings
from aizen.work.kinds import Job, Kind


def _seconds(settings: Settings) -> float:
    """Every painter may be asked, one after the other, and what the last of them brings is checked and stored."""
    return settings.paint_seconds * len(settings.painters) + settings.job_seconds


KINDS = (
    Kind(
        library.GENERATION,
        run=painting.paint,
        fail=processing.generation_failed,
        again=processing.run_again,
        seconds=_seconds,
        # The painter may be paid once more.
        admit=counting.take,
        at_once=lambda settings: settings.paintings_per_owner,
        is_slow=True,
        job=Job(
            result=painting.result_of,
            cancel=expected.call_off,
            progress=painting.progress_of,
            image_id=painting.image_of,
            scope="generate:run",
        ),
    ),
)
