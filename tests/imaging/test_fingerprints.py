"""Fingerprints: one digest for the same pixels in whatever file, and a hash that hardly changes when the picture does."""

from __future__ import annotations

import multiprocessing
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from aizen.errors import AizenError
from aizen.imaging import Limits
from aizen.imaging.fingerprints import PixelsSeen, dhash, pixels_sha256
from aizen.imaging.inspection import inspect
from aizen.imaging.memory import limit_memory
from aizen.imaging.variants import render
from tests.imaging.pictures import CORPUS, animation, corpus, opened, photo, saved, scene, swapped_profile, written

Digest = Callable[[bytes], str]


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    return lambda data: pixels_sha256(written(tmp_path, data), limits=Limits())


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def cutout() -> Image.Image:
    image = scene(96, 64, "RGBA")
    image.putalpha(Image.linear_gradient("L").resize((96, 64)))
    image.paste((0, 0, 0, 0), (0, 0, 96, 1))
    return image


def distance(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


def test_the_same_pixels_have_one_digest_in_every_file(digest: Digest) -> None:
    # More pixels than are digested at a time.
    picture, gray, clear = scene(1111, 961), scene(60, 40, "L"), cutout()
    red, green, blue = picture.split()
    turned = {
        orientation: saved(picture.transpose(undo), "PNG", exif=exif(orientation))
        for orientation, undo in (
            (2, Image.Transpose.FLIP_LEFT_RIGHT),
            (3, Image.Transpose.ROTATE_180),
            (4, Image.Transpose.FLIP_TOP_BOTTOM),
            (5, Image.Transpose.TRANSPOSE),
            (6, Image.Transpose.ROTATE_90),
            (7, Image.Transpose.TRANSVERSE),
            (8, Image.Transpose.ROTATE_270),
        )
    }
    blurred = saved(scene(90, 50), "JPEG", quality=40)
    unseen = clear.copy()
    unseen.paste((9, 200, 30, 0), (0, 0, 96, 1))
    assert unseen.tobytes() != clear.tobytes()
    same: list[list[bytes]] = [
        [
            saved(picture, "PNG"),
            saved(picture, "WEBP", lossless=True),
            saved(picture, "PNG", compress_level=1, dpi=(300, 300)),
            saved(picture.convert("RGBA"), "PNG"),
            saved(Image.merge("RGB", (green, red, blue)), "PNG", icc_profile=swapped_profile()),
            *turned.values(),
        ],
        [saved(gray, "PNG"), saved(gray.convert("RGB"), "WEBP", lossless=True), saved(gray.convert("LA"), "PNG")],
        [blurred, saved(opened(blurred), "PNG")],
        [saved(clear, "PNG"), saved(clear, "WEBP", lossless=True), saved(clear, "WEBP", lossless=True, exact=True), saved(unseen, "PNG")],
        [saved(picture.quantize(32), "PNG"), saved(picture.quantize(32), "GIF"), saved(picture.quantize(32).convert("RGB"), "PNG")],
    ]
    digests = [{digest(data) for data in files} for files in same]
    assert [len(found) for found in digests] == [1] * len(same)
    assert len(set.union(*digests)) == len(same)


def test_what_looks_different_has_another_digest(digest: Digest) -> None:
    picture, clear = scene(1111, 961), cutout()
    dotted = picture.copy()
    dotted.putpixel((1110, 960), (1, 2, 3))
    clearer = clear.copy()
    clearer.putpixel((0, 63), (*clear.getpixel((0, 63))[:3], 254))  # type: ignore[index]
    frames = animation(3)
    files = [
        saved(picture, "PNG"),
        saved(dotted, "PNG"),
        saved(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"),
        # The same bytes in another shape.
        saved(Image.frombytes("RGB", (961, 1111), picture.tobytes()), "PNG"),
        saved(clear, "PNG"),
        saved(clearer, "PNG"),
        saved(clear.convert("RGB"), "PNG"),
        saved(frames[0], "PNG"),
        saved(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        saved(frames[0], "PNG", save_all=True, append_images=[*reversed(frames[1:])]),
        saved(frames[0], "PNG", save_all=True, append_images=frames[1:2]),
    ]
    assert len({digest(data) for data in files}) == len(files)


def test_an_animation_has_one_digest_whatever_its_format_and_pace(digest: Digest) -> None:
    first, *others = [frame.quantize(8).convert("RGB") for frame in animation(4)]
    files = [
        saved(first, "GIF", save_all=True, append_images=others, duration=100),
        saved(first, "GIF", save_all=True, append_images=others, duration=40, loop=0),
        saved(first, "PNG", save_all=True, append_images=others),
        saved(first, "WEBP", save_all=True, append_images=others, lossless=True),
    ]
    assert len({digest(data) for data in files}) == 1


def test_the_variants_share_their_decode_with_the_digest(tmp_path: Path, digest: Digest) -> None:
    shared = {"PNG": True, "WEBP": True, "JPEG": True, "large JPEG": False}
    for name, is_shared in shared.items():
        picture = scene(*((4200, 60) if name.startswith("large") else (300, 200)))
        data = saved(picture, name.split()[-1])
        path, seen = written(tmp_path, data, "source"), PixelsSeen()
        list(render(path, picture=inspect(path, Limits()), widths=(160,), limits=Limits(), seen=seen.see))
        assert seen.sha256 == (digest(data) if is_shared else None), name


def test_the_hash_is_the_difference_hash_of_the_field() -> None:
    # Every row grows lighter to the right but the first: 8 bits of 0, then 56 of 1.
    rows = [[8 - x for x in range(9)]] + [list(range(9))] * 7
    image = Image.fromarray(np.array(rows, dtype=np.uint8) * 20)
    assert dhash(saved(image, "PNG")) == 2**56 - 1
    # The first bit is the sign.
    assert dhash(saved(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG")) == struct.unpack(">q", b"\xff" + bytes(7))[0]
    assert dhash(saved(Image.new("RGB", (64, 64), "red"), "PNG")) == 0
    # What is transparent is white, whatever colour it would have.
    hidden = Image.new("RGBA", (90, 80), "black")
    hidden.putalpha(0)
    hidden.paste("black", (0, 0, 40, 80))
    shown = Image.new("RGB", (90, 80), "white")
    shown.paste("black", (0, 0, 40, 80))
    assert dhash(saved(hidden, "PNG")) == dhash(saved(shown, "PNG"))


def test_the_hash_bears_what_is_done_to_pictures_and_tells_others_apart(tmp_path: Path) -> None:
    def level(image: Image.Image) -> bytes:
        path = written(tmp_path, saved(image, "PNG"))
        picture = inspect(path, Limits())
        return next(each.data for each in render(path, picture=picture, widths=(160,), limits=Limits()) if each.name == "w160.jpeg")

    with Image.open(photo("Bridge_by_Sander_Klootwijk.jpg")) as one, Image.open(photo("Dragonfly_by_Bolly.jpg")) as another:
        for image in (one, another):
            image.draft("RGB", (800, 500))
        whole, other = one.resize((800, 500)), another.resize((800, 500))
    own = dhash(level(whole))
    altered = {
        "smaller": whole.resize((400, 250)),
        "compressed": opened(saved(whole, "JPEG", quality=25)),
        "lighter": ImageEnhance.Brightness(whole).enhance(1.15),
        "gray": whole.convert("L"),
        "cut a little": whole.crop((8, 5, 794, 496)),
    }
    distances = {name: distance(own, dhash(level(image))) for name, image in altered.items()}
    assert max(distances.values()) <= 10, distances
    assert distance(own, dhash(level(other))) > 16


def _bounded(path: str, kind: Any) -> None:
    """In a child of its own: within the memory of a worker's job."""
    limit_memory(Limits().memory_bytes)
    kind.put(len(pixels_sha256(path, limits=Limits())))


def test_fifty_megapixels_are_digested_within_a_jobs_memory(tmp_path: Path) -> None:
    data = saved(scene(7000, 7000), "JPEG", exif=exif(6))
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    child = context.Process(target=_bounded, args=(written(tmp_path, data), queue))
    child.start()
    child.join(120)
    assert child.exitcode == 0
    assert queue.get() == 64


def test_every_accepted_file_of_the_corpus_has_a_digest() -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus of pictures is not here")
    digested = 0
    for sample in corpus():
        try:
            inspect(str(sample.path), Limits())
        except AizenError:
            continue
        assert len(pixels_sha256(str(sample.path), limits=Limits())) == 64, sample.path.name
        digested += 1
    assert digested > 80
