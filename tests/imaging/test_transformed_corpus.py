from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from aizen.errors import TooLarge, Unreadable, UnsupportedMedia
from aizen.imaging import ANIMATED_FORMATS, Limits, OutputFormat
from aizen.imaging.engine import render
from aizen.imaging.geometry import predict
from aizen.imaging.inspection import inspect
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
