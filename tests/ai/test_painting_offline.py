"""The painter without a model: it says so, and gives the same picture again."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from aizen.adapters import open_adapters
from aizen.ai.offline_painter import OfflinePainter
from aizen.ai.painting import Order
from aizen.imaging import placards, typeface
from aizen.settings import Settings
from aizen.settings.declaring import PLACARD_MODEL
from tests.conftest import SECRET

ORDER = Order(prompt="A red boat on a lake", negative_prompt=None, width=512, height=384, seed=42, steps=None, model=None)
PAINTER = OfflinePainter(placards.draw)
PROMPTS = (
    "",
    " ",
    "…",
    "A",
    "Ein Schloß über dem Tal, größer als Łódź, η θάλασσα и горы",
    "星空の下の猫",
    "قطة تحت النجوم",
    "חתול מתחת לכוכבים, a cat",
    "👩‍👩‍👧‍👦🏳️‍🌈 family 👍🏽",
    "e\u0301\u0302\u0303 z̸̢̛a̶l̷g̵o̸ " * 20,
    "line\nbreak\ttab\r\n\x1b[31m\u202e reversed \u2028",
    "\ud800 lone \udfff",
    "\U000e0041\U0010ffff\ufffe\uffff",
    "x" * 2000,
    "word " * 400,
    "%s {0} <b>&amp;</b> \\n",
)


def painted(**changes: object) -> Image.Image:
    picture = Image.open(io.BytesIO(PAINTER.paint(replace(ORDER, **changes)).data))  # type: ignore[arg-type]
    picture.load()
    return picture


def is_same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is None


def test_it_says_who_painted() -> None:
    answer = PAINTER.paint(replace(ORDER, model="black-forest-labs/FLUX.1-dev"))
    assert (answer.provider, answer.model) == ("offline", PLACARD_MODEL)


def test_the_same_words_and_seed_give_the_same_picture_and_others_another() -> None:
    picture = painted()
    assert is_same(picture, painted(negative_prompt="people", steps=7, model="any"))
    for change in ({"seed": 43}, {"prompt": "A red boat on a lake."}):
        assert not is_same(picture, painted(**change))


def test_it_has_the_size_that_was_asked_for_whatever_is_written_and_never_fails() -> None:
    shapes = ((256, 256), (256, 640), (640, 256))
    for number, prompt in enumerate(PROMPTS):
        size = shapes[number % len(shapes)]
        picture = painted(prompt=prompt, width=size[0], height=size[1])
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", size)
    # What nobody is let order would be drawn all the same.
    for size in ((1, 1), (2, 300), (300, 2), (17, 16)):
        assert painted(prompt=PROMPTS[4], width=size[0], height=size[1]).size == size


@pytest.mark.parametrize("size", [(256, 256), (256, 1024), (1024, 256), (1024, 1024)])
def test_the_notice_and_the_prompt_stand_legibly_at_its_foot(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn once without any words: what differs are the letters, and they are light on dark."""
    width, height = size
    with_words = painted(width=width, height=height)
    monkeypatch.setattr("PIL.ImageDraw.ImageDraw.text", lambda *_arguments, **_options: None)
    difference = ImageChops.difference(with_words, painted(width=width, height=height)).convert("L")
    letters = difference.point([0] * 60 + [255] * 196)
    box = letters.getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert top > height * 0.6 - 1
    assert 0 < left < right < width
    assert bottom < height
    # Two lines at least, the notice as wide as its 26 letters are at 13 pixels.
    rows = [letters.crop((0, row, width, row + 1)).getbbox() is not None for row in range(top, bottom)]
    assert (True, False) in pairwise(rows)
    assert right - left > 26 * 13 * 0.4
    ground = with_words.crop((0, top, width, bottom)).convert("L")
    assert ImageStat.Stat(ground).median[0] < 60
    assert ground.getextrema()[1] > 220  # type: ignore[operator]


def test_what_the_font_cannot_show_becomes_dots_and_a_prompt_of_nothing_else_is_said_to_be_one() -> None:
    face = typeface.face(None)
    for prompt, shown in (
        ("A cat 猫 in Łódź", "A cat … in Łódź"),
        ("猫犬鳥 and 👍🏽!", "… and …!"),
        ("星空の下の猫", "(The prompt is in letters that this font does not have.)"),
        ("  a\n b\u202e\x00c ", "a bc"),
        ("", ""),
        ("x" * 2000, "x" * 600 + "…"),
    ):
        assert placards._shown(prompt, face) == shown


def test_a_font_that_is_gone_is_replaced_by_ours() -> None:
    draw = partial(placards.draw, font="/nowhere/font.ttf")
    assert OfflinePainter(draw).paint(ORDER).data == PAINTER.paint(ORDER).data


def test_a_worker_opens_the_painters_and_the_web_process_does_not(tmp_path: Path) -> None:
    settings = Settings(secret_key=SECRET, data_dir=tmp_path, redis_url="redis://localhost:1")
    worker, web = open_adapters(settings, for_worker=True), open_adapters(settings)
    worker.close()
    web.close()
    (painter,) = worker.painters
    assert painter.paint(ORDER) == PAINTER.paint(ORDER)
    assert web.painters == ()


def test_the_largest_picture_fits_into_the_bounds_of_an_upload() -> None:
    sizes = [len(PAINTER.paint(replace(ORDER, width=2048, height=2048, seed=seed)).data) for seed in (1, 2)]
    assert max(sizes) < 2 * 1024 * 1024
