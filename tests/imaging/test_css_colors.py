"""Colours of CSS."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aizen.imaging.css_colors import read


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("red", (255, 0, 0, 255)),
        (" RebeccaPurple ", (102, 51, 153, 255)),
        ("grey", (128, 128, 128, 255)),
        ("transparent", (0, 0, 0, 0)),
        ("#F80", (255, 136, 0, 255)),
        ("#f808", (255, 136, 0, 136)),
        ("#ff8800", (255, 136, 0, 255)),
        ("#ff880080", (255, 136, 0, 128)),
        ("rgb(255, 136, 0)", (255, 136, 0, 255)),
        ("rgb(255 136 0)", (255, 136, 0, 255)),
        ("rgb(100%, 50%, 0%)", (255, 128, 0, 255)),
        ("rgba(255,136,0,0.5)", (255, 136, 0, 128)),
        ("rgba(255,136,0,.5)", (255, 136, 0, 128)),
        ("rgb(255 136 0 / 50%)", (255, 136, 0, 128)),
        ("rgba(1,2,3,1)", (1, 2, 3, 255)),
        ("hsl(120, 100%, 50%)", (0, 255, 0, 255)),
        ("hsl(-240deg 100% 50%)", (0, 255, 0, 255)),
        ("hsla(0, 0%, 100%, 0)", (255, 255, 255, 0)),
    ],
)
def test_colours_are_read_as_css_writes_them(text: str, color: tuple[int, int, int, int]) -> None:
    assert read(text) == color


@pytest.mark.parametrize(
    "text",
    [
        "", "#", "#ff880", "f80", "reddish", "red\n", "#f80\n", "rgb()", "rgb(1,2)", "rgb(1,2,3,4,5)", "rgb(256,0,0)", "rgb(-1,0,0)",
        "rgba(1,2,3,2)", "rgb(1,2,3/4)", "rgb(1,,2)", "rgb(1 2 3 4 5)", "rgb(101%,0%,0%)", "rgb(1e3,0,0)", "rgb(nan,0,0)", "rgb(٣,0,0)",
        "hsl(50%,50%,50%)",
        "hsl(0,50deg,50%)", "hsv(0,0%,0%)", "url(x)", "var(--x)", "currentcolor", "rgb(" + "1" * 100 + ",0,0)", "x" * 1_000_000,
    ],
    ids=range(28),
)  # fmt: skip
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)


_SCRAPS = ["rgb(", "hsla(", "rgba(", ")", ",", " ", "/", "%", "deg", "0", "255", ".5", "-1", "#", "f80", "red", "é"]


@settings(max_examples=100)
@given(st.text(st.characters(codec=None), max_size=20) | st.lists(st.sampled_from(_SCRAPS), max_size=10).map("".join))
def test_any_text_is_a_colour_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        color = read(text)
        assert len(color) == 4
        assert all(type(channel) is int and 0 <= channel <= 255 for channel in color)
