"""Colours as CSS writes them."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb

from PIL import ImageColor

from aizen.imaging.steps import TRANSPARENT, Rgba

# Nothing that CSS Color 4 has for sRGB is longer than this.
_LONGEST = 60
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([0-9a-z.%,/ -]*)\)")
_NUMBER = re.compile(r"(-?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}))(%|deg)?")


def read(text: str) -> Rgba:
    """The colour that ``text`` names, as four numbers from 0 to 255; alpha 255 is opaque.

    Taken are the names of CSS (``transparent`` among them), ``#`` with 3, 4, 6 or 8 hexadecimal digits, and ``rgb()``, ``rgba()``,
    ``hsl()`` and ``hsla()`` with commas or blanks (CSS Color 4, without ``calc`` and ``none``). Raises ``ValueError`` for anything else; a
    number out of its range is refused, not cut.
    """
    color = text.strip(" ").lower() if len(text) <= _LONGEST else ""
    if color == "transparent":
        return TRANSPARENT
    if color in ImageColor.colormap or _HEX.fullmatch(color):
        red, green, blue, *alpha = ImageColor.getrgb(color)
        return red, green, blue, alpha[0] if alpha else 255
    called = _FUNCTION.fullmatch(color)
    if called is None:
        raise ValueError("not a colour of CSS")
    return _called(called[1], called[2])


def _called(function: str, inside: str) -> Rgba:
    arguments, slash, after = inside.partition("/")
    # With commas the fourth is alpha; with blanks alpha stands behind a slash.
    words = re.split(r" *, *" if "," in arguments else r" +", arguments.strip(" "))
    if slash:
        words.append(after.strip(" "))
    if len(words) not in (3, 4) or ("," in arguments and slash):
        raise ValueError(f"{function}() takes three numbers and, if wanted, alpha")
    alpha = _share(words[3], of_one=1) if len(words) == 4 else 1
    channels = _rgb(words[:3]) if function == "rgb" else _hsl(words[:3])
    red, green, blue, opacity = (int(share * 255 + 0.5) for share in (*channels, alpha))
    return red, green, blue, opacity


def _rgb(words: list[str]) -> tuple[float, float, float]:
    red, green, blue = (_share(word, of_one=255) for word in words)
    return red, green, blue


def _hsl(words: list[str]) -> tuple[float, float, float]:
    hue, unit = _number(words[0])
    if unit == "%":
        raise ValueError("a hue is told in degrees")
    saturation, lightness = (_share(word, of_one=100) for word in words[1:])
    return hls_to_rgb(hue % 360 / 360, lightness, saturation)


def _share(word: str, *, of_one: float) -> float:
    # ``of_one`` is what a plain number would be if it were all of it.
    number, unit = _number(word)
    share = number / (100 if unit == "%" else of_one)
    if unit == "deg" or not 0 <= share <= 1:
        raise ValueError("a number is out of its range")
    return share


def _number(word: str) -> tuple[float, str | None]:
    matched = _NUMBER.fullmatch(word)
    if matched is None:
        raise ValueError("not a number")
    return float(matched[1]), matched[2]
