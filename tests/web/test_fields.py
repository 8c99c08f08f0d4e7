"""The fields that schemas are built of."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from aizen.web.fields import Choice, EmailAddress, Secret, Text, Truth, Whole, field_errors


def code_of(field: fields.Field[Any], value: Any) -> str:
    """The code of the refusal of ``value``."""
    with pytest.raises(ValidationError) as found:
        Schema.from_dict({"field": field})().load({"field": value})
    (error,) = field_errors(found.value.messages)
    assert error.pointer == "/field"
    assert error.detail
    return error.code


def loaded(field: fields.Field[Any], value: Any) -> Any:
    return Schema.from_dict({"field": field})().load({"field": value})["field"]


NOT_TEXT = [1, 1.5, True, [], ["a"], {}, {"a": 1}]


@pytest.mark.parametrize(
    "field", [Text(longest=10), Secret(longest=10), EmailAddress(), Choice("a")], ids=lambda field: type(field).__name__
)
def test_a_text_is_nothing_but_a_string(field: fields.Field[Any]) -> None:
    assert [code_of(field, value) for value in NOT_TEXT] == ["wrong_type"] * len(NOT_TEXT)
    assert code_of(field, None) == "null"


@pytest.mark.parametrize("field", [Text(longest=10), Secret(longest=10), EmailAddress()], ids=lambda field: type(field).__name__)
def test_what_no_database_can_hold_is_refused(field: fields.Field[Any]) -> None:
    assert code_of(field, "a\0b") == "nul_character"
    assert code_of(field, "a\ud800b") == "lone_surrogate"
    assert code_of(field, "a\udfffb") == "lone_surrogate"


@given(value=st.text(st.characters(codec=None, exclude_categories=()), max_size=30))
def test_whatever_a_text_takes_can_be_stored(value: str) -> None:
    try:
        text = loaded(Text(longest=20, lines=True), value)
    except ValidationError:
        return
    assert "\0" not in text
    assert text.encode("utf-8").decode("utf-8") == text
    assert len(text) <= 20
    assert text == unicodedata.normalize("NFC", text)
    assert text == text.strip()


@pytest.mark.parametrize("character", ["\x01", "\x07", "\x1b", "\x7f", "\x9b"])
def test_control_characters_are_refused(character: str) -> None:
    assert code_of(Text(longest=10, lines=True), f"a{character}b") == "control_character"
    assert code_of(Text(longest=10), f"a{character}b") == "control_character"


def test_line_breaks_are_taken_where_lines_are() -> None:
    assert loaded(Text(longest=10, lines=True), "a\r\nb\n\tc") == "a\nb\n\tc"
    assert code_of(Text(longest=10), "a\nb") == "control_character"


def test_a_text_is_measured_in_characters_of_its_normal_form() -> None:
    assert loaded(Text(longest=2), "e\u0301\U0001f600") == "é\U0001f600"
    assert code_of(Text(longest=2), "abc") == "too_long"
    assert code_of(Text(longest=9, shortest=2), " a ") == "too_short"


def test_a_secret_is_kept_exactly_as_it_was_typed() -> None:
    assert loaded(Secret(longest=20), "  e\u0301 \t ") == "  e\u0301 \t "
    assert code_of(Secret(longest=3), "abcd") == "too_long"


@pytest.mark.parametrize("value", ["a@b.example", "A.B+c@Example.ORG", " a@example.org ", "ä@example.org", "a@münchen.example"])
def test_an_email_address_is_taken(value: str) -> None:
    assert "@" in loaded(EmailAddress(), value)


@pytest.mark.parametrize(
    "value", ["", "a", "@", "a@", "@b.example", "a b@example.org", "a@b@c.example", "a@-b.example", "a@example..org", "a\n@example.org"]
)
def test_what_is_no_email_address_is_refused(value: str) -> None:
    assert code_of(EmailAddress(), value) == "not_an_email"


def test_an_email_address_is_bounded_before_it_is_looked_at() -> None:
    assert code_of(EmailAddress(), "a" * 1_000_000 + "@example.org") == "too_long"


def test_a_choice_says_what_is_allowed() -> None:
    assert loaded(Choice("a", "b"), "b") == "b"
    with pytest.raises(ValidationError) as found:
        Schema.from_dict({"field": Choice("a", "b")})().load({"field": "B"})
    (error,) = field_errors(found.value.messages)
    assert (error.code, error.allowed) == ("not_a_choice", ("a", "b"))


@pytest.mark.parametrize(("value", "number"), [("7", 7), (7, 7), ("-3", -3), ("007", 7)])
def test_a_whole_number_is_taken_as_digits_or_number(value: Any, number: int) -> None:
    assert loaded(Whole(lowest=-5, highest=10), value) == number


@pytest.mark.parametrize("value", ["", " 7", "7 ", "+7", "7.0", "1e1", "٧", "0x7", "--7", "-", "9" * 5000, True, 7.0, [7], {}])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    assert code_of(Whole(lowest=-5, highest=10), value) == "wrong_type"


@pytest.mark.parametrize("value", [11, -6, "11", 10**30])
def test_a_whole_number_has_bounds(value: Any) -> None:
    assert code_of(Whole(lowest=-5, highest=10), value) == "out_of_range"


@pytest.mark.parametrize(("value", "truth"), [(True, True), ("true", True), ("1", True), (False, False), ("false", False), ("0", False)])
def test_a_truth_is_taken_in_the_words_of_a_form(value: Any, truth: bool) -> None:
    assert loaded(Truth(), value) is truth


@pytest.mark.parametrize("value", ["", "yes", "TRUE", "on", 2, 1.5, [], {}])
def test_what_is_no_truth_is_refused(value: Any) -> None:
    assert code_of(Truth(), value) == "wrong_type"


def test_pointers_keep_to_their_standard_and_to_what_json_can_carry() -> None:
    messages = {"a/b": {"c~d": {0: ["Field may not be null."]}}, "\ud800\0": ["Unknown field."], "_schema": ["Invalid input type."]}
    found = {(error.pointer, error.code) for error in field_errors(messages)}
    assert found == {("/a~1b/c~0d/0", "null"), ("/\\ud800\\x00", "unknown_field"), ("", "not_an_object")}


def test_a_text_that_is_far_too_long_is_refused_before_anything_is_made_of_it() -> None:
    # Marks out of their order: to put these into it takes a minute.
    endless = "a" + "\u0301\u0323" * 60_000
    begun = time.process_time()
    with pytest.raises(ValidationError, match="at most 30"):
        Text(longest=30).deserialize(endless)
    assert time.process_time() - begun < 5
