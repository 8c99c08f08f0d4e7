"""The job of the other design: one variant, from the original each time. RQ's default worker imports it in each child."""

from __future__ import annotations

from PIL import Image


def make(source: str, target: str, width: int, name: str) -> None:
    """The file ``target`` is ``source`` at that width, in that format."""
    with Image.open(source) as image:
        height = round(image.height * width / image.width)
        image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS).save(target, name, quality=80)
