from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.imaging.geometry import ENLARGE_REFUSED, LARGER_THAN_SOURCE
from aizen.imaging.prediction import Bounds, after, level_covers, needed_scale, predict
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Filter,
    Flip,
    Pad,
    Radius,
    Resize,
    Rotate,
    Step,
    StepRefused,
    Trim,
)

LIMIT = 4096


def size_of(*steps: Step, of: tuple[int, int] = (400, 300)) -> tuple[int, int] | None:
    return predict(steps, of, max_side=LIMIT).size


@pytest.mark.parametrize(
    ("step", "size", "warnings"),
    [
        (Resize(width=200), (200, 150), ()),
        (Resize(height=30), (40, 30), ()),
        (Resize(width=0.5), (200, 150), ()),
        (Resize(width=0.001), (1, 1), ()),
        (Resize(width=100, dpr=2), (200, 150), ()),
        (Resize(width=0.5, dpr=2), (200, 150), ()),
        (Resize(width=100, height=100), (100, 75), ()),
        (Resize(width=800), (400, 300), (ENLARGE_REFUSED,)),
        (Resize(width=800, enlarge=True), (800, 600), (LARGER_THAN_SOURCE,)),
        (Resize(width=400, enlarge=True), (400, 300), ()),
        (Resize(width=100, height=100, fit="cover"), (100, 100), ()),
        (Resize(width=400, height=100, fit="cover"), (400, 100), ()),
        (Resize(width=800, height=800, fit="cover"), (300, 300), (ENLARGE_REFUSED,)),
        (Resize(width=401, height=100, fit="cover"), (400, 100), (ENLARGE_REFUSED,)),
        (Resize(width=800, height=800, fit="cover", enlarge=True), (800, 800), (LARGER_THAN_SOURCE,)),
        (Resize(width=100, fit="cover"), (100, 75), ()),
        (Resize(width=160, fit="cover", aspect_ratio=(16, 9)), (160, 90), ()),
        (Resize(height=90, fit="cover", aspect_ratio=(16, 9)), (160, 90), ()),
        (Resize(width=200, height=100, fit="cover", aspect_ratio=(1, 1)), (100, 100), ()),
        (Resize(fit="cover", aspect_ratio=(1, 1)), (300, 300), ()),
        (Resize(fit="cover", aspect_ratio=(1, 60000)), (1, 300), ()),
        (Resize(fit="pad", aspect_ratio=(1, 1)), (400, 400), ()),
        (Resize(width=200, height=200, fit="pad"), (200, 200), ()),
        (Resize(width=800, height=800, fit="pad"), (800, 800), (ENLARGE_REFUSED,)),
        (Resize(width=800, height=10, fit="stretch"), (400, 10), (ENLARGE_REFUSED,)),
        (Resize(width=800, height=10, fit="stretch", enlarge=True), (800, 10), (LARGER_THAN_SOURCE,)),
        (Crop(x=10, y=20, width=30, height=40), (30, 40), ()),
        (Crop(x=0.5, width=0.25), (100, 300), ()),
        (Crop(x=0.1, y=0.7, width=0.9, height=0.3), (360, 90), ()),
        (Crop(x=399, y=0.999), (1, 1), ()),
        (Rotate(angle=90), (300, 400), ()),
        (Rotate(angle=180), (400, 300), ()),
        (Rotate(angle=45), (495, 495), ()),
        (Pad(top=1, right=2, bottom=3, left=4), (406, 304), ()),
        (Border(width=5), (410, 310), ()),
        (Trim(), None, ()),
        (Radius(radius="max"), (400, 300), ()),
    ],
)
def test_the_size_after_a_step_is_known(step: Step, size: tuple[int, int] | None, warnings: tuple[str, ...]) -> None:
    prediction = predict([step], (400, 300), max_side=LIMIT)

    assert prediction.size == size
    assert prediction.sizes == (size,)
    assert prediction.warnings == warnings


def test_what_trim_leaves_is_unknown_until_a_step_settles_it() -> None:
    steps = (Trim(), Resize(width=50), Rotate(angle=90), Resize(width=80, height=60, fit="pad"), Rotate(angle=90))

    assert predict(steps, (400, 300), max_side=LIMIT).sizes == (None, None, None, (80, 60), (60, 80))
    assert size_of(Trim(), Resize(width=80, height=60, fit="cover", enlarge=True)) == (80, 60)
    assert size_of(Trim(), Resize(width=80, height=60, fit="cover")) is None
    assert size_of(Trim(), Resize(width=0.5, height=60, fit="pad")) is None
    assert size_of(Trim(), Crop(width=7, height=9)) == (7, 9)


