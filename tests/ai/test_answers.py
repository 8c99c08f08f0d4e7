"""Text from outside, on its way to becoming text that may be shown."""

from __future__ import annotations

import json
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.ai import Answer, bounded, read_answer
from aizen.ai.retry_after import seconds_to_wait
from aizen.errors import Final

ANY_TEXT = st.text(st.characters(codec=None), max_size=700)  # lone surrogates among them
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["description", "alt", "tags"]), inner, max_size=3),
)


def cleaned(description: str, *, alt: str = "", tags: tuple[str, ...] = ()) -> Answer:
    return bounded(description=description, alt=alt, tags=tags, provider="p", model="m")


@given(ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT, max_size=30))
def test_any_text_becomes_a_plain_bounded_answer_or_an_empty_one(description: str, alt: str, tags: list[str]) -> None:
    # A word in front: what is left of text without any is not promised to be an answer.
    answer = cleaned(f"A {description}", alt=alt, tags=tuple(tags))
    assert 0 < len(answer.description) <= 500
    assert 0 < len(answer.alt) <= 150
    assert len(answer.tags) == len(set(answer.tags)) <= 10
    assert all(0 < len(tag) <= 40 for tag in answer.tags)
    for text in (answer.description, answer.alt, *answer.tags):
        text.encode()
        assert text == " ".join(text.split())
        assert not {unicodedata.category(character) for character in text if character not in "\u200c\u200d"} & {"Cc", "Cf", "Cs", "Co"}


@given(JSON.map(json.dumps) | st.text())
def test_any_json_text_becomes_an_answer_or_a_final_error(text: str) -> None:
    with suppress(Final):
        assert read_answer(text, provider="p", model="m").description


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("<b>A boat</b> & more", "<b>A boat</b> & more"),
        ("  A\n\n boat\t on\u2028a\u00a0lake ", "A boat on a lake"),
        ("A\u202e boat\u202c\x00", "A boat"),
        ("e\u0301tude", "étude"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀 at work", "👩\u200d🚀 at work"),
        ("A \ud83d boat", "A boat"),
        ("A boat\U000e0041\U000e0100\uffff\u3164", "A boat"),
    ],
)
def test_only_what_is_seen_remains(raw: str, plain: str) -> None:
    assert cleaned(raw).description == plain


def test_long_text_is_cut_after_a_whole_word() -> None:
    answer = cleaned("wooden boats, " * 100)
    assert answer.description.endswith((" wooden…", " boats…"))
    assert answer.alt.endswith((" wooden…", " boats…"))
    assert 400 < len(answer.description) <= 500
    assert 100 < len(answer.alt) <= 150


def test_text_of_exactly_the_limit_is_not_cut() -> None:
    assert cleaned("x" * 500, alt="y" * 150).description == "x" * 500
    assert cleaned("x" * 500, alt="y" * 150).alt == "y" * 150
    assert cleaned("x" * 501).description == "x" * 499 + "…"


def test_either_sentence_stands_in_for_the_other() -> None:
    assert cleaned("", alt="A boat.").description == "A boat."
    assert cleaned("A boat.").alt == "A boat."


def test_tags_are_folded_parted_at_commas_and_counted_once() -> None:
    answer = cleaned("A boat.", tags=("Boat", "#boat", " lake,  Morning  light", "…", "x" * 41, "x" * 40))
    assert answer.tags == ("boat", "lake", "morning light", "x" * 40)


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5s", 1.5),
        ("-1", 0.0),
        ("999999999", 86400.0),
        ("inf", 86400.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Fri, 06 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 06 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 06 Nov 2026 12:00:30 -0000", 30.0),
    ],
)
def test_a_wish_to_wait_is_read_in_both_forms_of_the_standard(wish: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(wish, now=datetime(2026, 11, 6, 12, 0, 0, tzinfo=UTC)) == seconds


def test_thoughts_in_front_of_an_answer_are_none_of_it() -> None:
    text = '<think>A picture {"description": "of what?"}\n…</think>\n\n{"description": "A boat.", "alt": "Boat.", "tags": []}'
    assert read_answer(text, provider="x", model="y").description == "A boat."
