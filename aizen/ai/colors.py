"""Everyday names of colours."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

_ANCHORS = MappingProxyType(
    {
        "black": "#0b0b0c",
        "charcoal": "#37393c",
        "gray": "#808284",
        "silver": "#bcbec0",
        "white": "#fafafa",
        "cream": "#f6ecd2",
        "beige": "#d9c7a3",
        "tan": "#bd9566",
        "brown": "#74492a",
        "dark brown": "#3c2718",
        "maroon": "#661820",
        "red": "#cf2028",
        "coral": "#f4795e",
        "orange": "#f08a1c",
        "gold": "#d2a62c",
        "yellow": "#f7e03c",
        "olive": "#70702c",
        "lime": "#a4d838",
        "green": "#2f9640",
        "dark green": "#1c4526",
        "mint": "#a9e4c4",
        "teal": "#18807c",
        "turquoise": "#40cfc4",
        "sky blue": "#87c2ec",
        "steel blue": "#55809f",
        "blue": "#2158cc",
        "navy": "#172448",
        "indigo": "#45309a",
        "violet": "#8450c8",
        "lavender": "#c6b8ea",
        "purple": "#76277e",
        "plum": "#4a2444",
        "magenta": "#d42a9c",
        "pink": "#f4a4bc",
        "rose": "#d8587c",
    }
)


def name_of(color: str) -> str:
    """The everyday name nearest to an sRGB colour (``#rrggbb``), by distance in Oklab (Björn Ottosson, 2020)."""
    place = _oklab(color)
    return min(_places(), key=lambda name: _distance(_places()[name], place))


@cache
def _places() -> dict[str, tuple[float, float, float]]:
    return {name: _oklab(color) for name, color in _ANCHORS.items()}


def _distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _oklab(color: str) -> tuple[float, float, float]:
    red, green, blue = (_linear(value / 255) for value in bytes.fromhex(color.removeprefix("#")))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
