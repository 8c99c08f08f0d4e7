"""The variants as libvips' documentation makes thumbnails: ``thumbnail`` from the file for each output, with shrink-on-load."""

from __future__ import annotations

import pyvips  # type: ignore[import-not-found]

from benchmarks.variants.contender import QUALITY, WIDTHS, measure


def job(path: str) -> int:
    return sum(_output(path, width, suffix) for width in WIDTHS for suffix in (".webp", ".jpg"))


def _output(path: str, width: int, suffix: str) -> int:
    # A box of any height, so that the width decides; the metadata is dropped as it is by the others.
    image = pyvips.Image.thumbnail(path, width, height=100_000)
    return len(image.write_to_buffer(suffix, Q=QUALITY, keep="none"))


if __name__ == "__main__":
    measure(job)
