"""What the language refuses: the field is named exactly, and what would be allowed is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from aizen.errors import FieldError, Invalid
from aizen.imaging.steps import FILTERS
from aizen.transformations.presets import PRESETS
from aizen.transformations.recipe import read_json, read_url

INFINITY = float("inf")
# Each with the code that a number's field refuses it by.
BAD_NUMBERS: list[tuple[Any, str]] = [
    (-1, "out_of_range"),
    (0, "out_of_range"),
    (65535, "out_of_range"),
    (1e9, "out_of_range"),
    (float("1e400"), "out_of_range"),
    (float("nan"), "out_of_range"),
    (INFINITY, "out_of_range"),
    (-INFINITY, "out_of_range"),
    ("10px", "wrong_type"),
    ("10", "wrong_type"),
    (True, "wrong_type"),
    (None, "null"),
    ([], "wrong_type"),
    ({}, "wrong_type"),
    (2**63, "out_of_range"),
    (10**5000, "out_of_range"),
]
# (operation, parameter) -> which of these are good, and how the bounds are told.
NUMBERS: dict[tuple[str, str], tuple[tuple[int, ...], str]] = {
    ("crop", "x"): ((0,), "between 0 and 65500, or a fraction between 0 and 1"),
    ("crop", "y"): ((0,), "between 0 and 65500, or a fraction between 0 and 1"),
    ("crop", "width"): ((), "between 1 and 65500, or a fraction between 0 and 1"),
    ("crop", "height"): ((), "between 1 and 65500, or a fraction between 0 and 1"),
    ("trim", "tolerance"): ((0,), "between 0 and 255"),
    ("resize", "width"): ((), "between 1 and 4096, or a fraction between 0 and 1"),
    ("resize", "height"): ((), "between 1 and 4096, or a fraction between 0 and 1"),
    ("resize", "dpr"): ((), "between 1 and 3"),
    ("resize", "x"): ((-1, 0), "between -4096 and 4096"),
    ("resize", "y"): ((-1, 0), "between -4096 and 4096"),
    ("rotate", "angle"): ((-1, 0), "between -360 and 360"),
    ("pad", "top"): ((0,), "between 0 and 4096"),
    ("pad", "right"): ((0,), "between 0 and 4096"),
    ("pad", "bottom"): ((0,), "between 0 and 4096"),
    ("pad", "left"): ((0,), "between 0 and 4096"),
    ("radius", "radius"): ((), "between 1 and 4096 (pixels), or max"),
    ("border", "width"): ((), "between 1 and 4096"),
    ("watermark", "x"): ((-1, 0), "between -4096 and 4096"),
    ("watermark", "y"): ((-1, 0), "between -4096 and 4096"),
    ("watermark", "opacity"): ((0,), "between 0 and 1"),
    ("watermark", "scale"): ((), "between 0.01 and 1"),
    ("watermark", "rotate"): ((-1, 0), "between -360 and 360"),
    ("output", "quality"): ((), "between 1 and 100, or auto"),
    ("output", "max_bytes"): ((65535,), "between 1 and 104857600"),
    ("output", "frame"): ((0,), "between 0 and 9999"),
}
AMOUNTS: dict[str, tuple[tuple[int, ...], str]] = {
    "sepia": ((0,), "between 0 and 100"),
    "blur": ((), "between 0.1 and 100"),
    "sharpen": ((0,), "between 0 and 500"),
    "pixelate": ((), "between 2 and 512"),
    "brightness": ((-1, 0), "between -100 and 100"),
    "contrast": ((-1, 0), "between -100 and 100"),
    "saturation": ((-1, 0), "between -100 and 100"),
    "hue": ((-1, 0), "between -360 and 360"),
    "gamma": ((), "between 0.1 and 10"),
    "autocontrast": ((0,), "between 0 and 49"),
    "posterize": ((), "between 1 and 8"),
    "solarize": ((0,), "between 0 and 255"),
    "tint": ((0,), "between 0 and 100"),
    "vignette": ((0,), "between 0 and 100"),
}
# What else a step needs, so that nothing but the number is wrong.
ALONE: dict[str, dict[str, Any]] = {"watermark": {"text": "hi"}, "crop": {"x": 1}, "resize": {"aspect_ratio": "1:1"}}


def errors_of(read: Callable[[], object]) -> list[FieldError]:
    with pytest.raises(Invalid) as refused:
        read()
    return list(refused.value.errors)


def errors_in(body: dict[str, Any]) -> list[FieldError]:
    return errors_of(lambda: read_json(body, PRESETS))


def errors_in_text(text: str) -> list[FieldError]:
    return errors_of(lambda: read_url(text, PRESETS))


@pytest.mark.parametrize(("operation", "parameter"), NUMBERS)
def test_no_bad_number_is_taken(operation: str, parameter: str) -> None:
    good, bounds = NUMBERS[operation, parameter]
    for value, code in BAD_NUMBERS:
        told = {**ALONE.get(operation, {}), parameter: value}
        body = {"steps": [], "output": told} if operation == "output" else {"steps": [{"op": "flip"}, {"op": operation, **told}]}
        if type(value) is int and value in good:
            read_json(body, {})
            continue
        (error,) = errors_in(body)
        assert error.pointer == (f"/output/{parameter}" if operation == "output" else f"/steps/1/{parameter}")
        assert (error.code, bounds in error.detail) == (code, True), (value, error)


@pytest.mark.parametrize("name", AMOUNTS)
def test_no_bad_amount_of_a_filter_is_taken(name: str) -> None:
    good, bounds = AMOUNTS[name]
    for value, code in BAD_NUMBERS:
        bodies: list[tuple[dict[str, Any], str]] = [
            ({"steps": [{"op": "filter", "name": name, "amount": value}]}, "/steps/0/amount"),
            ({"transformations": {"filters": {name: {"amount": value}}}}, f"/transformations/filters/{name}/amount"),
        ]
        for body, pointer in bodies:
            if type(value) is int and value in good:
                read_json(body, {})
                continue
            (error,) = errors_in(body)
            assert (error.pointer, error.code, bounds in error.detail) == (pointer, code, True), (value, error)


def test_every_filter_that_takes_an_amount_is_in_the_table_of_bad_ones() -> None:
    assert set(AMOUNTS) == {name for name, rule in FILTERS.items() if rule.amount is not None}


_TEXTS = "-1 0 65535 1e9 1e400 NaN Infinity 10px true null [] 9223372036854775808 0x10"
BAD_IN_TEXT = [*_TEXTS.split(), "", "9" * 400]
KEYS: dict[str, tuple[tuple[str, ...], str]] = {
    "w={}": ((), "w"),
    "h={}": ((), "h"),
    "w=9,dpr={}": ((), "dpr"),
    "w=9,h=9,x={}": (("-1", "0"), "x"),
    "w=9,h=9,y={}": (("-1", "0"), "y"),
    "w=9,el={}": (("0", "true"), "el"),
    "crop={}:1:1:1": (("0", ""), "crop (x)"),
    "crop=1:{}:1:1": (("0", ""), "crop (y)"),
    "crop=1:1:{}:1": (("",), "crop (width)"),
    "crop=1:1:1:{}": (("",), "crop (height)"),
    "trim={}": (("0", ""), "trim (tolerance)"),
    "rot={}": (("-1", "0"), "rot (angle)"),
    "fx=blur:{}": (("",), "fx (amount)"),
    "fx=tint:red:{}": (("0", ""), "fx (amount)"),
    "pd=1:{}:1:1": (("0", ""), "pd (right)"),
    "r={}": ((), "r (radius)"),
    "bo={}": ((), "bo (width)"),
    "wm=b64:aGk,wx={}": (("-1", "0"), "wx"),
    "wm=b64:aGk,wo={}": (("0",), "wo"),
    "wm=b64:aGk,ws={}": ((), "ws"),
    "wm=b64:aGk,wr={}": (("-1", "0"), "wr"),
    "wm=b64:aGk,wt={}": (("0", "true"), "wt"),
    "q={}": ((), "q"),
    "mb={}": (("65535",), "mb"),
    "frame={}": (("0",), "frame"),
}


@pytest.mark.parametrize("spelled", KEYS)
def test_no_bad_number_is_taken_in_an_address(spelled: str) -> None:
    good, named = KEYS[spelled]
    for value in BAD_IN_TEXT:
        text = "flip=v/" + spelled.format(value)
        if value in good:
            read_url(text, {})
            continue
        (error,) = errors_in_text(text)
        assert error.pointer == "/recipe"
        if error.code != "character_not_allowed":
            assert error.code in ("out_of_range", "wrong_type", "required"), (value, error)
            assert error.detail.startswith(f"Segment 2, {named}: M"), (value, error)


UUID = "0192aaaa-0000-7000-8000-0123456789ab"


def step(op: str, **told: Any) -> dict[str, Any]:
    return {"steps": [{"op": op, **told}]}


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth // 2):
        value = {"steps": [value]}
    return value


# The body, and of its first error: pointer, code, and something that its ``allowed`` or, where that is None, its detail has.
REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    ({}, "/steps", "required", "transformations"),
    ({"output": {}}, "/steps", "required", "preset"),
    ({"steps": [], "preset": "thumb"}, "/preset", "not_together", "steps"),
    ({"recipe": "", "output": {}}, "/output", "not_together", "q, f, mb"),
    ({"steps": [], "stpes": []}, "/stpes", "unknown_field", "steps"),
    ({"steps": [], "a/b~c": []}, "/a~1b~0c", "unknown_field", "steps"),
    ({"steps": None}, "/steps", "null", "list"),
    ({"steps": {}}, "/steps", "wrong_type", "list"),
    ({"steps": "w=800"}, "/steps", "wrong_type", "list"),
    ({"steps": [[]]}, "/steps/0", "not_an_object", "op"),
    ({"steps": [None]}, "/steps/0", "not_an_object", "op"),
    ({"steps": [{}]}, "/steps/0/op", "required", "resize"),
    ({"steps": [{"op": None}]}, "/steps/0/op", "null", "resize"),
    ({"steps": [{"op": []}]}, "/steps/0/op", "wrong_type", "resize"),
    (step("explode"), "/steps/0/op", "not_a_choice", "watermark"),
    (step("Resize"), "/steps/0/op", "not_a_choice", "resize"),
    ({"steps": [{"op": "flip"}] * 9}, "/steps", "too_many_steps", "8"),
    ({"steps": [{"op": "flip"}] * 1000}, "/steps", "too_many_steps", "8"),
    ({"steps": [{"op": "flip"}] * 7 + [{"op": "preset", "name": "avatar"}]}, "/steps", "too_many_steps", "8"),
    ({"transformations": {"filters": dict.fromkeys(list(FILTERS)[:9], True)}}, "/transformations", "too_many_steps", "8"),
    (step("resize", **{f"x{number}": 1 for number in range(21)}), "/steps/0", "too_many_parameters", "20"),
    (step("resize", widht=800), "/steps/0/widht", "unknown_field", "width"),
    (step("flip", width=1), "/steps/0/width", "unknown_field", "takes none"),
    (step("resize"), "/steps/0", "required", "aspect_ratio"),
    (step("resize", fit="cover"), "/steps/0", "required", "width"),
    (step("resize", width=800, fit="fill"), "/steps/0/fit", "not_a_choice", "stretch"),
    (step("resize", width=800, fit="inside"), "/steps/0/fit", "not_a_choice", "contain"),
    (step("resize", width=800, fit=["cover"]), "/steps/0/fit", "wrong_type", "cover"),
    (step("resize", width=800.5), "/steps/0/width", "wrong_type", "whole number of pixels"),
    (step("resize", width=800, enlarge=1), "/steps/0/enlarge", "wrong_type", "true"),
    (step("resize", width=800, enlarge="true"), "/steps/0/enlarge", "wrong_type", "false"),
    (step("resize", width=800, gravity="North"), "/steps/0/gravity", "not_a_choice", "north"),
    (step("resize", width=800, gravity="fp:0.5"), "/steps/0/gravity", "not_a_point", "fp:0.3:0.6"),
    (step("resize", width=800, gravity="fp:0.5:1.5"), "/steps/0/gravity", "out_of_range", "between 0 and 1"),
    (step("resize", width=800, gravity="fp:nan:inf"), "/steps/0/gravity", "not_a_point", "between 0 and 1"),
    (step("resize", width=800, aspect_ratio="16/9"), "/steps/0/aspect_ratio", "not_a_ratio", "16:9"),
    (step("resize", width=800, aspect_ratio="0:9"), "/steps/0/aspect_ratio", "out_of_range", "between 1 and 10000"),
    (step("resize", width=800, aspect_ratio=1.5), "/steps/0/aspect_ratio", "wrong_type", "16:9"),
    (step("resize", width=8, height=6, aspect_ratio="4:3"), "/steps/0/aspect_ratio", "not_together", "third"),
    (step("resize", width=800, background="red"), "/steps/0/background", "not_together", "pad"),
    (step("resize", width=8, fit="pad", background="reddish"), "/steps/0/background", "not_a_color", "or blur"),
    (step("crop"), "/steps/0", "required", "width"),
    (step("pad", background="red"), "/steps/0", "required", "top"),
    (step("rotate"), "/steps/0/angle", "required", "degrees"),
    (step("rotate", angle=9, background="blur"), "/steps/0/background", "not_a_color", "CSS"),
    (step("background", color="url(x)"), "/steps/0/color", "not_a_color", "#ff8800"),
    (step("background", color="#ff880"), "/steps/0/color", "not_a_color", "#ff8800"),
    (step("background", color=0xFF8800), "/steps/0/color", "wrong_type", "#ff8800"),
    (step("background", color="red" * 10_000), "/steps/0/color", "not_a_color", "#ff8800"),
    (step("filter"), "/steps/0/name", "required", "sepia"),
    (step("filter", name="sparkle"), "/steps/0/name", "not_a_choice", "sepia"),
    (step("filter", name=1, amount=2), "/steps/0/name", "wrong_type", "sepia"),
    (step("filter", name="grayscale", amount=2), "/steps/0/amount", "unknown_field", "name"),
    (step("filter", name="sepia", color="red"), "/steps/0/color", "unknown_field", "amount"),
    (step("filter", name="posterize", amount=2.5), "/steps/0/amount", "wrong_type", "whole number between 1 and 8"),
    (step("radius", radius="min"), "/steps/0/radius", "wrong_type", "max"),
    (step("preset"), "/steps/0/name", "required", "thumb"),
    (step("preset", name="poster"), "/steps/0/name", "unknown_preset", "avatar"),
    (step("preset", name={}), "/steps/0/name", "wrong_type", "avatar"),
    (step("preset", name="thumb", width=1), "/steps/0/width", "unknown_field", "name"),
    ({"preset": "poster"}, "/preset", "unknown_preset", "thumb"),
    ({"preset": "../thumb"}, "/preset", "unknown_preset", "thumb"),
    ({"preset": None}, "/preset", "null", "thumb"),
    (step("watermark"), "/steps/0", "required", "image"),
    (step("watermark", text="hi", image=UUID), "/steps/0/image", "not_together", "not both"),
    (step("watermark", text="x" * 201), "/steps/0/text", "too_long", "200"),
    (step("watermark", text="x" * 10_000), "/steps/0/text", "too_long", "200"),
    (step("watermark", text=""), "/steps/0/text", "too_short", "empty"),
    (step("watermark", text=" \t "), "/steps/0/text", "too_short", "empty"),
    (step("watermark", text="two\nlines"), "/steps/0/text", "control_character", "line breaks"),
    (step("watermark", text="two\u2028lines"), "/steps/0/text", "control_character", "line breaks"),
    (step("watermark", text="a\x1b[0m"), "/steps/0/text", "control_character", "control characters"),
    (step("watermark", text="a\0"), "/steps/0/text", "nul_character", "NUL"),
    (step("watermark", text="a\ud83d"), "/steps/0/text", "lone_surrogate", "surrogate"),
    (step("watermark", text=5), "/steps/0/text", "wrong_type", "200"),
    (step("watermark", image="../../etc/passwd"), "/steps/0/image", "not_an_image_id", "UUID"),
    (step("watermark", image="https://example.org/logo.png"), "/steps/0/image", "not_an_image_id", "an address is none"),
    (step("watermark", image="logo.png"), "/steps/0/image", "not_an_image_id", "a path"),
    (step("watermark", image=f"{UUID}@12"), "/steps/0/image", "not_an_image_id", "8 hexadecimal digits"),
    (step("watermark", image=f"{UUID}\n"), "/steps/0/image", "not_an_image_id", "UUID"),
    (step("watermark", text="hi", gravity="auto"), "/steps/0/gravity", "not_a_choice", "south_east"),
    ({"steps": [], "output": []}, "/output", "not_an_object", "format"),
    ({"steps": [], "output": {"fromat": "png"}}, "/output/fromat", "unknown_field", "format"),
    ({"steps": [], "output": {"metadata": "all"}}, "/output/metadata", "not_a_choice", "copyright"),
    ({"steps": [], "output": {"quality": "best"}}, "/output/quality", "wrong_type", "auto"),
    *[
        ({"steps": [], "output": {"format": format_}}, "/output/format", "not_a_choice", "webp")
        for format_ in ("eps", "pdf", "svg", "../x", "", "JPEG", "image/png")
    ],
    ({"transformations": []}, "/transformations", "not_an_object", "resize"),
    ({"transformations": {"filter": {}}}, "/transformations/filter", "unknown_field", "filters"),
    ({"transformations": {"filters": ["sepia"]}}, "/transformations/filters", "not_an_object", "sepia"),
    ({"transformations": {"filters": {"sparkle": True}}}, "/transformations/filters/sparkle", "unknown_field", "sepia"),
    ({"transformations": {"filters": {"sepia": {"name": "blur"}}}}, "/transformations/filters/sepia/name", "unknown_field", "amount"),
    ({"transformations": {"filters": {"sepia": 101}}}, "/transformations/filters/sepia", "out_of_range", "100"),
    ({"transformations": {"rotate": True}}, "/transformations/rotate", "wrong_type", "-360"),
    ({"transformations": {"rotate": {"angle": "90"}}}, "/transformations/rotate/angle", "wrong_type", "-360"),
    ({"transformations": {"flip": "yes"}}, "/transformations/flip", "wrong_type", "true"),
    ({"transformations": {"resize": 800}}, "/transformations/resize", "not_an_object", "width"),
    ({"transformations": {"resize": {"width": None, "height": 8}}}, "/transformations/resize/width", "null", "4096"),
    ({"transformations": {"compress": 101}}, "/transformations/compress", "out_of_range", "100"),
    ({"transformations": {"compress": True}}, "/transformations/compress", "wrong_type", "100"),
    ({"transformations": {"format": "eps"}}, "/transformations/format", "not_a_choice", "webp"),
    # ``false`` leaves out what ``true`` asks for, and nothing else.
    *[
        ({"transformations": {name: False}}, f"/transformations/{name}", code, allowed)
        for name, code, allowed in (
            ("resize", "not_an_object", "width"),
            ("crop", "not_an_object", "width"),
            ("rotate", "wrong_type", "-360"),
            ("filters", "not_an_object", "sepia"),
            ("pad", "wrong_type", "4096"),
            ("background", "wrong_type", "CSS"),
            ("radius", "wrong_type", "max"),
            ("border", "wrong_type", "4096"),
            ("watermark", "wrong_type", "200"),
            ("compress", "wrong_type", "auto"),
            ("format", "wrong_type", "webp"),
        )
    ],
    ({"recipe": None}, "/recipe", "null", "w=800"),
    ({"recipe": {}}, "/recipe", "wrong_type", "w=800"),
    ({"steps": nested(1000)}, "/steps", "wrong_type", "list"),
    ({"steps": [nested(1000)]}, "/steps/0/op", "required", "resize"),
    (step("resize", width=nested(1000)), "/steps/0/width", "wrong_type", "4096"),
    ({"transformations": nested(1000)}, "/transformations/steps", "unknown_field", "resize"),
]


@pytest.mark.parametrize(("body", "pointer", "code", "allowed"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_is_named_and_what_is_allowed_is_said(body: dict[str, Any], pointer: str, code: str, allowed: str) -> None:
    error = errors_in(body)[0]
    assert (error.pointer, error.code) == (pointer, code)
    assert allowed in (error.allowed or ()) or allowed in error.detail


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("w=800%2Fh=600", "character_not_allowed", "U+0025 at position 6"),
        ("w=800 ", "character_not_allowed", "U+0020 at position 6"),
        ("w=\ud83d", "character_not_allowed", "U+D83D"),
        ("/w=800", "not_a_pair", "Segment 1: Must be key=value"),
        ("w=800/", "not_a_pair", "Segment 2: "),
        ("w=800//h=5", "not_a_pair", "Segment 2: "),
        ("w", "not_a_pair", "Segment 1, w: "),
        ("w=8,w=9", "repeated", "Segment 1, w: "),
        ("W=8", "unknown_field", "Segment 1, W: Unknown key. Known are: trim, crop, w, h"),
        ("=8", "unknown_field", "Segment 1: Unknown key"),
        ("exp=1", "unknown_field", "Segment 1, exp: "),
        ("w=8,q=75", "misplaced", "Segment 1, q: The output (f, q, mb, md, frame)"),
        ("q=75/w=8", "misplaced", "Segment 1, q: "),
        ("t=thumb,w=8", "misplaced", "Segment 1, t: "),
        ("w=8/t=poster", "unknown_preset", "Segment 2, t: There is no such preset. There are: avatar, card"),
        ("w=8,h=8,fit=fill", "not_a_choice", "Segment 1, fit: fill means crop to some"),
        ("fit=cover", "required", "Segment 1, fit: Must have at least one of: w, h, ar."),
        ("wg=n", "required", "Segment 1, wm: "),
        ("rot=5,bg=blur", "not_a_color", "Segment 1, bg: "),
        ("crop=1:2:3:4:5", "wrong_shape", "crop=x:y:width:height"),
        ("crop=", "required", "Segment 1, crop: "),
        ("pd=1:2", "wrong_shape", "pd=top:right:bottom:left"),
        ("flip=x", "not_a_choice", "v (top is bottom)"),
        ("fx=sparkle", "not_a_choice", "Segment 1, fx (name): Must be one of: grayscale"),
        ("fx=sepia:1:2", "wrong_shape", "fx=name:amount"),
        ("fx=grayscale:5", "unknown_field", "Segment 1, fx (amount): "),
        ("wm=b64:a", "not_base64", "Segment 1, wm: "),
        ("wm=b64:_w", "not_base64", "UTF-8"),
        ("wm=b64:", "too_short", "Segment 1, wm (text): Must not be empty."),
        ("wm=b64:YQpi", "control_character", "Segment 1, wm (text): "),
        ("wm=logo.png", "not_an_image_id", "a path or an address is none"),
        ("f=eps", "not_a_choice", "Segment 1, f: Must be one of: jpeg"),
        ("/".join(["flip=v"] * 9), "too_many_steps", "at most 8"),
        ("/".join(["flip=v"] * 1000), "too_many_steps", "at most 8"),
        (",".join(["fx=invert"] * 9), "too_many_steps", "at most 8"),
        (",".join(["fx=invert"] * 21), "too_many_parameters", "Segment 1: Must have at most 20"),
    ],
)
def test_an_address_is_refused_by_segment_and_key(text: str, code: str, said: str) -> None:
    error = errors_in_text(text)[0]
    assert (error.pointer, error.code, said in error.detail) == ("/recipe", code, True), error
    assert errors_in({"recipe": text})[0] == error


def test_several_faults_are_told_at_once_and_never_more_than_twenty() -> None:
    steps = [{"op": "resize", "width": 0, "height": "a"}, {"op": "trim", "tolerance": 256}]
    assert [error.pointer for error in errors_in({"steps": steps, "output": {"frame": -1}})] == [
        "/steps/0/width",
        "/steps/0/height",
        "/steps/1/tolerance",
        "/output/frame",
    ]
    worst = [{"op": "resize", **{f"x{number}": 1 for number in range(20)}}] * 8
    assert len(errors_in({"steps": worst})) == 20


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "body",
    [
        {"recipe": "w=1," * (MEGABYTE // 4)},
        {"recipe": "/" * MEGABYTE},
        {"recipe": "\ud83d" * MEGABYTE},
        {"steps": [{}] * (MEGABYTE // 3)},
        step("resize", **{f"k{number}": 1 for number in range(MEGABYTE // 10)}),
        step("watermark", text="a" + "\u0323\u0301" * (MEGABYTE // 4)),
        step("watermark", image="/" * MEGABYTE),
        step("background", color="rgb(" + " " * MEGABYTE),
        step("resize", width=1, gravity="fp:" + "1" * MEGABYTE),
        step("resize", width=1, aspect_ratio="1" * MEGABYTE),
        step("x" * MEGABYTE),
        {"steps": [{"op": "flip"}], "y" * MEGABYTE: 1},
        {"transformations": {f"k{number}": 1 for number in range(MEGABYTE // 10)}},
        {"transformations": {"filters": {f"k{number}": 1 for number in range(MEGABYTE // 10)}}},
        {f"k{number}": 1 for number in range(MEGABYTE // 10)},
        {"steps": [], "output": {f"k{number}": 1 for number in range(MEGABYTE // 10)}},
        {"preset": "z" * MEGABYTE},
    ],
    ids=range(17),
)
def test_a_megabyte_is_refused_at_once_and_in_few_words(body: dict[str, Any]) -> None:
    began = time.process_time()
    errors = errors_in(body)
    assert time.process_time() - began < 1
    assert sum(len(error.pointer) + len(error.detail) for error in errors) < 20_000
