"""The one table of the language: what can be done, what each of it may be told, in JSON and in addresses.

Readers, the printer, the schemas and what is shown of the language are all made of it. What filters may be told stands in
``imaging.steps.FILTERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from aizen.imaging import OutputFormat
from aizen.imaging.steps import (
    BLACK,
    FILTERS,
    FITS,
    WHITE,
    Background,
    Border,
    Crop,
    Filter,
    FilterRule,
    Flip,
    Mirror,
    Pad,
    Radius,
    Resize,
    Rotate,
    Step,
    Trim,
    Watermark,
)
from aizen.imaging.turns import RIGHT_ANGLES
from aizen.transformations.language.texts import Anchor, Color, Compass, ImageName, Ratio, Text
from aizen.transformations.language.values import Angle, Choice, Kind, Number, OrWord, Refused, Side, Truth, Whole

# libjpeg's own limit of a side: nothing that is taken reaches further.
SOURCE_SIDE = 65_500
TEXT_LIMIT = 200
MAX_BYTES_LIMIT = 100 * 1024 * 1024
FRAME_LIMIT = 9_999


@dataclass(frozen=True, kw_only=True)
class LanguageLimits:
    """How much one recipe may say. ``max_side`` bounds what is told in pixels of a result; ``max_characters`` is for an address."""

    max_steps: int = 8
    max_parameters: int = 20
    max_side: int = 4096
    max_characters: int = 16_000


LIMITS = LanguageLimits()
# In place of a default: the parameter has to be told.
REQUIRED = object()


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One thing that an operation is told: ``name`` in JSON; ``key`` in an address, None where it stands in the operation's own value."""

    name: str
    kind: Kind
    does: str
    key: str | None = None
    default: Any = None

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


def _as_told(values: dict[str, Any]) -> dict[str, Any]:
    return values


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that can be done. ``key`` stands for it in an address; its value has the ``parts``, parted by colons.

    ``short`` are the parameters that a bare value means in the object form; ``bare`` operations are also asked for by ``true`` there.
    ``settle`` makes of what was told what the step is made of: it raises ``Refused`` where single parameters are fine and do not go
    together. ``one_of`` names the parameters of which at least one is told.
    """

    name: str
    makes: Callable[..., Step]
    does: str
    spelling: str
    parameters: tuple[Parameter, ...] = ()
    key: str | None = None
    parts: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    bare: bool = False
    one_of: tuple[str, ...] = ()
    settle: Callable[[dict[str, Any]], dict[str, Any]] = _as_told

    def parameter(self, name: str) -> Parameter:
        return next(parameter for parameter in self.parameters if parameter.name == name)


@dataclass(frozen=True, kw_only=True)
class Output:
    """What file is written. None is the format's own quality, no bound of bytes, and every frame."""

    format: OutputFormat | Literal["auto", "orig"] = "auto"
    quality: int | Literal["auto"] | None = None
    max_bytes: int | None = None
    metadata: Literal["copyright", "none"] = "copyright"
    frame: int | None = None


_JPG = {"jpg": "jpeg", "tif": "tiff"}
OUTPUT: tuple[Parameter, ...] = (
    Parameter(
        name="format",
        key="f",
        kind=Choice(words=(*get_args(OutputFormat), "auto", "orig"), aliases=_JPG),
        does="the file's format; auto is the best that the caller takes, orig the source's own",
        default="auto",
    ),
    Parameter(
        name="quality",
        key="q",
        kind=OrWord(kind=Whole(lowest=1, highest=100), word="auto"),
        does="how much is kept when the file is packed; auto looks at the picture; left out is the format's own",
    ),
    Parameter(
        name="max_bytes",
        key="mb",
        kind=Whole(lowest=1, highest=MAX_BYTES_LIMIT, unit="bytes"),
        does="the quality is lowered until the file is no larger",
    ),
    Parameter(
        name="metadata",
        key="md",
        kind=Choice(words=("copyright", "none")),
        does="what the file says of its maker: creator, copyright and provenance, or nothing but that a model has made it",
        default="copyright",
    ),
    Parameter(
        name="frame",
        key="frame",
        kind=Whole(lowest=0, highest=FRAME_LIMIT),
        does="a still of an animation, counted from 0; left out keeps all frames",
    ),
)


def default_fit(values: Mapping[str, Any]) -> str:
    """What ``fit`` is where none is told: cover where both sides or a ratio are, else contain."""
    both = values["width"] is not None and values["height"] is not None
    return "cover" if both or values["aspect_ratio"] is not None else "contain"


def _settle_resize(values: dict[str, Any]) -> dict[str, Any]:
    if all(values[name] is not None for name in ("width", "height", "aspect_ratio")):
        raise Refused("not_together", "Two of width, height and aspect_ratio say the third.", parameter="aspect_ratio")
    fit = values["fit"] or default_fit(values)
    if values["background"] is not None and fit != "pad":
        raise Refused("not_together", "Only the fit pad leaves room for a background.", allowed=["fit pad"], parameter="background")
    return {**values, "fit": fit, **_without_effect({**values, "fit": fit})}


