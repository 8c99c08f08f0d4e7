"""Renderings for the tests: of a picture in memory, by the real engine, into a file that is read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from aizen.imaging import Encoding, Limits, Order, OutputFormat, Rendered
from aizen.imaging.engine import render
from aizen.imaging.steps import Step

from .pictures import opened, saved

MAX_SIDE = 4096


def order(path: Path, *steps: Step, size: tuple[int, int], file_format: OutputFormat = "png", **told: Any) -> Order:
    """An order for the picture at ``path``, whose upright size is ``size``; the target stands beside it."""
    told = {"limits": Limits(), "max_side": MAX_SIDE, **told}
    target = str(path.with_name(f"made.{file_format}"))
    return Order(source=str(path), target=target, size=size, steps=steps, encoding=Encoding(format=file_format), **told)


def edited(image: Image.Image, *steps: Step, folder: Path, **told: Any) -> Image.Image:
    """What ``steps`` make of ``image``, without loss."""
    return edited_and_told(image, *steps, folder=folder, **told)[0]


def edited_and_told(image: Image.Image, *steps: Step, folder: Path, **told: Any) -> tuple[Image.Image, Rendered]:
    path = folder / "source.png"
    path.write_bytes(saved(image, "PNG"))
    asked = order(path, *steps, size=image.size, **told)
    answer = render(asked)
    return opened(Path(asked.target).read_bytes()), answer


def rendered(path: str, *steps: Step, size: tuple[int, int], **told: Any) -> Image.Image:
    asked = order(Path(path), *steps, size=size, **told)
    render(asked)
    return opened(Path(asked.target).read_bytes())
