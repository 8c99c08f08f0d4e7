from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.auth.folding import fold

KELVIN, LONG_S, FULL_WIDTH_A, COMBINING_DOT = "\u212a", "\u017f", "\uff21", "\u0307"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.org", "ada@example.ORG"),
        ("stra\u00dfe@a.org", "STRASSE@a.org"),
        (f"{KELVIN}im@a.org", "kim@a.org"),
        (f"{LONG_S}am@a.org", "SAM@a.org"),
        (f"{FULL_WIDTH_A}da@a.org", "ada@a.org"),
        ("\u0130lker@a.org", f"i{COMBINING_DOT}lker@a.org"),
        ("\u3392@a.org", "mhz@a.org"),
        ("\u00e9mile@a.org", "E\u0301mile@a.org"),
        ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2@a.org", "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3@a.org"),
    ],
)
def test_two_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_different_names_stay_different() -> None:
    assert fold("ada@a.org") != fold("\u00e0da@a.org")
    assert fold("\u0131lker@a.org") != fold("ilker@a.org")


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_case_never_matters(text: str) -> None:
    assert fold(text.casefold()) == fold(text)
