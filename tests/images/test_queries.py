"""The language of searches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.errors import Invalid
from aizen.images.queries import MOST_TERMS, MOST_WORDS, Condition, Query, Term, read_query


def term(*words: str, whole: bool = False, without: bool = False) -> Term:
    return Term(words, is_beginning=not whole, is_excluded=without)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("calm lake", [term("calm"), term("lake")]),
        ('"calm lake"', [term("calm", "lake", whole=True)]),
        ("-boat", [term("boat", without=True)]),
        ('lake -"red boat"', [term("lake"), term("red", "boat", whole=True, without=True)]),
        ("it's", [term("it", "s", whole=True)]),
        ("IMG_20", [term("img", "20")]),
        ("a", [term("a", whole=True)]),
        ("富士", [term("富", "士", whole=True)]),
        ('"calm lake', [term("calm"), term("lake")]),
        ('lake"', [term("lake")]),
        ('""', []),
        ("- -- % _ \\ ' \" * ( ) & | ! :* <->", []),
        ("cat OR dog", [term("cat"), term("or"), term("dog")]),
        ("NEAR(cat, 3)", [term("near", "cat"), term("3", whole=True)]),
        ("cat* ^cat words:cat", [term("cat"), term("cat"), term("words", "cat")]),
        ("owner:me title:x", [term("owner", "me"), term("title", "x", whole=True)]),
        ("tag: lake", [term("tag"), term("lake")]),
        ("--boat", [term("boat", without=True)]),
    ],
)
def test_words_phrases_and_exclusions(text: str, terms: list[Term]) -> None:
    assert read_query(text) == Query(terms=tuple(terms))


def test_names_before_a_colon_are_conditions() -> None:
    query = read_query('tag:Alps -tag:"golden gate" IS:Ready -is:public after:2025 before:2026-11-24 lake')
    assert query == Query(
        terms=(term("lake"),),
        tags=(Condition("Alps"), Condition("golden gate", is_excluded=True)),
        states=(Condition("ready"), Condition("public", is_excluded=True)),
        after=datetime(2025, 1, 1, tzinfo=UTC),
        before=datetime(2026, 11, 24, tzinfo=UTC),
    )


def test_of_several_bounds_the_nearest_counts() -> None:
    query = read_query("after:2024 after:2025 after:2023 before:2027 before:2026")
    assert (query.after, query.before) == (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))


def test_a_month_begins_with_its_first_day() -> None:
    assert read_query("after:2026-11").after == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("is:lost", "not_a_choice"),
        ("-before:2026", "not_a_choice"),
        ("before:yesterday", "not_a_date"),
        ("before:2026-13", "not_a_date"),
        ("after:2026-02-30", "not_a_date"),
        ("after:0000", "not_a_date"),
        ("after:٢٠٢٦", "not_a_date"),
        ("after:2026-1", "not_a_date"),
        ('tag:""', "required"),
        ('is:" "', "required"),
        ("a " * (MOST_TERMS + 1), "too_many_terms"),
        ("富" * (MOST_WORDS + 1), "too_many_terms"),
        ('tag:"', "required"),
        ('-tag:"', "required"),
        ("tag:" + "x" * 51, "too_long"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_query(text)
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("/search", code)]


@given(st.text(max_size=500) | st.text(alphabet="ab \"-:tagisbeforft2026%_\\'*()", max_size=500))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        query = read_query(text)
    except Invalid:
        return
    assert all(each.words and all(each.words) for each in query.terms)
