"""P6: what the engine makes, written without loss, against a full decode of the original and one Lanczos of the same size.

python fidelity.py original.jpg levels/ 200 300 …
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from aizen.imaging.engine import render
from benchmarks.transformations.aizen_engine import Size, levels_in, order
from benchmarks.transformations.contender import Task
from benchmarks.variants.fidelity import Plane, luma, psnr, ssim


def main() -> None:
    path, widths = sys.argv[1], [int(width) for width in sys.argv[3:]]
    with Image.open(path) as image:
        source = image.convert("RGB")
    levels = levels_in(Path(sys.argv[2]), source.size)
    told: dict[str, list[dict[str, float]]] = {"original": [], "levels": []}
    for width in widths:
        size = (width, width * 3 // 4)
        reference = luma(source.resize(size, Image.Resampling.LANCZOS))
        for name, its_levels in (("original", {}), ("levels", levels)):
            made = _made(path, source.size, size, its_levels)
            told[name].append({"width": width, "psnr_y": psnr(made, reference), "ssim": ssim(made, reference)})
    print(json.dumps(told))


def _made(path: str, original: Size, size: Size, levels: Mapping[Size, Path]) -> Plane:
    with TemporaryDirectory() as folder:
        target = Path(folder) / "target.png"
        render(order(Task(path, *size, "png"), size=original, levels=levels, target=target, quality=None))
        with Image.open(target) as image:
            return luma(image)


if __name__ == "__main__":
    main()
