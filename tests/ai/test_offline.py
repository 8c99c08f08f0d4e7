"""The describer without a model: honest about what it is, and true to the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.ai import Answer, Sight
from aizen.ai.colors import name_of
from aizen.ai.offline import OfflineDescriber

SKY = Sight(
    jpeg=b"",
    width=1600,
    height=1200,
    orientation="landscape",
    brightness=0.75,
    colors=(("#8ac4ee", 0.6), ("#fbfbfb", 0.3)),
    is_photograph=True,
    detail=0.9,
)
SHARES = st.floats(0, 1)
SIGHTS = st.builds(
    Sight,
    jpeg=st.binary(max_size=8),
    width=st.integers(1, 50_000),
    height=st.integers(1, 50_000),
    orientation=st.sampled_from(["landscape", "portrait", "square"]),
    brightness=SHARES,
    colors=st.lists(st.tuples(st.integers(0, 0xFFFFFF).map("#{:06x}".format), SHARES), max_size=8).map(tuple),
    is_photograph=st.booleans(),
    detail=SHARES,
    frames=st.integers(1, 200),
    has_alpha=st.booleans(),
)


def described(**changes: object) -> Answer:
    return OfflineDescriber().describe(replace(SKY, **changes))  # type: ignore[arg-type]


def test_it_says_first_that_no_model_looked_and_then_what_was_measured() -> None:
    answer = described()
    assert answer == Answer(
        description="No model has looked at this picture. "
        "Measured: a landscape photograph, bright, mostly sky blue and white, finely detailed.",
        alt="Not described. Measured: a landscape photograph, bright, mostly sky blue and white.",
        tags=("photograph", "landscape", "bright", "sky blue", "white"),
        provider="offline",
        model="measurements-1",
    )


@given(SIGHTS)
def test_every_picture_gets_an_honest_bounded_answer(sight: Sight) -> None:
    answer = OfflineDescriber().describe(sight)
    assert answer.description.startswith("No model has looked at this picture.")
    assert answer.alt.startswith("Not described.")
    assert answer.description.endswith(".")
    assert answer.alt.endswith(".")
    assert len(answer.description) <= 500
    assert len(answer.alt) <= 150
    assert len(answer.tags) <= 10
    assert sight.orientation in answer.description
    assert ("photograph" in answer.tags) is sight.is_photograph
    assert ("animated" in answer.tags) is ("animated" in answer.description) is (sight.frames > 1)
    assert ("transparent" in answer.tags) is ("transparency" in answer.description) is sight.has_alpha


def test_a_brighter_picture_is_never_called_darker() -> None:
    order = ["very dark", "dark", "of medium brightness", "bright", "very bright"]
    said = [described(brightness=step / 100).alt.split(", ")[1] for step in range(101)]
    assert set(said) == set(order)
    assert said == sorted(said, key=order.index)


def test_a_finer_picture_is_never_called_plainer() -> None:
    order = ["almost without detail", "with little detail", "detailed", "finely detailed"]
    said = [described(detail=step / 100).description.rstrip(".").rpartition(", ")[2] for step in range(101)]
    assert set(said) == set(order)
    assert said == sorted(said, key=order.index)


def test_an_animated_graphic_with_holes_is_called_one() -> None:
    answer = described(is_photograph=False, frames=12, has_alpha=True)
    assert "Measured: an animated landscape graphic with transparency, bright" in answer.description


def test_shades_of_one_name_count_together_and_traces_are_left_out() -> None:
    answer = described(colors=(("#cf2028", 0.3), ("#87c2ec", 0.25), ("#85c0ea", 0.2), ("#2f9640", 0.05)))
    assert "mostly sky blue and red," in answer.description


def test_a_picture_without_measured_colors_is_said_to_have_none() -> None:
    answer = described(colors=())
    assert "mostly" not in answer.description
    assert answer.description.endswith("a landscape photograph, bright, finely detailed.")


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("#000000", "black"),
        ("#ffffff", "white"),
        ("#777777", "gray"),
        ("#ff0000", "red"),
        ("#0000ff", "blue"),
        ("#ffff00", "yellow"),
        ("#FFA500", "orange"),
        ("#ffc0cb", "pink"),
        ("#000080", "navy"),
        ("#87ceeb", "sky blue"),
        ("#008080", "teal"),
        ("#800080", "purple"),
        ("#228b22", "green"),
        ("#8b4513", "brown"),
        ("#808000", "olive"),
        ("#f5f5dc", "cream"),
        ("#ff00ff", "magenta"),
    ],
)
def test_well_known_colors_have_their_everyday_names(color: str, name: str) -> None:
    assert name_of(color) == name