def _without_effect(values: dict[str, Any]) -> dict[str, Any]:
    """What was told and changes nothing, as it is where it is not told: equal pictures are equal recipes."""
    sides = [values[name] for name in ("width", "height") if values[name] is not None]
    follows = len(sides) == 1 and values["aspect_ratio"] is None
    settled: dict[str, Any] = {}
    if follows and values["fit"] in ("cover", "stretch"):
        # The other side follows: nothing is left to be cut or stretched.
        settled["fit"] = "contain"
    if follows or values["fit"] not in ("cover", "pad"):
        settled |= {"gravity": None, "x": 0, "y": 0}
    elif values["fit"] == "pad" and values["gravity"] in ("auto", "center", (0.5, 0.5)):
        # Nothing is cut off, and so there is nothing to look for: it stands in the middle.
        settled["gravity"] = None
    if not any(isinstance(side, int) for side in sides):
        settled["dpr"] = 1
    return settled


def _settle_rotate(values: dict[str, Any]) -> dict[str, Any]:
    # A right angle leaves no corners.
    return {**values, "background": None} if values["angle"] in RIGHT_ANGLES else values


def _settle_watermark(values: dict[str, Any]) -> dict[str, Any]:
    if values["text"] is not None and values["image"] is not None:
        raise Refused("not_together", "Must have a text or an image, not both.", parameter="image")
    # An image brings its own colours.
    return values if values["text"] is not None else {**values, "color": WHITE}


def filter_parameters(name: str) -> tuple[Parameter, ...]:
    """What the filter of that name takes beside its name."""
    rule = FILTERS[name]
    color = Parameter(name="color", kind=Color(), does="the colour of it", default=rule.color)
    return (*_amounts(rule), *((color,) if rule.color is not None else ()))


def _amounts(rule: FilterRule) -> tuple[Parameter, ...]:
    amount = rule.amount
    if amount is None:
        return ()
    kind: Kind = Number(lowest=amount.lowest, highest=amount.highest, unit=amount.unit)
    if amount.whole:
        kind = Whole(lowest=int(amount.lowest), highest=int(amount.highest), unit=amount.unit)
    return (Parameter(name="amount", kind=kind, does=amount.unit, default=amount.default),)


FILTER_NAME = Parameter(name="name", kind=Choice(words=tuple(FILTERS)), does="which filter", default=REQUIRED)


_GROUND = OrWord(kind=Color(), word="blur")
_BACKGROUND = Parameter(name="background", key="bg", kind=_GROUND, does="a colour, or blur; left out is transparent")


def _resize(max_side: int) -> Operation:
    side, offset = Side(lowest=1, highest=max_side), Whole(lowest=-max_side, highest=max_side, unit="pixels")
    hint = "fill means crop to some and stretch to others: say cover, or stretch. Allowed are contain, cover, pad and stretch."
    return Operation(
        name="resize",
        makes=Resize,
        does="fits into, covers, is padded or stretched to these sides",
        spelling="w=width,h=height,fit=fit",
        one_of=("width", "height", "aspect_ratio"),
        settle=_settle_resize,
        parameters=(
            Parameter(name="width", key="w", kind=side, does="pixels, or a fraction of the picture's width"),
            Parameter(name="height", key="h", kind=side, does="pixels, or a fraction of the picture's height"),
            Parameter(
                name="fit",
                key="fit",
                kind=Choice(words=FITS, hints={"fill": hint}),
                does="contain (the default with one side), cover (with two, or with a ratio), pad or stretch",
            ),
            Parameter(name="enlarge", key="el", kind=Truth(), does="whether a smaller picture grows", default=False),
            Parameter(name="aspect_ratio", key="ar", kind=Ratio(), does="width to height, in place of one side or of both"),
            Parameter(name="dpr", key="dpr", kind=Number(lowest=1, highest=3), does="multiplies sides told in pixels", default=1),
            Parameter(
                name="gravity",
                key="g",
                kind=Anchor(),
                does="what is kept, or where it stands: a place, auto (what is worth seeing), a point; left out is the focal point",
            ),
            Parameter(name="x", key="x", kind=offset, does="moves that place to the right", default=0),
            Parameter(name="y", key="y", kind=offset, does="moves that place down", default=0),
            _BACKGROUND,
        ),
    )


def _crop() -> Operation:
    place, side = Side(lowest=0, highest=SOURCE_SIDE), Side(lowest=1, highest=SOURCE_SIDE)
    return Operation(
        name="crop",
        makes=Crop,
        does="only this part is left, measured in the upright picture",
        key="crop",
        parts=("x", "y", "width", "height"),
        spelling="crop=x:y:width:height",
        one_of=("x", "y", "width", "height"),
        parameters=(
            Parameter(name="x", kind=place, does="from the left, in pixels or as a fraction of the width", default=0),
            Parameter(name="y", kind=place, does="from the top, in pixels or as a fraction of the height", default=0),
            Parameter(name="width", kind=side, does="pixels or a fraction; left out reaches to the edge"),
            Parameter(name="height", kind=side, does="pixels or a fraction; left out reaches to the edge"),
        ),
    )


