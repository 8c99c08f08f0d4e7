"""The generated parts of docs/transformations.md: a picture of every operation, made by the engine itself, and the tables of the language.

``python -m tests.workshop.transformations_page`` writes them; ``test_transformations_page.py`` holds them against the code.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from aizen.imaging import Encoding, Limits, Order
from aizen.imaging.engine import render
from aizen.transformations.language.describing import described
from aizen.transformations.language.operations import LIMITS
from aizen.transformations.presets import PRESETS
from aizen.transformations.recipe import read_url
from tests.workshop.sample import badge, lake

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "transformations.md"
PICTURES = DOCS / "pictures"
# The image that watermarks of the examples name.
BADGE = "0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55"


@dataclass(frozen=True)
class Example:
    """A recipe and what it shows; ``of`` is the sample that it is done to."""

    name: str
    recipe: str
    says: str
    of: str = "lake"


@dataclass(frozen=True)
class Group:
    """Examples that stand together, under a heading."""

    heading: str
    examples: tuple[Example, ...]


GROUPS = (
    Group(
        "Size",
        (
            Example("contain", "w=300", "one side: the other follows"),
            Example("cover", "w=200,h=200", "two sides: covered, cut around the focal point or the centre"),
            Example("cover-east", "w=200,h=200,g=e", "… cut towards the east"),
            Example("cover-auto", "w=200,h=200,g=auto", "… cut to what is worth seeing"),
            Example("cover-point", "w=200,h=200,g=fp:0.68:0.42", "… cut around a point"),
            Example("ratio", "w=300,ar=21:9", "a ratio in place of a side"),
            Example("pad-fit", "w=240,h=240,fit=pad,bg=ffd196", "padded, in a colour"),
            Example("pad-blur", "w=240,h=240,fit=pad,bg=blur", "padded with the picture itself, blurred"),
            Example("stretch", "w=240,h=240,fit=stretch", "stretched"),
        ),
    ),
    Group(
        "Part and place",
        (
            Example("crop", "crop=0.2:0.42:0.3:0.4/w=240", "a part, in fractions (or pixels) of the upright picture"),
            Example("trim", "trim=12/w=240", "a border of one colour is cut off", of="framed"),
            Example("rotate", "w=240/rot=12,bg=white", "turned clockwise; the canvas grows"),
            Example("rotate-right", "w=240/rot=90", "right angles are exact"),
            Example("flip", "w=240/flip=v", "top is bottom"),
            Example("mirror", "w=240/flip=h", "left is right"),
        ),
    ),
    Group(
        "Edges and ground",
        (
            Example("pad", "w=240/pd=20,bg=26304f", "room around it"),
            Example("radius", "w=240/r=24", "round corners (transparent)"),
            Example("circle", "w=220,h=220,g=auto/r=max", "a circle"),
            Example("border", "w=240/bo=8:f4f0e8", "a frame"),
            Example("background", "w=200/bg=ffd196", "what was transparent shows a colour", of="badge"),
        ),
    ),
    Group(
        "Watermarks",
        (
            Example("watermark-text", "w=320/wm=b64:wqkgQWl6ZW4,wx=12,wy=10,wo=0.8", "a text"),
            Example("watermark-image", f"w=320/wm={BADGE},ws=0.2,wg=ne,wx=12,wy=12,wo=0.9", "one of your own images"),
            Example("watermark-tile", "w=320/wm=b64:UFJPT0Y,ws=0.2,wr=-30,wt=1,wo=0.35", "repeated, turned"),
        ),
    ),
    Group(
        "Filters",
        tuple(
            Example(f"filter-{spelled.partition(':')[0]}", f"w=240/fx={spelled}", says)
            for spelled, says in (
                ("grayscale", "no colour"),
                ("sepia:80", "an old print"),
                ("invert", "the negative"),
                ("blur:4", "a Gaussian blur, σ in pixels"),
                ("sharpen:250", "an unsharp mask"),
                ("pixelate:12", "squares of one colour"),
                ("brightness:25", "lighter; below 0 darker"),
                ("contrast:40", "more contrast; below 0 less"),
                ("saturation:70", "more colour; below 0 less"),
                ("hue:120", "every hue turned"),
                ("gamma:1.8", "lighter middle tones; below 1 darker"),
                ("autocontrast:2", "the full range of tones"),
                ("equalize", "every tone as frequent as any other"),
                ("posterize:2", "few tones"),
                ("solarize:128", "light tones are their negatives"),
                ("tint:2f6f8f:80", "one colour"),
                ("vignette:80", "dark corners"),
                ("emboss", "a relief"),
                ("edges", "edges on black"),
                ("contour", "edges on white"),
                ("smooth", "a light smoothing"),
            )
        ),
    ),
    Group(
        "Several steps",
        (
            Example(
                "card",
                "crop=0.05:0.25:0.7:0.7/w=320,h=180,g=auto/fx=saturation:30/r=16/wm=b64:wqkgQWl6ZW4,wx=12,wy=8",
                "done in this order",
            ),
        ),
    ),
)
EXAMPLES = tuple(example for group in GROUPS for example in group.examples)
_PER_ROW = 3


def samples() -> dict[str, Image.Image]:
    """The pictures that the examples start from."""
    scene = lake()
    framed = Image.new("RGB", (scene.width + 240, scene.height + 200), (247, 244, 238))
    framed.paste(scene, (120, 100))
    return {"lake": scene, "badge": badge(), "framed": framed}


def picture_of(example: Example) -> Path:
    """Where the picture of that example stands."""
    return PICTURES / f"{example.name}.webp"


def rendered(folder: Path) -> Iterator[tuple[Example, Path]]:
    """Each example with its picture, which the engine has made in ``folder``."""
    started_from = samples()
    for name, image in started_from.items():
        image.save(folder / f"{name}.png")
    for example in EXAMPLES:
        target = folder / f"{example.name}.webp"
        recipe = read_url(example.recipe, PRESETS).recipe
        order = Order(
            source=str(folder / f"{example.of}.png"),
            target=str(target),
            size=started_from[example.of].size,
            steps=recipe.steps,
            encoding=Encoding(format="webp", quality=76),
            limits=Limits(),
            max_side=LIMITS.max_side,
            watermarks={BADGE: str(folder / "badge.png")},
        )
        target.touch()
        render(order)
        yield example, target


def section(name: str) -> str:
    """The generated part of that name, as it has to stand between its two marks."""
    return {"pictures": _pictures, "operations": _operations, "filters": _filters, "output": _output, "presets": _presets}[name]()


def with_sections(text: str) -> str:
    """``text`` with every generated part as it has to be."""
    return re.sub(
        r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{section(found[2])}{found[3]}",
        text,
        flags=re.DOTALL,
    )


def _pictures() -> str:
    lines = []
    for group in GROUPS:
        lines.append(f"\n### {group.heading}\n")
        for at in range(0, len(group.examples), _PER_ROW):
            row = group.examples[at : at + _PER_ROW]
            lines.append(f"| {' | '.join(f'![{each.says}](pictures/{each.name}.webp)' for each in row)} |")
            lines.append(f"|{'---|' * len(row)}")
            lines.append(f"| {' | '.join(f'`{_shown(each)}`<br>{each.says}' for each in row)} |\n")
    return "\n".join(lines) + "\n"


def _shown(example: Example) -> str:
    return example.recipe.replace(BADGE, "0192f3a1-…")


def _told(parameters: list[dict[str, Any]]) -> str:
    return "<br>".join(f"`{each['name']}`{_key(each)}: {each['does']}{_bounds(each)}" for each in parameters) or "–"


def _key(parameter: dict[str, Any]) -> str:
    return f" (`{parameter['url']}`)" if parameter["url"] and parameter["url"] != parameter["name"] else ""


def _bounds(parameter: dict[str, Any]) -> str:
    schema, told = parameter["schema"], []
    if "enum" in schema:
        told.append(", ".join(map(str, schema["enum"])))
    if "minimum" in schema:
        told.append(f"{schema['minimum']:.12g} … {schema['maximum']:.12g}")
    if parameter["required"]:
        told.append("required")
    elif parameter["default"] is not None:
        told.append(f"default {str(parameter['default']).lower()}")
    return f" ({'; '.join(told)})" if told else ""


def _operations() -> str:
    rows = [f"| `{each['name']}` | `{each['url']}` | {each['does']} | {_told_to(each)} |" for each in described(PRESETS)["operations"]]
    return "\n".join(["| op | in an address | the picture … | may be told |", "|---|---|---|---|", *rows]) + "\n"


def _told_to(operation: dict[str, Any]) -> str:
    if operation["name"] == "filter":
        return (
            "`name`, and what that filter takes: see [filters](#filters). Several (`filters` in the object form) are done as they were sent"
        )
    return _told(operation["parameters"])


def _filters() -> str:
    rows = [f"| `{each['name']}` | {each['does']} | {_told(each['parameters'])} |" for each in described(PRESETS)["filters"]]
    return "\n".join(["| filter | what it makes | may be told |", "|---|---|---|", *rows]) + "\n"


def _output() -> str:
    rows = [f"| `{each['name']}` | `{each['url']}` | {each['does']}{_bounds(each)} |" for each in described(PRESETS)["output"]]
    return "\n".join(["| output | in an address | |", "|---|---|---|", *rows]) + "\n"


def _presets() -> str:
    rows = [f"| `{each['name']}` | `{each['recipe']}` |" for each in described(PRESETS)["presets"]]
    return "\n".join(["| preset | its recipe |", "|---|---|", *rows]) + "\n"


def write() -> None:
    """The pictures and the generated parts of the page are as the code has them."""
    PICTURES.mkdir(exist_ok=True)
    for stale in PICTURES.glob("*.webp"):
        stale.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for example, made in rendered(Path(folder)):
            picture_of(example).write_bytes(made.read_bytes())
    PAGE.write_text(with_sections(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
