"""The files as Aizen's engine makes them, from the original or from the smallest level that covers what is asked for.

python aizen_engine.py 4000x3000            # the upright size of every task's source, which the database knows since the upload
python aizen_engine.py 4000x3000 levels/    # with the levels that an upload makes, named m<longest side>.jpeg
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from aizen.imaging import Encoding, Limits, Order, OutputFormat
from aizen.imaging.engine import render
from aizen.imaging.prediction import level_covers, needed_scale
from aizen.imaging.steps import Resize
from benchmarks.transformations.contender import QUALITY, Task, serve

Size = tuple[int, int]

FORMATS: Mapping[str, OutputFormat] = {name: name for name in get_args(OutputFormat)}
LONGEST_SIDE = 4096


def order(task: Task, *, size: Size, levels: Mapping[Size, Path], target: Path, quality: int | None = QUALITY) -> Order:
    """What the engine is told for ``task``: ``size`` is the original's, ``levels`` has the files of its smaller copies by their sizes."""
    steps = (Resize(width=task.width, height=task.height, fit="cover"),)
    scale = needed_scale(steps, size)
    covering = [level for level in levels if level_covers(level, size, scale)]
    return Order(
        source=str(levels[min(covering)]) if covering else task.source,
        target=str(target),
        size=size,
        steps=steps,
        encoding=Encoding(format=FORMATS[task.format], quality=quality),
        limits=Limits(),
        max_side=LONGEST_SIDE,
    )


def levels_in(folder: Path, size: Size) -> dict[Size, Path]:
    """The levels in ``folder`` by their sizes, which follow from their names and the original's ``size``."""
    sides = {int(path.stem.removeprefix("m")): path for path in folder.glob("m*.jpeg")}
    return {(round(size[0] * side / max(size)), round(size[1] * side / max(size))): path for side, path in sides.items()}


def main() -> None:
    width, height = (int(side) for side in sys.argv[1].split("x"))
    levels = levels_in(Path(sys.argv[2]), (width, height)) if sys.argv[2:] else {}
    with TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        serve(lambda task: render(order(task, size=(width, height), levels=levels, target=target)).bytes)


if __name__ == "__main__":
    main()
