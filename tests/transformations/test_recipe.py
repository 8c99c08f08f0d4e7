"""The language of transformations: two spellings of one canonical recipe."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aizen.errors import FieldError, Invalid
from aizen.imaging.geometry import fitted, kept_box, standing
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Filter,
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
from aizen.transformations.language import json_telling
from aizen.transformations.language.operations import operations
from aizen.transformations.presets import PRESETS
from aizen.transformations.recipe import LanguageLimits, Output, Recipe, read_json, read_url
from tests.transformations.recipes import RECIPES, said_in_json

ORANGE = (255, 136, 0, 255)


def steps_of(text: str) -> tuple[Step, ...]:
    return read_url(text, PRESETS).recipe.steps


def canonical(text: str) -> str:
    return read_url(text, PRESETS).recipe.canonical


@settings(max_examples=100)
@given(RECIPES)
def test_reading_what_was_printed_is_the_recipe_itself_and_json_says_the_same(recipe: Recipe) -> None:
    assert read_url(recipe.canonical, {}).recipe == recipe
    from_json = read_json(json.loads(json.dumps(said_in_json(recipe))), {}).recipe
    assert from_json == recipe
    assert read_json({"recipe": str(from_json)}, {}).recipe == recipe
    assert read_json(json.loads(json.dumps(json_telling.told(recipe))), {}).recipe == recipe


# Words of the language beside what is none, so that what comes of them gets far into the readers.
_VOCABULARY = """op steps name width height x y fit gravity auto resize crop filter sepia tint amount color watermark text image preset
thumb pad blur rotate angle flip mirror output format quality transformations filters compress recipe radius max border trim background"""
_WORDS = st.sampled_from(_VOCABULARY.split())
_TEXTS = _WORDS | st.text(st.characters(codec=None), max_size=12)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
_STEP = st.dictionaries(st.just("op"), _WORDS, min_size=1).flatmap(
    lambda op: st.dictionaries(_TEXTS, _JSON, max_size=4).map(lambda more: {**more, **op})
)
_BODIES = st.fixed_dictionaries(
    {},
    optional={
        "steps": _JSON | st.lists(_STEP | _JSON, max_size=3),
        "output": _JSON,
        "preset": _JSON,
        "recipe": _JSON,
        "transformations": _JSON | st.dictionaries(_WORDS, _JSON, max_size=4),
        "junk": _JSON,
    },
)
_SCRAPS = """w= h= fit= pad cover g= fp: 0.5 800 -1 : : , , , / / = fx= sepia tint crop= pd= bg= red blur wm= b64: aGk wg= t= thumb q= 75 f=
rot= flip= v r= max bo= trim= el= ar= 16:9 dpr= @ % é"""
_PIECES = st.sampled_from(_SCRAPS.split())


def refused_or_read(read: Any, sent: Any) -> None:
    errors: tuple[FieldError, ...] = ()
    try:
        recipe = read(sent, PRESETS).recipe
    except Invalid as invalid:
        errors = invalid.errors
    else:
        assert read_url(str(recipe), {}).recipe == recipe
        return
    assert 1 <= len(errors) <= 20
    for error in errors:
        # A problem is JSON in UTF-8, and repeats only a little of what was sent.
        assert len(json.dumps([error.pointer, error.code, error.detail, error.allowed])) < 4_000
        f"{error.pointer}{error.detail}".encode()


@settings(max_examples=100)
@given(_BODIES)
def test_any_json_is_read_or_refused(body: dict[str, Any]) -> None:
    refused_or_read(read_json, body)


@settings(max_examples=200)
@given(st.text(st.characters(codec=None), max_size=60) | st.lists(_PIECES, max_size=20).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused_or_read(read_url, text)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("w=800,h=600,fit=cover,g=focal,x=0,el=0,dpr=1/q=75,md=copyright", "w=800,h=600/q=75"),
        ("w=800,fit=contain,g=auto,x=5", "w=800"),
        ("h=600.0,g=north,w=.50,fit=pad,bg=white", "w=0.5,h=600,fit=pad,g=n,bg=ffffff"),
        ("ar=1920:1080,w=800", "w=800,ar=16:9"),
        ("rot=-90", "rot=270"),
        ("rot=360", "rot=0"),
        ("rot=-0.0000001", "rot=0"),
        ("rot=45,bg=f80", "rot=45,bg=ff8800"),
        ("fx=sepia:100", "fx=sepia"),
        ("fx=tint:704214:50", "fx=tint::50"),
        ("pd=5:5:5:5", "pd=5"),
        ("pd=5::5:", "pd=5:0:5:0"),
        ("bo=2:black", "bo=2"),
        ("crop=::100:100", "crop=0:0:100:100"),
        ("crop=5", "crop=5:0::"),
        ("trim=", "trim=10"),
        ("wm=b64:wqkgQWl6ZW4=,wg=south_east,wo=1.0,wt=false", "wm=b64:wqkgQWl6ZW4"),
        ("wm=0192AAAA-0000-7000-8000-0123456789AB@9F86D081,wc=red", "wm=0192aaaa-0000-7000-8000-0123456789ab@9f86d081"),
        ("f=jpg", "f=jpeg"),
        ("t=thumb", "w=320,h=320,g=auto"),
        ("f=auto,md=copyright", ""),
        ("w=80,h=60,fit=pad,g=auto", "w=80,h=60,fit=pad"),
        ("w=80,h=60,fit=pad,g=center", "w=80,h=60,fit=pad"),
        ("w=80,h=60,fit=pad,g=fp:0.5:0.5", "w=80,h=60,fit=pad"),
        ("w=80,fit=pad,g=n,x=3", "w=80,fit=pad"),
        ("w=80,fit=cover,g=auto", "w=80"),
        ("h=80,fit=stretch,y=4", "h=80"),
        ("rot=90,bg=white", "rot=90"),
        ("rot=-180,bg=f80", "rot=180"),
        ("w=0.5,dpr=2", "w=0.5"),
        ("w=0.5,h=0.5,dpr=3", "w=0.5,h=0.5"),
        ("ar=16:9,dpr=2", "ar=16:9"),
    ],
)
def test_equal_wishes_are_one_recipe(one: str, same: str) -> None:
    assert canonical(one) == canonical(same)
    assert canonical(canonical(one)) == canonical(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("w=80,h=60,g=auto", "w=80,h=60"),
        ("w=80,h=60,g=center", "w=80,h=60"),
        ("w=80,ar=4:3,g=n", "w=80,ar=4:3"),
        ("w=80,h=60,fit=pad,g=n", "w=80,h=60,fit=pad"),
        ("w=80,h=60,fit=pad,x=1", "w=80,h=60,fit=pad"),
        ("w=80,fit=pad,bg=red", "w=80"),
        ("rot=45,bg=white", "rot=45"),
        ("w=80,h=0.5,dpr=2", "w=80,h=0.5"),
    ],
)
def test_what_may_look_otherwise_is_another_recipe(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


_RESIZES = st.fixed_dictionaries(
    {},
    optional={
        "width": st.sampled_from([0.5, 20, 70]),
        "height": st.sampled_from([0.25, 30]),
        "aspect_ratio": st.sampled_from(["1:1", "3:2"]),
        "fit": st.sampled_from(["contain", "cover", "pad", "stretch"]),
        "gravity": st.sampled_from(["center", "north", "auto", "focal", "fp:0.5:0.5"]),
        "dpr": st.sampled_from([1, 2]),
        "x": st.sampled_from([0, 7]),
        "enlarge": st.booleans(),
    },
)
_TURNS = st.fixed_dictionaries(
    {"angle": st.sampled_from([0, 90, -90, 270, 45])}, optional={"background": st.sampled_from(["red", "white"])}
)
# One that looks the same from nowhere, with a focal point off its centre; where to look is told, so that ``auto`` says something too.
_SIZE, _FOCAL, _FOUND = (90, 50), (0.2, 0.7), (0.9, 0.1)


def shown_by(step: Step) -> object:
    """Everything that the geometry of a step says of what it makes, for one picture: two that agree in it are one picture."""
    if isinstance(step, Rotate):
        return step.angle, step.background
    assert isinstance(step, Resize)
    fitting = fitted(step, _SIZE)
    return fitting, kept_box(step, _SIZE, fitting, focal=_FOCAL, found=_FOUND), step.fit == "pad" and standing(step, fitting)


def as_told(op: str, told: dict[str, Any]) -> Step:
    """The step that says word for word what was told, with nothing settled."""
    values = {
        parameter.name: parameter.kind.read(told[parameter.name]) for parameter in operations()[op].parameters if parameter.name in told
    }
    if op == "rotate":
        right = values["angle"] in (0, 90, 180, 270)
        return Rotate(angle=values["angle"], background=None if right else values.get("background"))
    both = "width" in told and "height" in told
    return Resize(**{"fit": "cover" if both or "aspect_ratio" in told else "contain", **values})


@settings(max_examples=200)
@given(st.tuples(st.just("resize"), _RESIZES) | st.tuples(st.just("rotate"), _TURNS))
def test_what_is_settled_is_the_same_picture_and_says_itself(sent: tuple[str, dict[str, Any]]) -> None:
    op, told = sent
    if op == "resize" and len(told.keys() & {"width", "height", "aspect_ratio"}) not in (1, 2):
        return
    recipe = read_json({"steps": [{"op": op, **told}]}, {}).recipe

    assert shown_by(recipe.steps[0]) == shown_by(as_told(op, told))
    assert read_url(recipe.canonical, {}).recipe.canonical == recipe.canonical


def test_the_canonical_spelling_is_the_one_of_the_documentation() -> None:
    text = "w=800,h=600,fit=cover,g=auto/fx=sepia:80/q=75"
    assert canonical(text) == "w=800,h=600,g=auto/fx=sepia:80/q=75"
    assert read_url(text, {}).recipe == Recipe(
        steps=(Resize(width=800, height=600, fit="cover", gravity="auto"), Filter(name="sepia", amount=80)), output=Output(quality=75)
    )


def test_operations_of_one_segment_are_applied_in_one_order_whatever_order_they_stand_in() -> None:
    text = "wm=b64:aGk,bo=2,r=max,pd=3,bg=ff8800,fx=sepia,fx=blur,flip=h,flip=v,rot=45,w=80,crop=1:2:3:4,trim=5,wo=0.5"
    assert read_url(text, {}, limits=LanguageLimits(max_steps=12)).recipe.steps == (
        Trim(tolerance=5),
        Crop(x=1, y=2, width=3, height=4),
        Resize(width=80),
        Rotate(angle=45, background=ORANGE),
        Flip(),
        Mirror(),
        Filter(name="sepia", amount=100),
        Filter(name="blur", amount=2),
        Pad(top=3, right=3, bottom=3, left=3, background=ORANGE),
        Radius(radius="max"),
        Border(width=2),
        Watermark(text="hi", opacity=0.5),
    )


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("w=80,bg=ff8800", (Resize(width=80), Background(color=ORANGE))),
        ("w=80,fit=pad,bg=ff8800", (Resize(width=80, fit="pad", background=ORANGE),)),
        ("w=80,fit=pad,bg=blur", (Resize(width=80, fit="pad", background="blur"),)),
        ("w=80,pd=1:2:3:4,bg=blur", (Resize(width=80), Pad(top=1, right=2, bottom=3, left=4, background="blur"))),
        ("rot=45/bg=ff8800", (Rotate(angle=45), Background(color=ORANGE))),
    ],
)
def test_a_background_goes_to_whoever_in_its_segment_shows_one(text: str, steps: tuple[Step, ...]) -> None:
    assert steps_of(text) == steps


def test_the_object_form_is_applied_in_one_order_and_its_filters_as_they_were_sent() -> None:
    body = {
        "watermark": "hi",
        "filters": {"tint": "#f80", "grayscale": True, "sepia": False, "blur": 3, "vignette": {"amount": 20}},
        "mirror": True,
        "flip": False,
        "rotate": 90,
        "crop": {"width": 0.5, "height": 100},
        "resize": {"width": 80, "height": 60},
        "compress": 75,
        "format": "png",
    }
    parsed = read_json({"transformations": body, "output": {"metadata": "none"}}, {}, limits=LanguageLimits(max_steps=12))
    assert parsed.recipe == Recipe(
        steps=(
            Crop(width=0.5, height=100),
            Resize(width=80, height=60, fit="cover"),
            Rotate(angle=90),
            Mirror(),
            Filter(name="tint", amount=100, color=ORANGE),
            Filter(name="grayscale"),
            Filter(name="blur", amount=3),
            Filter(name="vignette", amount=20),
            Watermark(text="hi"),
        ),
        output=Output(format="png", quality=75, metadata="none"),
    )
    assert parsed.pointers[4:6] == ("/transformations/filters/tint", "/transformations/filters/grayscale")
    assert parsed.pointer(0, "width") == "/transformations/crop/width"
    # Where a bare value was sent, that is the nearest thing there is.
    assert parsed.pointer(2, "angle") == "/transformations/rotate"
    assert parsed.output_pointer("quality") == "/transformations/compress"
    assert parsed.output_pointer("metadata") == "/output/metadata"
    assert parsed.output_pointer("max_bytes") == "/output/max_bytes"


def test_the_short_values_of_the_object_form_mean_what_they_seem_to() -> None:
    body = {"trim": True, "rotate": {"angle": -90}, "pad": 5, "background": "white", "radius": "max", "border": 3}
    assert read_json({"transformations": body}, {}).recipe.steps == (
        Trim(tolerance=10),
        Rotate(angle=270),
        Pad(top=5, right=5, bottom=5, left=5),
        Background(color=(255, 255, 255, 255)),
        Radius(radius="max"),
        Border(width=3),
    )


def test_steps_know_where_they_stood() -> None:
    presets = {"round": read_url("w=80,h=80/r=max/f=webp,q=50", {}).recipe}
    parsed = read_json({"steps": [{"op": "flip"}, {"op": "preset", "name": "round"}, {"op": "trim"}], "output": {"quality": 60}}, presets)
    assert parsed.recipe.steps == (Flip(), Resize(width=80, height=80, fit="cover"), Radius(radius="max"), Trim())
    assert parsed.pointers == ("/steps/0", "/steps/1", "/steps/1", "/steps/2")
    assert [parsed.pointer(number, "width") for number in (1, 3)] == ["/steps/1", "/steps/2/width"]
    assert parsed.pointer(3) == "/steps/2"
    # What is said counts more than what a preset says.
    assert parsed.recipe.output == Output(format="webp", quality=60)
    assert (parsed.output_pointer("format"), parsed.output_pointer("quality")) == ("/steps/1", "/output/quality")


def test_a_preset_is_expanded_where_it_stands() -> None:
    presets = {"round": read_url("w=80,h=80/r=max/f=webp,q=50", {}).recipe}
    assert read_url("flip=v/t=round/trim=5/q=60", presets).recipe.canonical == "flip=v/w=80,h=80/r=max/trim=5/f=webp,q=60"
    assert read_json({"preset": "round"}, presets).recipe == presets["round"]
    assert read_json({"preset": "round"}, presets).pointers == ("/preset", "/preset")


def test_a_recipe_in_url_spelling_has_one_pointer() -> None:
    parsed = read_json({"recipe": "w=80/flip=h/q=5"}, {})
    assert parsed.pointers == ("/recipe", "/recipe")
    assert (parsed.pointer(0, "width"), parsed.output_pointer("quality"), parsed.output_pointer("format")) == ("/recipe",) * 3


@pytest.mark.parametrize("text", ["%s", "👩‍🚀 at work", "שלום עולם", "a, b/c=d:e@f", "é", "  blank at both ends  ", "x" * 200])
def test_any_line_of_text_can_be_a_watermark(text: str) -> None:
    recipe = read_json({"steps": [{"op": "watermark", "text": text}]}, {}).recipe
    assert recipe.steps == (Watermark(text=unicodedata.normalize("NFC", text).strip()),)
    assert read_url(str(recipe), {}).recipe == recipe


def test_an_image_as_watermark_has_no_colour_of_text() -> None:
    image = "0192aaaa-0000-7000-8000-0123456789ab"
    assert steps_of(f"wm={image},wc=ff0000") == (Watermark(image=image),)


def test_limits_are_arguments() -> None:
    limits = LanguageLimits(max_steps=1, max_side=100, max_parameters=2, max_characters=20)
    assert read_url("w=100", {}, limits=limits).recipe.steps == (Resize(width=100),)
    for text, code in (("w=101", "out_of_range"), ("flip=v,flip=h", "too_many_steps"), ("w=1,h=2,x=3", "too_many_parameters")):
        with pytest.raises(Invalid) as refused:
            read_url(text, {}, limits=limits)
        assert [error.code for error in refused.value.errors] == [code]
    with pytest.raises(Invalid) as refused:
        read_url("w=1" + " " * 18, {}, limits=limits)
    assert [error.code for error in refused.value.errors] == ["too_long"]


def test_the_language_knows_nothing_of_the_web() -> None:
    asked = "import sys, aizen.transformations.recipe, aizen.transformations.language.describing, aizen.transformations.presets; "
    loaded = "print([name for name in ('flask', 'marshmallow', 'sqlalchemy') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", asked + loaded], capture_output=True, text=True, check=True).stdout.strip() == "[]"
