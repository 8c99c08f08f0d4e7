from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aizen.errors import TooLarge, Unreadable
from aizen.imaging import Limits, engine
from aizen.imaging.prediction import predict
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Filter,
    Flip,
    Mirror,
    Pad,
    Radius,
    Resize,
    Rotate,
    Step,
    StepRefused,
    Trim,
    Watermark,
)

from .pictures import opened, pixels, psnr, saved, scene, structural_similarity, swapped_profile, written
from .rendering import edited, edited_and_told, order, rendered

Answer = TypeVar("Answer")

RED = (255, 0, 0, 255)


def sides() -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.integers(1, 150), st.floats(0.01, 0.99))


def grounds() -> st.SearchStrategy[Any]:
    return st.sampled_from([None, "blur", RED, (0, 0, 255, 100), (0, 0, 0, 0)])


def steps() -> st.SearchStrategy[Step]:
    sizes, pads = sides(), st.integers(0, 30)
    colors = st.sampled_from([RED, (0, 0, 255, 100), (0, 0, 0, 0)])
    return st.one_of(
        st.builds(Crop, x=st.one_of(st.integers(0, 30), st.floats(0.01, 0.9)), y=st.integers(0, 9), width=sizes, height=sizes),
        st.builds(Trim, tolerance=st.integers(0, 255)),
        st.builds(
            Resize,
            width=st.one_of(st.integers(1, 150), st.floats(0.01, 0.99)),
            height=sizes,
            fit=st.sampled_from(["contain", "cover", "pad", "stretch"]),
            enlarge=st.booleans(),
            aspect_ratio=st.sampled_from([None, (16, 9), (1, 30)]),
            dpr=st.sampled_from([1, 1.5]),
            gravity=st.sampled_from([None, "auto", "south_east", (0.9, 0.1)]),
            x=st.integers(-20, 20),
            background=grounds(),
        ),
        st.builds(
            Rotate,
            angle=st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.9)),
            background=st.one_of(st.none(), colors),
        ),
        st.just(Flip()),
        st.just(Mirror()),
        st.just(Filter(name="grayscale")),
        st.builds(Background, color=colors),
        st.builds(Pad, top=pads, right=pads, bottom=pads, left=pads, background=grounds()),
        st.builds(Radius, radius=st.one_of(st.integers(0, 90), st.just("max"))),
        st.builds(Border, width=st.integers(0, 20), color=colors),
    )


