"""The pictures that benchmarks work on."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"


def sources(folder: Path) -> dict[str, Path]:
    """A 24 megapixel photograph, baseline and progressive; without the photographs, one of noise on gradients, in ``folder``."""
    baseline, progressive = PHOTOS / "collage-24mp.jpg", PHOTOS / "collage-24mp-progressive.jpg"
    if not (baseline.exists() and progressive.exists()):
        image = _noise((6000, 4000))
        baseline, progressive = folder / "baseline.jpg", folder / "progressive.jpg"
        image.save(baseline, quality=85)
        image.save(progressive, quality=85, progressive=True)
    return {"baseline": baseline, "progressive": progressive}


def twelve_megapixels(folder: Path) -> Path:
    """A photograph of 4000 × 3000 pixels, a baseline JPEG; without the photographs, one of noise on gradients, in ``folder``."""
    path = PHOTOS / "collage-12mp.jpg"
    if not path.exists():
        path = folder / "twelve.jpg"
        _noise((4000, 3000)).save(path, quality=85)
    return path


def _noise(size: tuple[int, int]) -> Image.Image:
    print("the photographs are not here: a picture of noise is measured instead", file=sys.stderr)
    gradient = Image.radial_gradient("L").resize(size)
    noise = Image.effect_noise(size, 24)
    return Image.merge("RGB", [Image.blend(gradient, noise, amount) for amount in (0.2, 0.3, 0.4)])
