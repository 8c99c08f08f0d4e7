"""P4: every variant's pixels, before they are encoded, against a full decode and one Lanczos of the same size."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from PIL import Image

from aizen.imaging import Limits
from aizen.imaging.inspection import inspect
from aizen.imaging.variants import levels, plan
from benchmarks.variants.contender import WIDTHS

Plane = np.ndarray[Any, np.dtype[np.float64]]


def main() -> None:
    path = sys.argv[1]
    planned = plan(inspect(path, Limits()), widths=WIDTHS)
    variants = sorted({(one.width, one.height) for one in planned if one.role == "variant"}, reverse=True)
    every = sorted({(one.width, one.height) for one in planned}, reverse=True)
    with Image.open(path) as image:
        source = image.convert("RGB")
    print(json.dumps({"variants": _compared(path, source, variants), "with_mezzanines": _compared(path, source, every)}))


def _compared(path: str, source: Image.Image, sizes: list[tuple[int, int]]) -> list[dict[str, float]]:
    rows = []
    for size, level in zip(sizes, levels(path, sizes, limits=Limits()), strict=True):
        reference = luma(source.resize(size, Image.Resampling.LANCZOS))
        made = luma(level)
        rows.append({"width": size[0], "psnr_y": psnr(made, reference), "ssim": ssim(made, reference)})
    return rows


def luma(image: Image.Image) -> Plane:
    """The brightness of each pixel (ITU-R BT.601), 0 to 255."""
    return np.asarray(image.convert("RGB").convert("L"), dtype=np.float64)


def psnr(one: Plane, other: Plane) -> float:
    """Peak signal to noise of two planes of one size, in dB."""
    return float(10 * np.log10(255**2 / np.mean((one - other) ** 2)))


def ssim(one: Plane, other: Plane) -> float:
    """Mean structural similarity (Wang et al. 2004), windows of 8 × 8 pixels at every fourth pixel."""
    x, y = (np.lib.stride_tricks.sliding_window_view(plane, (8, 8))[::4, ::4] for plane in (one, other))
    axes = (-2, -1)
    mean_x, mean_y = x.mean(axis=axes), y.mean(axis=axes)
    covariance = (x * y).mean(axis=axes) - mean_x * mean_y
    small, large = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_x * mean_y + small) * (2 * covariance + large)
    bottom = (mean_x**2 + mean_y**2 + small) * (x.var(axis=axes) + y.var(axis=axes) + large)
    return float((top / bottom).mean())


if __name__ == "__main__":
    main()
