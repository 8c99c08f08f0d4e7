"""The variants as a first attempt makes them: for each output the whole picture is decoded and resized once."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from benchmarks.variants.contender import QUALITY, WIDTHS, measure


def job(path: str) -> int:
    return sum(_output(path, width, name) for width in WIDTHS for name in ("WEBP", "JPEG"))


def _output(path: str, width: int, name: str) -> int:
    file = BytesIO()
    with Image.open(path) as image:
        height = round(image.height * width / image.width)
        image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS).save(file, name, quality=QUALITY)
    return len(file.getvalue())


if __name__ == "__main__":
    measure(job)
