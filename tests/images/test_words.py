"""What search takes for a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.images.words import LONGEST_WORD, fold, is_one_character, words_of


def plain(text: str) -> list[str]:
    return [word.text for word in words_of(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Two boats, one LAKE.", ["two", "boats", "one", "lake"]),
        ("Café naïve Ångström ÇA", ["cafe", "naive", "angstrom", "ca"]),
        ("Straße STRASSE ﬁsh", ["strasse", "strasse", "fish"]),
        ("it's IMG_2024-05.JPG", ["it", "s", "img", "2024", "05", "jpg"]),
        ("İstanbul ΣΊΣΥΦΟΣ σίσυφος", ["istanbul", "σισυφοσ", "σισυφοσ"]),
        ("Ёлка й", ["елка", "и"]),
        ("富士山 Fuji", ["富", "士", "山", "fuji"]),
        ("カメラcamera", ["カ", "メ", "ラ", "camera"]),
        ("हिन्दी", ["हिन्दी"]),
        ("100% a_b \\ ' \" ¶ § ‡", ["100", "a", "b"]),
        ("½ ²", ["1", "2", "2"]),
        ("❤️ 🏔", []),
        ("﷽"[:0] + "ｆｕｌｌ", ["full"]),
    ],
)
def test_a_text_falls_into_words(text: str, words: list[str]) -> None:
    assert plain(text) == words


def test_hangul_compares_the_same_composed_or_not() -> None:
    assert plain("한국") == plain("한국".encode().decode()) == plain("\u1112\u1161\u11ab\u1100\u116e\u11a8")


def test_a_word_tells_where_it_stands() -> None:
    text = "Éclair, 富士!"
    assert [text[word.start : word.end] for word in words_of(text)] == ["Éclair", "富", "士"]


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_plain_ascii_is_parted_like_everything_else(text: str) -> None:
    assert words_of(text) == words_of(text + "é")[: len(words_of(text))] or text[-1:].isalnum()


def test_a_word_without_end_is_cut() -> None:
    assert plain("x" * 5000) == ["x" * LONGEST_WORD]


@pytest.mark.parametrize(("word", "answer"), [("a", True), ("山", True), ("ab", False), ("7", True)])
def test_one_character_is_no_beginning(word: str, answer: bool) -> None:
    assert is_one_character(word) is answer


@given(st.text(max_size=200))
def test_words_hold_nothing_that_an_index_would_part_and_folding_is_done_once(text: str) -> None:
    for word in words_of(text):
        assert 0 <= word.start < word.end <= len(text)
        assert not any(each.isascii() and not each.isalnum() for each in word.text)
        assert not any(each.isspace() for each in word.text)
    assert fold(fold(text)) == fold(text)
