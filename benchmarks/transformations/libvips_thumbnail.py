"""The files as libvips' documentation makes thumbnails: ``thumbnail_buffer``, which decodes no larger than it must."""

from __future__ import annotations

from pathlib import Path

import pyvips  # type: ignore[import-not-found]

from benchmarks.transformations.contender import QUALITY, Task, serve


def job(task: Task) -> int:
    image = pyvips.Image.thumbnail_buffer(Path(task.source).read_bytes(), task.width, height=task.height, crop="centre")
    return len(image.write_to_buffer(f".{task.format}", Q=QUALITY, keep="none"))


if __name__ == "__main__":
    serve(job)
