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
from aizen.imaging import Limits, OutputFormat, engine
from aizen.imaging.prediction import predict
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Filter,
    Flip,
    Mirror,
    OutputRefused,
    Pad,
    Radius,
    Resize,
    Rotate,
    Step,
    StepRefused,
    Trim,
    Watermark,
)

from .pictures import animation, opened, pixels, psnr, saved, scene, structural_similarity, swapped_profile, written
from .rendering import edited, edited_and_told, order

Answer = TypeVar("Answer")

RED = (255, 0, 0, 255)


def rendered(path: str, *steps: Step, size: tuple[int, int], **told: Any) -> Image.Image:
    asked = order(Path(path), *steps, size=size, **told)
    engine.render(asked)
    return opened(Path(asked.target).read_bytes())


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


@pytest.mark.parametrize("target", ["webp", "gif"])
@pytest.mark.parametrize("source", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_kept_frame_by_frame(source: str, target: OutputFormat, tmp_path: Path) -> None:
    first, *rest = animation(3)
    path = Path(written(tmp_path, saved(first, source, save_all=True, append_images=rest, duration=[100, 250, 60], lossless=True, loop=0)))
    recipe = (Crop(y=4, height=40), Mirror(), Border(width=2, color=RED))
    asked = order(path, *recipe, size=(64, 48), file_format=target)

    told = engine.render(asked)

    assert (told.width, told.height, told.frames, told.bytes) == (68, 44, 3, path.with_name(f"made.{target}").stat().st_size)
    with Image.open(asked.target) as made:
        assert getattr(made, "n_frames", 1) == 3
        for number, frame in enumerate(animation(3)):
            made.seek(number)
            made.load()
            assert made.info["duration"] == [100, 250, 60][number]
            assert psnr(made.convert("RGB"), edited(frame, *recipe, folder=tmp_path)) > 22


def test_a_still_of_an_animation_is_the_frame_that_was_asked_for(tmp_path: Path) -> None:
    first, *rest = animation(4)
    path = written(tmp_path, saved(first, "GIF", save_all=True, append_images=rest, duration=80))

    for number, frame in enumerate(animation(4)):
        made = rendered(path, Flip(), size=(64, 48), frame=number)
        assert made.mode == "RGB"
        assert psnr(made, frame.transpose(Image.Transpose.FLIP_TOP_BOTTOM)) > 28


@pytest.mark.parametrize(("frames", "asked", "allowed"), [(1, 1, "0"), (3, 3, "0 to 2")])
def test_a_frame_that_is_not_there_is_refused(frames: int, asked: int, allowed: str, tmp_path: Path) -> None:
    first, *rest = animation(frames)
    path = written(tmp_path, saved(first, "GIF", save_all=True, append_images=rest, duration=80))

    with pytest.raises(OutputRefused) as refused:
        rendered(path, size=(64, 48), frame=asked)

    assert (refused.value.code, refused.value.parameter, refused.value.allowed) == ("frame_out_of_range", "frame", (allowed,))


@pytest.mark.parametrize("target", ["jpeg", "png", "avif", "tiff"])
def test_an_animation_is_never_flattened_silently(target: OutputFormat, tmp_path: Path) -> None:
    first, *rest = animation(2)
    path = written(tmp_path, saved(first, "GIF", save_all=True, append_images=rest, duration=80))

    with pytest.raises(OutputRefused) as refused:
        rendered(path, size=(64, 48), file_format=target)

    assert (refused.value.code, refused.value.parameter) == ("animation_not_kept", "format")
    assert refused.value.allowed == ("webp", "gif", "frame=0")


def test_the_pixels_of_all_frames_together_are_bounded(tmp_path: Path) -> None:
    first, *rest = animation(3)
    path = written(tmp_path, saved(first, "GIF", save_all=True, append_images=rest, duration=80))
    limits = Limits(max_pixels=3 * 100 * 75)

    rendered(path, Resize(width=100, enlarge=True), size=(64, 48), file_format="webp", limits=limits)
    with pytest.raises(StepRefused) as refused:
        rendered(path, Flip(), Resize(width=101, enlarge=True), size=(64, 48), file_format="webp", limits=limits)

    assert (refused.value.code, refused.value.step) == ("result_too_large", 1)


def test_an_animation_is_not_enlarged_on_its_way_to_a_small_one(tmp_path: Path) -> None:
    first, *rest = animation(3)
    path = written(tmp_path, saved(first, "GIF", save_all=True, append_images=rest, duration=80))

    with pytest.raises(StepRefused, match="3 frames of 4096 × 3072") as refused:
        rendered(
            path,
            Flip(),
            Resize(width=4096, enlarge=True),
            Resize(width=10),
            size=(64, 48),
            file_format="webp",
            limits=Limits(max_pixels=10**7),
        )

    assert (refused.value.code, refused.value.step, refused.value.parameter) == ("result_too_large", 1, "width")


def test_a_trim_leaves_whatever_any_frame_has_inside_its_border(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (80, 60), "black") for _ in range(4)]
    for number, box in ((1, (20, 10, 30, 20)), (2, (50, 30, 60, 45))):
        frames[number].paste((255, 255, 255), box)
    path = written(tmp_path, saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=80, lossless=True))
    asked = order(Path(path), Crop(x=10), Trim(), Rotate(angle=90), Trim(), size=(80, 60), file_format="webp")

    told = engine.render(asked)

    assert (told.width, told.height, told.warnings) == (35, 40, ("trim_found_nothing",))
    with Image.open(asked.target) as made:
        for number, turned in enumerate(frame.crop((20, 10, 60, 45)).transpose(Image.Transpose.ROTATE_270) for frame in frames[:3]):
            made.seek(number)
            assert psnr(made.convert("RGB"), turned) > 24


@pytest.mark.parametrize("color", ["black", "white"])
def test_a_trim_of_an_animation_that_has_no_border_is_told_of(color: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 20), color), Image.new("RGB", (30, 20), color)]
    if color == "white":
        frames[1] = scene(30, 20)
    path = written(tmp_path, saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=80, lossless=True))

    told = engine.render(order(Path(path), Trim(), size=(30, 20), file_format="webp"))

    assert (told.width, told.height, told.warnings) == (30, 20, ("trim_found_nothing",))


def test_a_still_beside_a_single_frame_is_no_animation(tmp_path: Path) -> None:
    still = scene(64, 48)
    path = written(tmp_path, saved(still, "PNG", save_all=True, default_image=True, append_images=animation(1), duration=80))

    for frame in (None, 0):
        assert psnr(rendered(path, size=(64, 48), frame=frame), still) == 99
    with pytest.raises(OutputRefused, match="has 1 frame"):
        rendered(path, size=(64, 48), frame=1)


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


def test_what_is_looked_for_in_the_first_frame_holds_for_all(tmp_path: Path) -> None:
    frames = []
    for left in (20, 60, 110):
        frame = Image.new("RGB", (160, 60), "black")
        frame.paste(scene(30, 30), (left, 10))
        frames.append(frame)
    path = written(tmp_path, saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=80, lossless=True))

    asked = order(Path(path), Resize(width=60, height=60, fit="cover", gravity="auto"), size=(160, 60), file_format="webp")
    told = engine.render(asked)

    assert (told.width, told.height, told.frames) == (60, 60, 3)
    with Image.open(asked.target) as made:
        # The encoder joins frames that are alike. By itself the last one would be cut around what is in it.
        made.seek(getattr(made, "n_frames", 1) - 1)
        assert pixels(made).max() < 40


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