@pytest.mark.parametrize(
    ("step", "parameter", "allowed"),
    [
        (Crop(x=400), "x", "0 to 399 pixels"),
        (Crop(y=300), "y", "0 to 299 pixels"),
        (Crop(x=390, width=11), "width", "1 to 10 pixels"),
        (Crop(y=1, height=300), "height", "1 to 299 pixels"),
        (Crop(x=0.5, width=0.6), "width", "1 to 200 pixels"),
    ],
)
def test_a_crop_outside_the_picture_is_refused_by_the_side_that_is(step: Crop, parameter: str, allowed: str) -> None:
    with pytest.raises(StepRefused) as refused:
        predict([Flip(), step], (400, 300), max_side=LIMIT)

    assert refused.value.code == "outside_picture"
    assert (refused.value.step, refused.value.parameter, refused.value.allowed) == (1, parameter, (allowed,))


@pytest.mark.parametrize(
    ("steps", "step", "parameter"),
    [
        ([Resize(width=4000, dpr=1.5, enlarge=True)], 0, "width"),
        ([Resize(width=3, height=4097, fit="stretch", enlarge=True)], 0, "height"),
        ([Resize(width=4000, enlarge=True), Rotate(angle=45)], 1, None),
        ([Pad(left=4000)], 0, None),
        ([Flip(), Border(width=2000)], 1, None),
        ([Trim(), Resize(width=4096, height=4096, dpr=2, fit="pad")], 1, "width"),
    ],
)
def test_a_step_that_makes_a_side_too_long_is_refused(steps: list[Step], step: int, parameter: str | None) -> None:
    with pytest.raises(StepRefused) as refused:
        predict(steps, (400, 300), max_side=LIMIT)

    assert (refused.value.code, refused.value.step, refused.value.parameter) == ("result_too_large", step, parameter)
    assert refused.value.allowed == ("at most 4096 pixels on either side",)


@pytest.mark.parametrize(
    ("steps", "parameter"),
    [
        ((Rotate(angle=45), Resize(width=10)), None),
        ((Pad(right=4096, left=4095), Resize(width=10)), None),
        ((Border(width=500), Resize(width=10)), None),
        ((Resize(fit="pad", aspect_ratio=(1, 1)), Resize(width=10)), "aspect_ratio"),
        ((Resize(width=4096, height=0.99, fit="stretch", enlarge=True), Resize(width=10)), "width"),
    ],
)
def test_a_long_and_narrow_picture_does_not_become_a_large_one(steps: tuple[Step, ...], parameter: str | None) -> None:
    with pytest.raises(StepRefused) as refused:
        predict(steps, (1, 60000), max_side=LIMIT)

    assert (refused.value.code, refused.value.step, refused.value.parameter) == ("result_too_large", 0, parameter)
    assert size_of(Rotate(angle=90), Pad(top=100), Resize(width=1000), of=(1, 60000)) == (1000, 2)


def test_an_animation_is_refused_by_the_step_that_makes_too_much_of_it() -> None:
    steps = (Flip(), Resize(width=1000, enlarge=True), Resize(width=10))

    assert predict(steps, (400, 300), max_side=LIMIT, frames=2, max_pixels=1_500_000).size == (10, 8)
    assert predict(steps, (400, 300), max_side=LIMIT, max_pixels=10).size == (10, 8)
    # It may stay as large as it is.
    assert predict((Flip(),), (400, 300), max_side=LIMIT, frames=9, max_pixels=10).size == (400, 300)
    with pytest.raises(StepRefused, match="2 frames of 1000 × 750 pixels") as refused:
        predict(steps, (400, 300), max_side=LIMIT, frames=2, max_pixels=1_499_999)

    assert (refused.value.code, refused.value.step, refused.value.parameter) == ("result_too_large", 1, "width")
    assert refused.value.allowed == ("at most 1499999 pixels in all frames together",)


def growing() -> st.SearchStrategy[Step]:
    sides = st.one_of(st.none(), st.integers(1, 4096), st.floats(0.001, 0.999))
    widths, pads = st.integers(0, 2000), st.integers(0, 4096)
    return st.one_of(
        st.builds(Rotate, angle=st.floats(0, 359.9)),
        st.builds(Pad, top=pads, right=pads, bottom=pads, left=pads),
        st.builds(Border, width=widths),
        st.builds(
            Resize,
            width=st.one_of(st.integers(1, 4096), st.floats(0.001, 0.999)),
            height=sides,
            fit=st.sampled_from(["contain", "cover", "pad", "stretch"]),
            enlarge=st.booleans(),
            dpr=st.floats(1, 3),
        ),
        st.builds(Resize, aspect_ratio=st.tuples(st.integers(1, 99), st.integers(1, 99)), fit=st.sampled_from(["cover", "pad"])),
    )


