"""Everything that Aizen makes at an upload: the variants and the three mezzanine levels."""

from __future__ import annotations

import sys
from functools import cache

from aizen.imaging import Limits, Picture
from aizen.imaging.inspection import inspect
from aizen.imaging.variants import render
from benchmarks.variants.contender import WIDTHS, measure


@cache
def known(path: str) -> Picture:
    """What the database knows of the picture since its upload: looked at once, before the job is measured."""
    return inspect(path, Limits())


def job(path: str) -> int:
    return sum(len(rendition.data) for rendition in render(path, picture=known(path), widths=WIDTHS, limits=Limits()))


if __name__ == "__main__":
    known(sys.argv[1])
    measure(job)
