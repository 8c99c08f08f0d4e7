"""Renderings of animations: kept frame by frame, or a still that was asked for, and never flattened."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from aizen.imaging import Limits, OutputFormat, engine
from aizen.imaging.steps import (
    Border,
    Crop,
    Flip,
    Mirror,
    OutputRefused,
    Resize,
    Rotate,
    StepRefused,
    Trim,
)

from .pictures import animation, pixels, psnr, saved, scene, written
from .rendering import edited, order, rendered


@pytest.mark.parametrize("target", ["webp", "gif"])
@pytest.mark.parametrize("source", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_kept_frame_by_frame(source: str, target: OutputFormat, tmp_path: Path) -> None:
    first, *rest = animation(3)
    path = Path(written(tmp_path, saved(first, source, save_all=True, append_images=rest, duration=[100, 250, 60], lossless=True, loop=0)))
    recipe = (Crop(y=4, height=40), Mirror(), Border(width=2, color=(255, 0, 0, 255)))
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