@given(st.tuples(st.integers(1, 60000), st.integers(1, 60000)), st.lists(growing(), min_size=1, max_size=4), st.integers(1, 200))
def test_no_step_makes_more_pixels_than_a_result_or_the_picture_has(size: tuple[int, int], steps: list[Step], frames: int) -> None:
    bounds = Bounds(max_side=LIMIT, frames=frames, max_pixels=50_000_000)
    pixels = size[0] * size[1]
    now: tuple[int, int] | None = size
    for step in steps:
        try:
            now, _ = after(step, now, bounds=bounds)
        except StepRefused:
            return
        assert now is not None
        assert now[0] * now[1] <= max(LIMIT**2, pixels)
        assert frames == 1 or now[0] * now[1] * frames <= max(50_000_000, pixels * frames)


def test_a_larger_source_may_be_made_smaller_and_not_stay_as_it_is() -> None:
    assert size_of(Rotate(angle=90), Filter(name="invert"), Resize(width=5000), Resize(width=200), of=(9000, 6000)) == (200, 300)
    for steps in ((), (Flip(), Filter(name="invert"))):
        with pytest.raises(StepRefused, match="9000 × 6000"):
            predict(steps, (9000, 6000), max_side=LIMIT)
    with pytest.raises(StepRefused, match="9010 × 6010"):
        predict((Border(width=5), Resize(width=200)), (9000, 6000), max_side=LIMIT)


@pytest.mark.parametrize(
    ("steps", "has_alpha", "transparent"),
    [
        ((), True, True),
        ((Flip(),), False, False),
        ((Background(color=(1, 2, 3, 255)),), True, False),
        ((Background(color=(1, 2, 3, 99)),), True, True),
        ((Radius(radius=3),), False, True),
        ((Radius(radius=0),), False, False),
        ((Rotate(angle=90),), False, False),
        ((Rotate(angle=30),), False, True),
        ((Rotate(angle=30, background=(0, 0, 0, 255)),), True, False),
        ((Pad(left=3),), False, True),
        ((Pad(left=3, background="blur"),), False, False),
        ((Resize(width=3, height=3, fit="pad"),), False, True),
        ((Resize(width=3, height=3, fit="pad", background=(0, 0, 0, 255)),), False, False),
        ((Resize(width=3, height=3, fit="cover"),), False, False),
        ((Border(width=3, color=(0, 0, 0, 9)),), False, True),
    ],
)
def test_it_is_known_whether_the_result_may_be_transparent(steps: tuple[Step, ...], has_alpha: bool, transparent: bool) -> None:
    assert predict(steps, (40, 30), max_side=LIMIT, has_alpha=has_alpha).transparent is transparent


@pytest.mark.parametrize(
    ("steps", "scale"),
    [
        ((), 1),
        ((Resize(width=400),), 0.1),
        ((Resize(width=300, height=300, fit="cover"),), 0.1),
        ((Resize(width=400, height=400, fit="pad"),), 0.1),
        ((Resize(width=400, height=1500, fit="stretch"),), 0.5),
        ((Resize(width=9000),), 1),
        ((Resize(width=9000, enlarge=True),), 1),
        ((Crop(width=0.5, height=0.5), Resize(width=400)), 0.2),
        ((Flip(), Rotate(angle=90), Resize(width=300)), 0.1),
        ((Filter(name="blur", amount=2), Resize(width=300)), 1),
        ((Trim(), Resize(width=300)), 1),
        ((Rotate(angle=5), Resize(width=300)), 1),
        ((Resize(width=400), Filter(name="blur", amount=2), Rotate(angle=3)), 0.1),
    ],
)
def test_the_source_needs_the_pixels_that_the_first_resize_takes(steps: tuple[Step, ...], scale: float) -> None:
    assert needed_scale(steps, (4000, 3000)) == pytest.approx(scale)


def test_a_level_covers_what_needs_no_more_pixels_than_it_has() -> None:
    size = (3001, 1999)
    scale = needed_scale((Resize(width=512),), size)

    assert level_covers((512, 341), size, scale)
    assert not level_covers((511, 340), size, scale)
    assert level_covers((1024, 682), size, scale)
    assert not level_covers((2048, 1364), size, 1)
    assert level_covers((300, 200), (300, 200), 1)
