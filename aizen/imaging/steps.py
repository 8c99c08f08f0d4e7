"""What can be done to a picture, as values, and the one table of what each of them may be told.

A step is frozen and says what is wanted, not how it is done: ``prediction`` tells what size comes of it, ``editing`` does it. Sizes and
positions are ``Length``: an int is pixels, a float strictly between 0 and 1 is a fraction of the side of the picture that the step gets.
Positions are measured in upright pictures, from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from aizen.errors import AizenError

Length: TypeAlias = int | float
Rgba: TypeAlias = tuple[int, int, int, int]
Compass = Literal["center", "north", "north_east", "east", "south_east", "south", "south_west", "west", "north_west"]
# A pair is a point in fractions of the picture. ``auto`` looks for what is worth seeing.
Gravity: TypeAlias = Compass | Literal["auto"] | tuple[float, float]
Fit = Literal["contain", "cover", "pad", "stretch"]
# ``blur`` is the picture itself, enlarged and blurred.
Ground: TypeAlias = Rgba | Literal["blur"]

COMPASS: tuple[Compass, ...] = ("center", "north", "north_east", "east", "south_east", "south", "south_west", "west", "north_west")
FITS: tuple[Fit, ...] = ("contain", "cover", "pad", "stretch")
TRANSPARENT: Rgba = (0, 0, 0, 0)
WHITE: Rgba = (255, 255, 255, 255)
BLACK: Rgba = (0, 0, 0, 255)


@dataclass(frozen=True, kw_only=True)
class Crop:
    """Only this part of the picture is left. A ``width`` or ``height`` of None reaches to the edge."""

    x: Length = 0
    y: Length = 0
    width: Length | None = None
    height: Length | None = None


@dataclass(frozen=True, kw_only=True)
class Trim:
    """A border whose colour differs from the upper left corner's by at most ``tolerance`` (0 to 255 in each channel) is gone."""

    tolerance: int = 10


@dataclass(frozen=True, kw_only=True)
class Resize:
    """The picture fits into, covers, is padded or stretched to ``width`` × ``height``; at least one of these or ``aspect_ratio`` is told.

    ``fit`` is never None in a recipe: contain where one side is told, cover where both are or a ratio is. ``gravity`` None is the
    picture's focal point, else its centre; ``x`` and ``y`` move what is kept (cover) or where it stands (pad) from there, in pixels of the
    result. ``dpr`` multiplies sides that are told in pixels. ``background`` is for ``pad`` alone; None leaves it transparent.
    """

    width: Length | None = None
    height: Length | None = None
    fit: Fit = "contain"
    enlarge: bool = False
    aspect_ratio: tuple[int, int] | None = None
    dpr: float = 1
    gravity: Gravity | None = None
    x: int = 0
    y: int = 0
    background: Ground | None = None


@dataclass(frozen=True, kw_only=True)
class Rotate:
    """The picture is turned clockwise by ``angle`` degrees (0 ≤ angle < 360); the canvas grows, and its corners take the background."""

    angle: float
    background: Rgba | None = None


