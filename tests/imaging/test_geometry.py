from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.imaging import geometry
from aizen.imaging.geometry import fitted, kept_box, standing
from aizen.imaging.steps import (
    Crop,
    Gravity,
    Resize,
    StepRefused,
)
from aizen.imaging.turns import FLIPPED, MIRRORED, QUARTERS, TURNS, Turn


@pytest.mark.parametrize(
    ("gravity", "left"),
    [("center", 150), ("west", 0), ("south_east", 300), ((0, 0.5), 0), ((0.4, 0.9), 110), ((1, 1), 300), (None, 70), ("auto", 225)],
)
def test_what_is_kept_follows_gravity_and_stays_inside(gravity: Gravity | None, left: float) -> None:
    step = Resize(width=50, height=150, fit="cover", gravity=gravity)

    box = kept_box(step, (400, 300), fitted(step, (400, 300)), focal=(0.3, 0.5), found=(0.75, 0.5))

    assert box == pytest.approx((left, 0, left + 100, 300))


@pytest.mark.parametrize(("x", "left"), [(10, 170), (-10, 130), (10000, 300), (-10000, 0)])
def test_what_is_kept_is_moved_by_pixels_of_the_result(x: int, left: float) -> None:
    step = Resize(width=50, height=150, fit="cover", x=x, y=7)

    assert kept_box(step, (400, 300), fitted(step, (400, 300))) == pytest.approx((left, 0, left + 100, 300))


@pytest.mark.parametrize(
    ("gravity", "x", "offset"),
    [(None, 0, (0, 25)), ("north", 0, (0, 0)), ("south", 9, (0, 50)), ((0.5, 0.9), 0, (0, 0)), ((0.5, 0.4), 0, (0, 40))],
)
def test_a_padded_picture_stands_where_gravity_says_and_is_whole(gravity: Gravity | None, x: int, offset: tuple[int, int]) -> None:
    step = Resize(width=200, height=200, fit="pad", gravity=gravity, x=x)

    assert standing(step, fitted(step, (400, 300))) == offset


@given(
    st.tuples(st.integers(1, 60000), st.integers(1, 60000)),
    st.builds(
        Resize,
        width=st.one_of(st.integers(1, 4096), st.floats(1e-6, 0.999999)),
        height=st.one_of(st.none(), st.integers(1, 4096), st.floats(1e-6, 0.999999)),
        fit=st.sampled_from(["contain", "cover", "pad", "stretch"]),
        enlarge=st.booleans(),
        aspect_ratio=st.one_of(st.none(), st.tuples(st.integers(1, 100), st.integers(1, 100))),
        dpr=st.floats(1, 3),
        gravity=st.one_of(st.none(), st.sampled_from(["auto", "south_east", (0.9, 0.1)])),
        x=st.integers(-5000, 5000),
        y=st.integers(-5000, 5000),
    ),
)
def test_no_resize_leaves_the_picture_or_has_a_side_of_nothing(size: tuple[int, int], step: Resize) -> None:
    fitting = fitted(step, size)

    left, top, right, bottom = kept_box(step, size, fitting)
    assert 0 <= left < right <= size[0] * (1 + 1e-12)
    assert 0 <= top < bottom <= size[1] * (1 + 1e-12)
    assert min(fitting.scaled) >= 1
    x, y = standing(step, fitting)
    assert 0 <= x <= fitting.size[0] - fitting.scaled[0]
    assert 0 <= y <= fitting.size[1] - fitting.scaled[1]
    if not step.enlarge:
        assert fitting.scaled[0] <= right - left + 0.5
        assert fitting.scaled[1] <= bottom - top + 0.5


@given(
    st.tuples(st.integers(1, 60000), st.integers(1, 60000)),
    st.builds(
        Crop,
        x=st.one_of(st.integers(0, 50), st.floats(1e-6, 0.999999)),
        y=st.floats(1e-6, 0.999999),
        width=st.one_of(st.none(), st.integers(1, 100), st.floats(1e-6, 0.999999)),
        height=st.one_of(st.none(), st.integers(1, 100), st.floats(1e-6, 0.999999)),
    ),
)
def test_a_crop_is_inside_or_refused(size: tuple[int, int], step: Crop) -> None:
    try:
        left, top, right, bottom = geometry.crop_box(step, size)
    except StepRefused:
        return
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]


@given(st.sampled_from(sorted(TURNS)), st.lists(st.sampled_from([MIRRORED, FLIPPED, *QUARTERS.values()]), max_size=6))
def test_turns_in_a_row_are_one_turn(orientation: int, others: list[Turn]) -> None:
    one = TURNS[orientation]  # type: ignore[index]
    point, box, size = (0.25, 0.625), (1.0, 2.0, 4.0, 7.0), (10, 8)
    shown = one.point(point)
    for other in others:
        shown = other.point(shown)
        one = one.then(other)

    assert one.point(point) == shown
    assert TURNS[one.orientation] == one
    center = one.stored(box, one.size(size))
    middle = ((center[0] + center[2]) / 2 / size[0], (center[1] + center[3]) / 2 / size[1])
    across, down = one.size(size)
    assert one.point(middle) == pytest.approx((2.5 / across, 4.5 / down))


def test_a_focal_point_is_followed_through_crops_and_turns() -> None:
    assert geometry.refocused((0.5, 0.5), (100, 50), (40, 0, 60, 50)) == (0.5, 0.5)
    assert geometry.refocused((0.1, 0.5), (100, 50), (40, 0, 60, 50)) == (0, 0.5)
    assert geometry.refocused((0, 0), (100, 50), (-10, -10, 110, 60)) == pytest.approx((10 / 120, 10 / 70))
    assert geometry.swung((0.25, 0.5), (100, 50), 90) == pytest.approx(QUARTERS[90].point((0.25, 0.5)))
    assert geometry.swung((0.5, 0.5), (100, 50), 33) == (0.5, 0.5)
