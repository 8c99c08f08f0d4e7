from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aizen.errors import TooLarge, Unreadable, UnsupportedMedia
from aizen.imaging import Limits, Picture
from aizen.imaging.decoder import ChildDecoder
from aizen.imaging.measuring import measure
from aizen.imaging.variants import plan, render

from .pictures import CORPUS, Sample, corpus

LIMITS = Limits(seconds=10, memory_bytes=512 * 1024 * 1024)
WIDTHS = (160, 320, 640, 1280, 1920)
SAMPLES = list(corpus()) if CORPUS.exists() else []

pytestmark = pytest.mark.skipif(
    not SAMPLES, reason="the corpus of good, odd and hostile pictures is not here: none of its files is checked"
)


@pytest.fixture(scope="module")
def decoder() -> Iterator[ChildDecoder]:
    decoder = ChildDecoder(LIMITS)
    yield decoder
    decoder.close()


def name(sample: Sample) -> str:
    return str(sample.path.relative_to(CORPUS))


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_every_file_of_the_corpus_gets_what_its_manifest_says(sample: Sample, decoder: ChildDecoder) -> None:
    started = time.monotonic()

    answer = inspected(sample, decoder)

    if isinstance(answer, Picture):
        assert sample.expect in ("accept", "either")
        assert_rendered(sample.path, answer)
    else:
        assert sample.expect in ("reject", "either"), answer
        assert answer not in ("decode_timeout", "decode_crashed", "decode_out_of_memory")
    assert time.monotonic() - started < 10


def inspected(sample: Sample, decoder: ChildDecoder) -> Picture | str:
    """The picture, or the code of its refusal. Any other error fails the test."""
    try:
        return decoder.inspect(str(sample.path))
    except (Unreadable, TooLarge, UnsupportedMedia) as error:
        return error.code


def assert_rendered(path: Path, picture: Picture) -> None:
    made = list(render(str(path), picture=picture, widths=WIDTHS, limits=LIMITS))

    assert [one.name for one in made] == [one.name for one in plan(picture, widths=WIDTHS)]
    smallest = next(one for one in made if one.role == "mezzanine" or one.name.startswith("poster"))
    assert measure(smallest.data).dominant_color.startswith("#")