@dataclass(frozen=True, kw_only=True)
class Flip:
    """Top is bottom."""


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Left is right."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """The picture as the filter ``name`` of ``FILTERS`` makes it; ``amount`` and ``color`` are None where the filter takes none."""

    name: str
    amount: float | None = None
    color: Rgba | None = None


@dataclass(frozen=True, kw_only=True)
class Background:
    """What was transparent shows this colour."""

    color: Rgba


@dataclass(frozen=True, kw_only=True)
class Pad:
    """So many pixels stand around the picture; ``background`` None leaves them transparent."""

    top: int = 0
    right: int = 0
    bottom: int = 0
    left: int = 0
    background: Ground | None = None


@dataclass(frozen=True, kw_only=True)
class Radius:
    """The corners are round, by a radius in pixels; ``max`` gives a circle or a pill."""

    radius: int | Literal["max"]


@dataclass(frozen=True, kw_only=True)
class Border:
    """A frame of ``width`` pixels stands around the picture."""

    width: int
    color: Rgba = BLACK


@dataclass(frozen=True, kw_only=True)
class Watermark:
    """A text or another picture is laid over this one: ``scale`` times as wide as it, ``x`` and ``y`` pixels off the edges of ``gravity``.

    Exactly one of ``text`` and ``image`` is told; ``image`` names the picture, and whoever renders knows its file. ``opacity`` 1 is opaque;
    ``rotate`` is degrees clockwise; ``tile`` repeats it all over the picture.
    """

    text: str | None = None
    image: str | None = None
    gravity: Compass = "south_east"
    x: int = 0
    y: int = 0
    opacity: float = 1
    scale: float = 0.25
    rotate: float = 0
    tile: bool = False
    color: Rgba = WHITE


Step: TypeAlias = Crop | Trim | Resize | Rotate | Flip | Mirror | Filter | Background | Pad | Radius | Border | Watermark


@dataclass(frozen=True, kw_only=True)
class Amount:
    """The number that a filter takes: its bounds, both allowed, and what holds where none is told. ``unit`` says what is counted."""

    lowest: float
    highest: float
    default: float
    unit: str
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class FilterRule:
    """What a filter does, and what it may be told."""

    does: str
    amount: Amount | None = None
    color: Rgba | None = None


_PERCENT = Amount(lowest=0, highest=100, default=100, unit="percent")
_CHANGE = Amount(lowest=-100, highest=100, default=0, unit="percent")
FILTERS: dict[str, FilterRule] = {
    "grayscale": FilterRule(does="the luma of each pixel (ITU-R BT.601)"),
    "sepia": FilterRule(does="the brown of an old print", amount=_PERCENT),
    "invert": FilterRule(does="each colour is its negative; alpha stays"),
    "blur": FilterRule(does="a Gaussian blur", amount=Amount(lowest=0.1, highest=100, default=2, unit="σ in pixels")),
    "sharpen": FilterRule(does="an unsharp mask of σ 1", amount=Amount(lowest=0, highest=500, default=100, unit="percent")),
    "pixelate": FilterRule(does="squares of one colour", amount=Amount(lowest=2, highest=512, default=10, unit="pixels", whole=True)),
    "brightness": FilterRule(does="lighter, or darker below 0; −100 is black, 100 twice as bright", amount=_CHANGE),
    "contrast": FilterRule(does="more contrast, or less below 0; −100 is even gray, 100 twice the contrast", amount=_CHANGE),
    "saturation": FilterRule(does="more colour, or less below 0; −100 is gray, 100 twice as much", amount=_CHANGE),
    "hue": FilterRule(
        does="every hue turned on the colour wheel, its brightness kept", amount=Amount(lowest=-360, highest=360, default=0, unit="degrees")
    ),
    "gamma": FilterRule(does="the middle tones lighter, or darker below 1", amount=Amount(lowest=0.1, highest=10, default=1, unit="γ")),
    "autocontrast": FilterRule(
        does="the darkest tone is black and the lightest white, this share at either end left out",
        amount=Amount(lowest=0, highest=49, default=0, unit="percent"),
    ),
    "equalize": FilterRule(does="every tone about as frequent as any other; colours stay"),
    "posterize": FilterRule(
        does="so many bits for each colour, from black to white", amount=Amount(lowest=1, highest=8, default=4, unit="bits", whole=True)
    ),
    "solarize": FilterRule(
        does="tones from this one up are their negatives", amount=Amount(lowest=0, highest=255, default=128, unit="tone", whole=True)
    ),
    "tint": FilterRule(
        does="one colour, as strong as the amount says, with the picture's brightness", amount=_PERCENT, color=(112, 66, 20, 255)
    ),
    "vignette": FilterRule(
        does="the corners darker by so much, the middle as it is", amount=Amount(lowest=0, highest=100, default=50, unit="percent")
    ),
    "emboss": FilterRule(does="a relief on gray, lit from the upper left"),
    "edges": FilterRule(does="edges on black"),
    "contour": FilterRule(does="edges on white"),
    "smooth": FilterRule(does="a light smoothing"),
}


class StepRefused(AizenError):
    """A step cannot be done to this picture. ``step`` counts from 0, and ``parameter`` is the step's own field; None is the whole step."""

    code = "step_refused"
    detail = "This step cannot be done to this picture."

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        step: int = 0,
        parameter: str | None = None,
        allowed: Sequence[str] | None = None,
    ) -> None:
        super().__init__(detail, code=code)
        self.step = step
        self.parameter = parameter
        self.allowed = tuple(allowed) if allowed is not None else None


class OutputRefused(AizenError):
    """What was asked of the file cannot be had; ``parameter`` is the output's field (format, quality, max_bytes, frame)."""

    code = "output_refused"
    detail = "This file cannot be made."

    def __init__(
        self, detail: str | None = None, *, code: str | None = None, parameter: str = "format", allowed: Sequence[str] | None = None
    ) -> None:
        super().__init__(detail, code=code)
        self.parameter = parameter
        self.allowed = tuple(allowed) if allowed is not None else None