@settings(max_examples=120, deadline=None)
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 60)),
    st.sampled_from(["L", "LA", "RGB", "RGBA", "P", "1", "CMYK"]),
    st.lists(steps(), max_size=5),
)
def test_what_was_predicted_is_what_is_rendered(size: tuple[int, int], mode: str, asked: list[Step]) -> None:
    predicted, refused = answered(lambda: predict(asked, size, max_side=300, has_alpha=mode.endswith("A")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "source")
        path.write_bytes(saved(scene(*size, mode=mode), "JPEG" if mode == "CMYK" else "PNG"))
        wanted = order(path, *asked, size=size, max_side=300)
        told, refused_at_last = answered(lambda: engine.render(wanted))
        made = opened(Path(wanted.target).read_bytes()) if told else None
    # What trim leaves is known only at last.
    known = not any(isinstance(step, Trim) for step in asked)
    if known or refused is not None:
        assert refused_at_last == refused
    if predicted and told and made:
        assert made.size == (told.width, told.height)
        assert predicted.size in ((made.size,) if known else (made.size, None))
        assert not known or predicted.warnings == told.warnings
        assert predicted.transparent or made.convert("RGBA").getchannel("A").getextrema() == (255, 255)


def answered(ask: Callable[[], Answer]) -> tuple[Answer | None, tuple[int, str, str | None] | None]:
    """The answer, or the step that was refused, why, and by which parameter."""
    try:
        return ask(), None
    except StepRefused as refused:
        return None, (refused.step, refused.code, refused.parameter)


RECIPES: list[tuple[Step, ...]] = [
    (),
    (Resize(width=50),),
    (Crop(x=10, y=20, width=90, height=50), Resize(width=45)),
    (Rotate(angle=90), Crop(x=0.1, height=0.5), Resize(width=40)),
    (Mirror(), Resize(width=60, height=60, fit="cover", gravity="west")),
    (Resize(width=60, height=60, fit="cover"),),
    (Trim(), Pad(left=5, background=RED)),
    (Rotate(angle=20), Flip(), Resize(height=50)),
    (Crop(x=20, width=100), Radius(radius=9), Border(width=4)),
]


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_every_step_gets_the_picture_upright(orientation: int, file_format: str, tmp_path: Path) -> None:
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = scene(160, 112)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = written(tmp_path, saved(upright.transpose(back[orientation]), file_format, exif=exif, quality=98, subsampling=0))

    for recipe in RECIPES:
        reference = edited(upright, *recipe, folder=tmp_path, focal_point=(0.9, 0.2))
        made = rendered(turned, *recipe, size=upright.size, focal_point=(0.9, 0.2))
        assert made.size == reference.size
        assert psnr(made, reference, "RGBA") > 30, recipe


@pytest.mark.parametrize("level", [(120, 84), (60, 42), (59, 41)])
def test_a_rendering_is_the_same_from_whatever_level_it_starts(level: tuple[int, int], tmp_path: Path) -> None:
    source = scene(240, 168)
    small = written(tmp_path, saved(source.resize(level, Image.Resampling.LANCZOS), "PNG"), "level.png")

    for recipe in RECIPES:
        reference = edited_and_told(source, *recipe, folder=tmp_path, focal_point=(0.2, 0.5))[0]
        asked = order(Path(small), *recipe, size=source.size, focal_point=(0.2, 0.5))
        told = engine.render(asked)
        made = opened(Path(asked.target).read_bytes())
        if not any(isinstance(step, Trim) for step in recipe):
            assert (told.width, told.height) == reference.size
            assert psnr(made, reference, "RGBA") > 20, recipe
            assert structural_similarity(made, reference) > 0.75, recipe


def test_a_level_that_covers_gives_a_picture_that_looks_the_same(tmp_path: Path) -> None:
    source = scene(240, 168)
    level = written(tmp_path, saved(source.resize((120, 84), Image.Resampling.LANCZOS), "PNG"), "level.png")

    for recipe in ((Resize(width=60),), (Crop(x=40, y=30, width=120, height=100), Mirror(), Resize(width=60))):
        made = rendered(level, *recipe, size=source.size)
        assert psnr(made, edited(source, *recipe, folder=tmp_path)) > 34


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 8, 9])
def test_a_jpeg_decoded_small_looks_like_one_decoded_whole(factor: int, tmp_path: Path) -> None:
    source = scene(199, 151)
    path = written(tmp_path, saved(source, "JPEG", quality=98, subsampling=0))
    recipe = (Crop(x=13, y=7, width=180, height=141), Rotate(angle=90), Resize(width=141 // factor))

    made = rendered(path, *recipe, size=source.size)

    assert psnr(made, edited(source, *recipe, folder=tmp_path)) > 28


def assert_in_its_colors(made: Image.Image, source: Image.Image, *, within: float = 6) -> None:
    """The means of four corners of the two pictures are alike."""
    for left, top in ((0, 0), (0.85, 0), (0, 0.85), (0.85, 0.85)):
        means = []
        for image in (made, source):
            x, y = round(left * image.width), round(top * image.height)
            means.append(pixels(image.crop((x, y, x + image.width // 8, y + image.height // 8))).mean(axis=(0, 1)))
        assert np.abs(means[0] - means[1]).max() < within, (left, top)


@pytest.mark.parametrize(
    "recipe", [(), (Resize(width=40),), (Crop(x=5, width=90), Pad(left=3, background=RED), Crop(x=3), Resize(width=40))]
)
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_every_mode_comes_out_in_its_colours(mode: str, recipe: tuple[Step, ...], tmp_path: Path) -> None:
    source = scene(100, 80)
    if mode == "I;16":
        source = source.convert("L")
        data = saved(Image.fromarray(np.asarray(source).astype(np.uint16) * 257), "PNG")
    elif mode in ("CMYK", "YCbCr"):
        data = saved(source.convert(mode), "JPEG", quality=98)
    else:
        source = source.convert(mode)
        data = saved(source, "PNG")

    made = rendered(written(tmp_path, data), *recipe, size=(100, 80))

    expected = source.convert("RGB").crop((5, 0, 95, 80)) if any(isinstance(step, Crop) for step in recipe) else source.convert("RGB")
    assert_in_its_colors(made, expected, within=12 if mode in ("1", "P") else 6)


@pytest.mark.parametrize("recipe", [(Resize(width=50), Border(width=9, color=RED)), (Border(width=9, color=RED), Resize(width=50))])
def test_a_profile_is_applied_before_a_step_has_a_colour(recipe: tuple[Step, ...], tmp_path: Path) -> None:
    path = written(tmp_path, saved(Image.new("RGB", (100, 80), (200, 30, 30)), "PNG", icc_profile=swapped_profile()))

    made = rendered(path, *recipe, size=(100, 80))

    assert made.getpixel((1, 1)) == (255, 0, 0)
    assert np.abs(pixels(made)[20, 25] - (30, 200, 30)).max() < 12
    assert "icc_profile" not in made.info


def test_alpha_is_kept_where_the_format_has_it(tmp_path: Path) -> None:
    source = scene(80, 60, "RGBA")
    source.putalpha(Image.linear_gradient("L").resize((80, 60)))

    made = edited(source, Resize(width=40), Flip(), folder=tmp_path)

    assert psnr(made, source.resize((40, 30), Image.Resampling.LANCZOS).transpose(Image.Transpose.FLIP_TOP_BOTTOM), "RGBA") > 45


def test_the_focal_point_is_followed_to_the_resize_that_asks_for_it(tmp_path: Path) -> None:
    source = Image.new("RGB", (200, 100), "gray")
    source.paste((255, 0, 0), (150, 20, 170, 40))
    square = Resize(width=20, height=20, fit="cover")

    for before in (
        (),
        (Crop(x=60),),
        (Mirror(), Rotate(angle=90)),
        (Pad(right=100, bottom=50, background=(0, 0, 0, 255)),),
        (Resize(width=100),),
        (Rotate(angle=30),),
        (Border(width=30), Crop(x=30), Flip()),
        (Resize(width=150, height=100, fit="cover"),),
    ):
        made = edited(source, *before, Crop(), square, folder=tmp_path, focal_point=(0.8, 0.3))
        values = np.asarray(made.convert("RGB")).astype(int)
        red = (values[..., 0] - values[..., 1] > 60).sum()
        assert red > 4, before


MARKS = """
import sys
from aizen.imaging import Encoding, Limits, Order, engine
from aizen.imaging.memory import limit_memory
from aizen.imaging.steps import Resize, Watermark
path, target = sys.argv[1:]
steps = (*(Watermark(image=str(number), scale=1) for number in range(6)), Resize(width=9))
order = Order(source=path, target=target, size=(2000, 2000), steps=steps, encoding=Encoding(format="png"), limits=Limits(), max_side=4096,
              watermarks={str(number): path for number in range(6)})
limit_memory(112 * 1024 * 1024)
engine.render(order)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process the size of its address space")
def test_the_pictures_of_many_watermarks_are_not_held_together(tmp_path: Path) -> None:
    path = written(tmp_path, saved(Image.new("RGBA", (2000, 2000), (200, 0, 0, 128)), "PNG", compress_level=1))

    subprocess.run([sys.executable, "-c", MARKS, path, str(tmp_path / "made")], check=True, cwd=Path(__file__).parents[2])


def test_the_picture_of_a_watermark_is_upright_and_no_larger_than_it_is_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    mark = Path(written(tmp_path, saved(Image.new("RGB", (80, 160), "blue"), "JPEG", exif=exif), "mark"))
    step = Watermark(image="mark", scale=0.5, gravity="north_west")

    made = edited(Image.new("RGB", (100, 60), "white"), step, folder=tmp_path, watermarks={"mark": str(mark)})

    blue = np.asarray(made.convert("RGB")).astype(int)[..., 0] < 100
    assert (blue.any(axis=0).sum(), blue.any(axis=1).sum()) == (50, 25)


def test_a_watermark_that_cannot_be_read_is_refused_by_its_step(tmp_path: Path) -> None:
    broken = written(tmp_path, saved(scene(40, 30), "PNG")[:60], "broken")

    with pytest.raises(StepRefused) as refused:
        edited(scene(60, 40), Flip(), Watermark(image="mark"), folder=tmp_path, watermarks={"mark": broken})

    assert (refused.value.code, refused.value.step, refused.value.parameter) == ("unreadable_image", 1, "image")


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_a_source_that_breaks_off_is_unreadable(file_format: str, tmp_path: Path) -> None:
    data = saved(scene(120, 90), file_format)
    path = written(tmp_path, data[: len(data) * 2 // 3])

    with pytest.raises(Unreadable):
        rendered(path, Resize(width=30), size=(120, 90))


def test_a_source_over_the_limits_is_not_decoded(tmp_path: Path) -> None:
    path = written(tmp_path, saved(scene(120, 90), "PNG"))

    with pytest.raises(TooLarge):
        rendered(path, size=(120, 90), limits=Limits(max_pixels=100))


def test_a_result_over_the_limit_is_refused_before_it_is_made(tmp_path: Path) -> None:
    for recipe, step in (
        ((Flip(), Resize(width=301, enlarge=True)), 1),
        ((Rotate(angle=90), Flip(), Pad(left=300)), 2),
        ((Trim(), Border(width=150)), 1),
    ):
        with pytest.raises(StepRefused) as refused:
            edited(scene(60, 40), *recipe, folder=tmp_path, max_side=300)
        assert (refused.value.code, refused.value.step) == ("result_too_large", step)


def test_a_source_of_one_pixel_by_very_many_is_rendered(tmp_path: Path) -> None:
    path = Path(written(tmp_path, saved(scene(1, 30000), "PNG")))

    for recipe, size in (
        ((Resize(height=100),), (1, 100)),
        ((Resize(width=50, height=50, fit="cover", gravity="auto"),), (1, 1)),
        ((Resize(width=50, height=50, fit="pad", background="blur"),), (50, 50)),
        ((Crop(y=29000), Rotate(angle=45), Resize(width=9)), (9, 9)),
    ):
        told = engine.render(order(path, *recipe, size=(1, 30000)))
        assert (told.width, told.height) == size


def test_the_source_is_only_read(tmp_path: Path) -> None:
    path = Path(written(tmp_path, saved(scene(60, 40), "PNG")))
    path.chmod(0o400)
    before = path.read_bytes()

    told = engine.render(replace(order(path, Flip(), size=(60, 40)), target=str(tmp_path / "made")))

    assert path.read_bytes() == before
    assert told.bytes == os.path.getsize(tmp_path / "made")  # noqa: PTH202
