"""Every file of the corpus that is taken can be transformed: into each format, in its size, upright and in its colours."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from aizen.errors import TooLarge, Unreadable, UnsupportedMedia
from aizen.imaging import ANIMATED_FORMATS, Limits, OutputFormat
from aizen.imaging.engine import render
from aizen.imaging.inspection import inspect
from aizen.imaging.prediction import predict
from aizen.imaging.steps import Crop, Filter, OutputRefused, Resize, Rotate, Step

from .pictures import CORPUS, Sample, corpus
from .rendering import MAX_SIDE, order

LIMITS = Limits()
SAMPLES = [sample for sample in corpus() if sample.expect != "reject"] if CORPUS.exists() else []
# One pass through everything for each format: a small result first, so that the time is that of decoding.
RECIPES: dict[OutputFormat, tuple[Step, ...]] = {
    "jpeg": (Crop(x=0.1, y=0.1, width=0.8, height=0.8), Resize(width=64, height=48, fit="cover", gravity="auto"), Rotate(angle=90)),
    "png": (Rotate(angle=270), Resize(width=48), Filter(name="sepia", amount=80), Rotate(angle=33)),
    "webp": (Resize(width=64, height=64, fit="pad", background="blur"), Filter(name="sharpen", amount=50), Crop(x=3)),
    "avif": (Crop(x=0.5, width=0.5), Resize(width=0.5, height=40, fit="stretch"), Filter(name="grayscale")),
    "gif": (Resize(height=40), Filter(name="invert"), Rotate(angle=180)),
    "tiff": (Resize(width=50, height=50, fit="cover", gravity="north_east"), Filter(name="blur", amount=1)),
}

pytestmark = pytest.mark.skipif(
    not SAMPLES, reason="the corpus of good, odd and hostile pictures is not here: none of its files is transformed"
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.path.relative_to(CORPUS)))
def test_every_accepted_file_of_the_corpus_is_transformed_into_every_format(sample: Sample, tmp_path: Path) -> None:
    try:
        picture = inspect(str(sample.path), LIMITS)
    except (Unreadable, TooLarge, UnsupportedMedia):
        assert sample.expect == "either"
        return
    source = tmp_path / "source"
    source.symlink_to(sample.path)
    # What is very large goes through one recipe: decoding it six times shows nothing more.
    formats = tuple(RECIPES) if picture.width * picture.height < 10_000_000 else ("webp",)
    for file_format in formats:
        recipe = RECIPES[file_format]
        asked = order(source, *recipe, size=(picture.width, picture.height), file_format=file_format)
        if picture.animated and file_format not in ANIMATED_FORMATS:
            with pytest.raises(OutputRefused, match="animation"):
                render(asked)
            asked = replace(asked, frame=0)
        told = render(asked)
        assert (told.width, told.height) == predict(recipe, (picture.width, picture.height), max_side=MAX_SIDE).size
        with Image.open(asked.target) as made:
            assert made.size == (told.width, told.height)
            assert (made.format or "").lower() == file_format
        if file_format == "png":
            assert_upright_and_in_its_colors(source, (picture.width, picture.height))


def assert_upright_and_in_its_colors(source: Path, size: tuple[int, int]) -> None:
    small = min(24, size[0]), min(24, size[1])
    asked = replace(order(source, Resize(width=small[0], height=small[1], fit="stretch"), size=size), frame=0)
    render(asked)
    with Image.open(asked.target) as made:
        ours = on_gray(made)
    # In blocks: what JPEG's own scaling makes of fine stripes is a matter of taste.
    difference = np.abs(in_blocks(ours) - in_blocks(looked_at(source, small)))
    assert difference.mean() < 8, difference.mean()


def in_blocks(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    down, across = (max(1, length // 4) for length in values.shape[:2])
    rows = np.stack([block.mean(axis=0) for block in np.array_split(values, down)])
    blocks: list[Any] = [block.mean(axis=1) for block in np.array_split(rows, across, axis=1)]
    return np.asarray(blocks)


def looked_at(source: Path, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """The first frame as an ordinary program shows it: all decoded, turned, converted by its profile, and reduced, in one piece."""
    with warnings.catch_warnings(), Image.open(source) as image:
        warnings.simplefilter("ignore")
        # An APNG's still for viewers that do not animate is no frame of it.
        image.seek(1 if image.info.get("default_image") else 0)
        image.load()
        upright = ImageOps.exif_transpose(image)
        profile = image.info.get("icc_profile")
    if upright.mode.startswith("I"):
        upright = Image.fromarray((np.asarray(upright, dtype=np.int64) // 257).clip(0, 255).astype(np.uint8))
    if profile:
        with suppress(ImageCms.PyCMSError, OSError):
            base = upright if upright.mode in ("RGB", "CMYK", "L") else upright.convert("RGB")
            converted = ImageCms.profileToProfile(base, BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")
            assert converted is not None
            if upright.has_transparency_data:
                converted.putalpha(upright.convert("RGBA").getchannel("A"))
            upright = converted
    return on_gray(upright.convert("RGBA"), size)


def on_gray(image: Image.Image, size: tuple[int, int] | None = None) -> np.ndarray[Any, Any]:
    values = np.asarray(image.convert("RGBA"), dtype=float)
    shown: np.ndarray[Any, Any] = values[..., :3] * values[..., 3:] / 255 + 128 * (1 - values[..., 3:] / 255)
    if size is None:
        return shown
    channels = [Image.fromarray(shown[..., channel].astype(np.float32)).resize(size, Image.Resampling.LANCZOS) for channel in range(3)]
    reduced = np.stack([np.asarray(channel, dtype=float) for channel in channels], axis=-1)
    return np.asarray(reduced.clip(0, 255))
