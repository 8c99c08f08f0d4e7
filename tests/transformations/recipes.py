"""Whole recipes to try the language with, and how JSON says them; written by hand, without the language's own table."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict
from typing import Any, cast

from hypothesis import strategies as st

from aizen.imaging.steps import (
    COMPASS,
    FILTERS,
    Background,
    Border,
    Crop,
    Filter,
    Fit,
    Flip,
    Mirror,
    Pad,
    Radius,
    Resize,
    Rgba,
    Rotate,
    Step,
    Trim,
    Watermark,
)
from aizen.transformations.recipe import Output, Recipe


def millionths(lowest: float, highest: float) -> st.SearchStrategy[float]:
    """Numbers to six decimals; whole ones are ints, as in every recipe."""
    lot = st.integers(round(lowest * 1_000_000), round(highest * 1_000_000)).map(lambda number: number / 1_000_000)
    return (lot | st.sampled_from([lowest, highest])).map(lambda number: int(number) if number == int(number) else number)


FRACTIONS = st.integers(1, 999_999).map(lambda number: number / 1_000_000)
COLORS = cast("st.SearchStrategy[Rgba]", st.tuples(*[st.integers(0, 255)] * 4) | st.just((0, 0, 0, 0)) | st.just((255, 136, 0, 255)))
GROUNDS = st.none() | COLORS | st.just("blur")
ANGLES = millionths(0, 359.999999)
OFFSETS = st.integers(-4096, 4096)
EDGES = st.integers(0, 4096)


def lengths(lowest: int, highest: int) -> st.SearchStrategy[float]:
    return st.integers(lowest, highest) | FRACTIONS


def _resize(shape: Any, wish: Fit | None, place: Any, more: dict[str, Any], ground: Any) -> Resize:
    width, height, ratio = shape
    fit: Fit = wish or ("cover" if ratio or (width and height) else "contain")
    follows = ratio is None and (width is None or height is None)
    if follows and fit != "pad":
        fit = "contain"
    where = dict(zip(("gravity", "x", "y"), place, strict=True)) if fit in ("cover", "pad") and not follows else {}
    if fit == "pad" and where.get("gravity") in ("auto", "center", (0.5, 0.5)):
        where["gravity"] = None
    if not any(isinstance(side, int) for side in (width, height)):
        more = {name: value for name, value in more.items() if name != "dpr"}
    return Resize(width=width, height=height, aspect_ratio=ratio, fit=fit, background=ground if fit == "pad" else None, **where, **more)


SIDES = lengths(1, 4096)
RATIOS = st.sampled_from([(16, 9), (1, 1), (2, 3), (9999, 10000)])
SHAPES = st.one_of(
    st.tuples(SIDES, st.none() | SIDES, st.none()),
    st.tuples(st.none(), SIDES, st.none() | RATIOS),
    st.tuples(st.none() | SIDES, st.none(), RATIOS),
)
GRAVITIES = st.sampled_from([None, "auto", *COMPASS]) | st.tuples(millionths(0, 1), millionths(0, 1))
RESIZES = st.builds(
    _resize,
    SHAPES,
    st.sampled_from([None, "contain", "cover", "pad", "stretch"]),
    st.tuples(GRAVITIES, OFFSETS, OFFSETS),
    st.fixed_dictionaries({}, optional={"enlarge": st.booleans(), "dpr": millionths(1, 3)}),
    GROUNDS,
)


def _filters(name: str) -> st.SearchStrategy[Filter]:
    rule = FILTERS[name]
    amount: st.SearchStrategy[Any] = st.none()
    if rule.amount is not None:
        bounds = rule.amount.lowest, rule.amount.highest
        amount = st.just(rule.amount.default) | (st.integers(int(bounds[0]), int(bounds[1])) if rule.amount.whole else millionths(*bounds))
    return st.builds(Filter, name=st.just(name), amount=amount, color=st.none() if rule.color is None else st.just(rule.color) | COLORS)


def _is_line(text: str) -> bool:
    return 0 < len(text) <= 200 and not any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in text)


LINES = st.text(max_size=30).map(lambda text: unicodedata.normalize("NFC", text).strip()).filter(_is_line) | st.sampled_from(
    ["© Aizen", "%s", "👩‍🚀", "שלום", "x" * 200, "w=800/fx=sepia,b64:"]
)
IMAGES = st.builds(lambda name, version: f"{name}{version}", st.uuids(), st.sampled_from(["", "@9f86d081"]))
MARKS = {
    "gravity": st.sampled_from(COMPASS),
    "x": OFFSETS,
    "y": OFFSETS,
    "opacity": millionths(0, 1),
    "scale": millionths(0.01, 1),
    "rotate": ANGLES,
    "tile": st.booleans(),
}
WATERMARKS = st.builds(
    lambda said, more: Watermark(**said, **more),
    st.fixed_dictionaries({"text": LINES}, optional={"color": COLORS}) | st.fixed_dictionaries({"image": IMAGES}),
    st.fixed_dictionaries({}, optional=MARKS),
)
CROPS = st.tuples(lengths(0, 65500), lengths(0, 65500), st.none() | lengths(1, 65500), st.none() | lengths(1, 65500)).map(
    lambda box: Crop(x=box[0], y=box[1], width=box[2], height=box[3])
)
STEPS: st.SearchStrategy[Step] = st.one_of(
    CROPS,
    st.builds(Trim, tolerance=st.integers(0, 255)),
    RESIZES,
    st.tuples(ANGLES, st.none() | COLORS).map(lambda told: Rotate(angle=told[0], background=told[1] if told[0] % 90 else None)),
    st.builds(Flip),
    st.builds(Mirror),
    st.sampled_from(list(FILTERS)).flatmap(_filters),
    st.builds(Background, color=COLORS),
    st.builds(Pad, top=EDGES, right=EDGES, bottom=EDGES, left=EDGES, background=GROUNDS),
    EDGES.map(lambda all_four: Pad(top=all_four, right=all_four, bottom=all_four, left=all_four)),
    st.builds(Radius, radius=st.integers(1, 4096) | st.just("max")),
    st.builds(Border, width=st.integers(1, 4096), color=COLORS | st.just((0, 0, 0, 255))),
    WATERMARKS,
)
OUTPUTS = st.builds(
    Output,
    format=st.sampled_from(["auto", "orig", "jpeg", "png", "webp", "avif", "gif", "tiff"]),
    quality=st.none() | st.integers(1, 100) | st.just("auto"),
    max_bytes=st.none() | st.integers(1, 10_000_000),
    metadata=st.sampled_from(["copyright", "none"]),
    frame=st.none() | st.integers(0, 9_999),
)
RECIPES = st.builds(Recipe, steps=st.lists(STEPS, max_size=8).map(tuple), output=OUTPUTS)


def said_in_json(recipe: Recipe) -> dict[str, Any]:
    """The body that says the recipe, with everything that JSON can say told."""
    output = {name: value for name, value in asdict(recipe.output).items() if value is not None}
    return {"steps": [_step(step) for step in recipe.steps], "output": output}


def _step(step: Step) -> dict[str, Any]:
    told = {name: _value(name, value) for name, value in asdict(step).items() if value is not None}
    return {"op": type(step).__name__.lower(), **told}


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    if name == "gravity":
        return f"fp:{value[0]:.6f}:{value[1]:.6f}"
    return f"{value[0]}:{value[1]}" if name == "aspect_ratio" else "#" + bytes(value).hex()
