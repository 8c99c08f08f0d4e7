"""The kinds of values that are told as text: colours, ratios, places in a picture, words to be drawn, names of images."""

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from math import gcd
from typing import Any, cast

from aizen.imaging import css_colors
from aizen.imaging.steps import COMPASS, TRANSPARENT, Gravity, Rgba
from aizen.transformations.language.values import Choice, Refused, Whole, between, number_heard, spell_number, wrong_type

_BARE_HEX = re.compile(r"[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8}")


@dataclass(frozen=True, kw_only=True)
class Color:
    """A colour of CSS. Hexadecimal digits are also taken without their #, which an address cannot hold."""

    def read(self, value: object) -> Rgba:
        wanted = "Must be a colour of CSS: a name, hexadecimal digits such as #ff8800, rgb(), rgba(), hsl(), or transparent."
        if not isinstance(value, str):
            raise wrong_type(value, wanted)
        try:
            return css_colors.read(f"#{value}" if _BARE_HEX.fullmatch(value) else value)
        except ValueError:
            raise Refused("not_a_color", wanted) from None

    def heard(self, text: str) -> object:
        return text

    def spell(self, value: Rgba) -> str:
        return "transparent" if value == TRANSPARENT else bytes(value if value[3] != 255 else value[:3]).hex()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 60, "examples": ["#ff8800", "white", "rgba(0, 0, 0, 0.5)", "transparent"]}


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Width to height, such as 16:9, in its lowest terms."""

    highest: int = 10_000

    def read(self, value: object) -> tuple[int, int]:
        wanted = f"Must be two whole numbers between 1 and {self.highest} with a colon between them, such as 16:9."
        if not isinstance(value, str):
            raise wrong_type(value, wanted)
        width, colon, height = value[:50].partition(":")
        numbers = (number_heard(width), number_heard(height))
        if not colon or not all(isinstance(number, int) for number in numbers):
            raise Refused("not_a_ratio", wanted)
        whole = [Whole(lowest=1, highest=self.highest).read(number) for number in numbers]
        common = gcd(*whole)
        return whole[0] // common, whole[1] // common

    def heard(self, text: str) -> object:
        return text

    def spell(self, value: tuple[int, int]) -> str:
        return f"{value[0]}:{value[1]}"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]{1,5}:[0-9]{1,5}$", "examples": ["16:9"]}


_SHORT = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_SHORT_COMPASS: dict[str, str] = dict(zip(_SHORT, COMPASS[1:], strict=True))
_TO_SHORT = {word: short for short, word in _SHORT_COMPASS.items()}
FOCAL = "focal"


@dataclass(frozen=True, kw_only=True)
class Compass:
    """A place in the picture, in whole words or by the letters of a compass."""

    def read(self, value: object) -> Any:
        return Choice(words=COMPASS, aliases=_SHORT_COMPASS).read(value)

    def heard(self, text: str) -> object:
        return text

    def spell(self, value: str) -> str:
        return _TO_SHORT.get(value, value)

    def schema(self) -> dict[str, Any]:
        return Choice(words=COMPASS, aliases=_SHORT_COMPASS).schema()


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Where to look: a place as of ``Compass``, ``auto``, ``fp:x:y`` in fractions, or the picture's own focal point, which is None."""

    def read(self, value: object) -> Gravity | None:
        if value == FOCAL and isinstance(value, str):
            return None
        if isinstance(value, str) and value.startswith("fp:"):
            return self._point(value)
        try:
            return cast(Gravity, Choice(words=(*COMPASS, "auto"), aliases=_SHORT_COMPASS).read(value))
        except Refused as refused:
            allowed = (*COMPASS, "auto", FOCAL, "fp:x:y")
            raise Refused(refused.code, f"Must be one of: {', '.join(allowed)}.", allowed=allowed) from None

    def _point(self, value: str) -> tuple[float, float]:
        wanted = "Must be fp: and two numbers between 0 and 1 with a colon between them, such as fp:0.3:0.6."
        words = value[:50].split(":")
        numbers = [number_heard(word) for word in words[1:]]
        if len(numbers) != 2 or any(isinstance(number, str) for number in numbers):
            raise Refused("not_a_point", wanted)
        x, y = (between(number, lowest=0, highest=1, wanted=wanted) for number in numbers)
        return x, y

    def heard(self, text: str) -> object:
        return text

    def spell(self, value: Gravity | None) -> str:
        if value is None:
            return FOCAL
        return _TO_SHORT.get(value, value) if isinstance(value, str) else f"fp:{spell_number(value[0])}:{spell_number(value[1])}"

    def schema(self) -> dict[str, Any]:
        words = {"type": "string", "enum": [*COMPASS, *_SHORT_COMPASS, "auto", FOCAL]}
        share = r"(0|0?\.[0-9]{1,20}|1(\.0{1,20})?)"
        return {"anyOf": [words, {"type": "string", "pattern": f"^fp:{share}:{share}$", "maxLength": 50}]}


_SURROGATE = re.compile("[\ud800-\udfff]")
# The Unicode category Cc, and the two other characters that break a line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BASE64 = re.compile(r"[A-Za-z0-9_-]*")
IN_BASE64 = "b64:"


@dataclass(frozen=True, kw_only=True)
class Text:
    """One line of text in NFC, without blanks at its ends. An address says it in base64url after ``b64:``."""

    longest: int

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise wrong_type(value, f"Must be a text of 1 to {self.longest} characters.")
        # Before any work is done on it: normalising takes more than linear time of what is made for it.
        if len(value) > 10 * self.longest:
            raise self._too_long()
        if "\0" in value:
            raise Refused("nul_character", "Must not contain the NUL character.")
        if _SURROGATE.search(value):
            raise Refused("lone_surrogate", "Must not contain half of a surrogate pair.")
        text = unicodedata.normalize("NFC", value).strip()
        if _CONTROL.search(text):
            raise Refused("control_character", "Must not contain control characters or line breaks.")
        if not text:
            raise Refused("too_short", "Must not be empty.")
        if len(text) > self.longest:
            raise self._too_long()
        return text

    def _too_long(self) -> Refused:
        return Refused("too_long", f"Must have at most {self.longest} characters.")

    def heard(self, text: str) -> object:
        """Raises ``Refused`` for what is no text in base64url: there is nothing in JSON that it stands for."""
        encoded = text.removeprefix(IN_BASE64).rstrip("=")
        try:
            # Python's own decoder passes over whatever is not of its alphabet.
            if _BASE64.fullmatch(encoded):
                return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8")
        except ValueError:
            pass
        raise Refused("not_base64", "Must be b64: and a text as UTF-8 in base64url.")

    def spell(self, value: str) -> str:
        return IN_BASE64 + urlsafe_b64encode(value.encode("utf-8")).decode("ascii").rstrip("=")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


_IMAGE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:@[0-9a-f]{8})?")


@dataclass(frozen=True, kw_only=True)
class ImageName:
    """The id of an image, and its version behind an @ where it must be that very one."""

    def read(self, value: object) -> str:
        wanted = "Must be the id of an image of your own (a UUID), or id@version with 8 hexadecimal digits; a path or an address is none."
        if not isinstance(value, str):
            raise wrong_type(value, wanted)
        name = value.lower() if len(value) < 60 else ""
        if not _IMAGE.fullmatch(name):
            raise Refused("not_an_image_id", wanted)
        return name

    def heard(self, text: str) -> object:
        return text

    def spell(self, value: str) -> str:
        return value

    def schema(self) -> dict[str, Any]:
        pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(@[0-9a-fA-F]{8})?$"
        return {"type": "string", "pattern": pattern}