def _turning() -> tuple[Operation, ...]:
    corners = Parameter(name="background", key="bg", kind=Color(), does="what the corners show; left out is transparent")
    return (
        Operation(
            name="rotate",
            makes=Rotate,
            does="is turned clockwise; the canvas grows",
            key="rot",
            parts=("angle",),
            spelling="rot=angle",
            short=("angle",),
            settle=_settle_rotate,
            parameters=(Parameter(name="angle", kind=Angle(), does="degrees clockwise", default=REQUIRED), corners),
        ),
        Operation(name="flip", makes=Flip, does="top is bottom", key="flip", spelling="flip=v", bare=True),
        Operation(name="mirror", makes=Mirror, does="left is right", key="flip", spelling="flip=h", bare=True),
    )


def _edges(max_side: int) -> tuple[Operation, ...]:
    pixels, some = Whole(lowest=0, highest=max_side, unit="pixels"), Whole(lowest=1, highest=max_side, unit="pixels")
    sides = ("top", "right", "bottom", "left")
    return (
        Operation(
            name="pad",
            makes=Pad,
            does="pixels stand around it",
            key="pd",
            parts=sides,
            spelling="pd=all or pd=top:right:bottom:left",
            short=sides,
            one_of=sides,
            parameters=(*(Parameter(name=side, kind=pixels, does="pixels there", default=0) for side in sides), _BACKGROUND),
        ),
        Operation(
            name="background",
            makes=Background,
            does="what was transparent shows this colour",
            key="bg",
            parts=("color",),
            spelling="bg=color",
            short=("color",),
            parameters=(Parameter(name="color", kind=Color(), does="the colour", default=REQUIRED),),
        ),
        Operation(
            name="radius",
            makes=Radius,
            does="the corners are round",
            key="r",
            parts=("radius",),
            spelling="r=radius",
            short=("radius",),
            parameters=(
                Parameter(name="radius", kind=OrWord(kind=some, word="max"), does="pixels; max gives a circle or a pill", default=REQUIRED),
            ),
        ),
        Operation(
            name="border",
            makes=Border,
            does="a frame stands around it",
            key="bo",
            parts=("width", "color"),
            spelling="bo=width:color",
            short=("width",),
            parameters=(
                Parameter(name="width", kind=some, does="pixels", default=REQUIRED),
                Parameter(name="color", kind=Color(), does="the frame's colour", default=BLACK),
            ),
        ),
    )


def _watermark(max_side: int) -> Operation:
    offset = Whole(lowest=-max_side, highest=max_side, unit="pixels")
    return Operation(
        name="watermark",
        makes=Watermark,
        does="a text or another picture is laid over it",
        key="wm",
        spelling="wm=b64:text or wm=id@version",
        short=("text",),
        one_of=("text", "image"),
        settle=_settle_watermark,
        parameters=(
            Parameter(name="text", kind=Text(longest=TEXT_LIMIT), does="one line of text"),
            Parameter(name="image", kind=ImageName(), does="the id of an image of your own, with @version if it must be that very one"),
            Parameter(name="gravity", key="wg", kind=Compass(), does="where it stands", default="south_east"),
            Parameter(name="x", key="wx", kind=offset, does="pixels off that edge, to the inside", default=0),
            Parameter(name="y", key="wy", kind=offset, does="pixels off that edge, to the inside", default=0),
            Parameter(name="opacity", key="wo", kind=Number(lowest=0, highest=1), does="1 is opaque", default=1),
            Parameter(
                name="scale", key="ws", kind=Number(lowest=0.01, highest=1), does="its width as a share of the picture's", default=0.25
            ),
            Parameter(name="rotate", key="wr", kind=Angle(), does="degrees clockwise", default=0),
            Parameter(name="tile", key="wt", kind=Truth(), does="whether it is repeated all over the picture", default=False),
            Parameter(name="color", key="wc", kind=Color(), does="the text's colour", default=WHITE),
        ),
    )


@cache
def operations(max_side: int = LIMITS.max_side) -> Mapping[str, Operation]:
    """Every operation by its name, in the order in which those of one segment, and of the object form, are applied."""
    trim = Operation(
        name="trim",
        makes=Trim,
        does="a border of one colour is gone",
        key="trim",
        parts=("tolerance",),
        spelling="trim=tolerance",
        short=("tolerance",),
        bare=True,
        parameters=(
            Parameter(name="tolerance", kind=Whole(lowest=0, highest=255), does="how much a channel of it may differ", default=10),
        ),
    )
    filters = Operation(
        name="filter",
        makes=Filter,
        does="is as the filter makes it",
        key="fx",
        spelling="fx=name:amount or fx=name:color:amount",
        parameters=(
            FILTER_NAME,
            Parameter(name="amount", kind=Number(lowest=-360, highest=500), does="how much, in the filter's own unit"),
            Parameter(name="color", kind=Color(), does="the colour, where the filter takes one"),
        ),
    )
    ordered = (trim, _crop(), _resize(max_side), *_turning(), filters, *_edges(max_side), _watermark(max_side))
    return {operation.name: operation for operation in ordered}
