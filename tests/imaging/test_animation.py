from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from aizen.imaging import Limits, Rendition
from aizen.imaging.inspection import inspect
from aizen.imaging.variants import render

from .pictures import animation, opened, psnr, sample, saved, scene, written

LIMITS = Limits()


def rendered(path: str) -> dict[str, Rendition]:
    return {one.name: one for one in render(path, picture=inspect(path, LIMITS), widths=(160, 320), limits=LIMITS)}


def frames(data: bytes) -> list[Image.Image]:
    with Image.open(BytesIO(data)) as image:
        found = []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
            frame = image.convert("RGBA")
            frame.info = dict(image.info)
            found.append(frame)
        return found


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_keeps_its_frames_and_durations(file_format: str, tmp_path: Path) -> None:
    first, *rest = animation(4)
    data = saved(first, file_format, save_all=True, append_images=rest, duration=[100, 250, 60, 40])

    made = rendered(written(tmp_path, data))

    assert sorted(made) == ["animated.webp", "poster.jpeg"]
    shown = frames(made["animated.webp"].data)
    assert [frame.info["duration"] for frame in shown] == [100, 250, 60, 40]
    for frame, source in zip(shown, animation(4), strict=True):
        assert psnr(frame, source) > 24
    assert psnr(opened(made["poster.jpeg"].data), first) > 28


@pytest.mark.parametrize(
    ("file_format", "options", "plays"),
    [
        ("GIF", {"loop": 0}, 0),
        ("GIF", {}, 1),
        ("GIF", {"loop": 2}, 3),
        ("WEBP", {"loop": 0}, 0),
        ("WEBP", {"loop": 3}, 3),
        ("PNG", {"loop": 2}, 2),
    ],
)
def test_an_animation_plays_as_often_as_its_source(file_format: str, options: dict[str, int], plays: int, tmp_path: Path) -> None:
    first, *rest = animation(3)
    data = saved(first, file_format, save_all=True, append_images=rest, duration=80, **options)

    shown = frames(rendered(written(tmp_path, data))["animated.webp"].data)

    assert shown[0].info["loop"] == plays


def test_an_animation_is_fitted_into_a_bounded_box(tmp_path: Path) -> None:
    first, *rest = [scene(1600, 500), scene(1600, 500, "L").convert("RGB")]
    data = saved(first, "WEBP", save_all=True, append_images=rest, duration=80)

    made = rendered(written(tmp_path, data))

    assert [(one.width, one.height) for one in made.values()] == [(1280, 400), (1280, 400)]
    assert frames(made["animated.webp"].data)[0].size == (1280, 400)


def test_a_transparent_animation_stays_transparent(tmp_path: Path) -> None:
    first = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    first.paste((200, 0, 0, 255), (10, 10, 30, 30))
    second = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    second.paste((0, 0, 200, 255), (30, 10, 50, 30))
    data = saved(first, "GIF", save_all=True, append_images=[second], duration=80, disposal=2)

    made = rendered(written(tmp_path, data))

    assert sorted(made) == ["animated.webp", "poster.png"]
    for frame in frames(made["animated.webp"].data):
        assert frame.getchannel("A").getextrema() == (0, 255)
        assert frame.getpixel((2, 2)) == (0, 0, 0, 0)


def test_the_still_of_an_apng_is_its_poster_and_no_frame(tmp_path: Path) -> None:
    still = scene(64, 48)
    data = saved(still, "PNG", save_all=True, default_image=True, append_images=animation(3), duration=80)

    made = rendered(written(tmp_path, data))

    assert len(frames(made["animated.webp"].data)) == 3
    assert psnr(opened(made["poster.jpeg"].data), still) > 24


def test_an_upright_animation_comes_from_a_turned_one(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = [frame.transpose(Image.Transpose.ROTATE_90) for frame in animation(3)]
    data = saved(turned[0], "WEBP", save_all=True, append_images=turned[1:], duration=80, exif=exif.tobytes()[6:], quality=95)

    shown = frames(rendered(written(tmp_path, data))["animated.webp"].data)

    for frame, source in zip(shown, animation(3), strict=True):
        assert psnr(frame, source) > 24


@pytest.mark.parametrize(
    "name", ["pillow/chi.gif", "pillow/dispose_bgnd.gif", "pillow/dispose_prev.gif", "pillow/iss634.webp", "pillow/apng__delay.png"]
)
def test_animations_of_the_corpus_look_like_themselves(name: str) -> None:
    path = sample(name)
    source = frames(path.read_bytes())

    shown = frames(rendered(str(path))["animated.webp"].data)

    if source[0].info.get("default_image"):
        source = source[1:]
    assert sum(frame.info["duration"] for frame in shown) == pytest.approx(sum(frame.info["duration"] for frame in source), abs=5)
    if len(shown) == len(source):  # frames that are equal to the one before are joined by the encoder
        for frame, reference in zip(shown, source, strict=True):
            assert (
                psnr(
                    Image.alpha_composite(Image.new("RGBA", frame.size, "gray"), frame),
                    Image.alpha_composite(Image.new("RGBA", frame.size, "gray"), reference),
                )
                > 22
            )
