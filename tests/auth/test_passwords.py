from __future__ import annotations

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from aizen.auth import passwords
from aizen.auth.common_passwords import FILE
from aizen.errors import Invalid
from tests.workshop import common_passwords

GOOD = "quiet river at nine"


def refusal(password: str, *, email: str = "ada@example.org", username: str | None = None) -> str | None:
    try:
        passwords.check(password, email=email, username=username)
    except Invalid as error:
        (field,) = error.errors
        return field.code
    return None


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "x8#kQ!2z",
        "correct horse",
        "dragon-29837492837",
        "na\u00efve fa\u00e7ade",
        "\U0001f40b\U0001f30a" * 4 + "x",
        "  spaces  ",
        "k" + "Zq8-" * 31,
    ],
)
def test_a_password_without_a_fault_may_be_chosen(password: str) -> None:
    assert refusal(password) is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"),
        ("x8#kQ!2", "too_short"),
        ("\U0001f40b" * 7, "too_short"),
        ("x8#kQ!2z" * 16 + "x", "too_long"),
        ("8297361045", "only_digits"),
        ("\u0668\u0662\u0669\u0667\u0663\u0666\u0661\u0660", "only_digits"),
        ("24.12.1987", "only_digits"),
        ("+34 600 12 34 56", "only_digits"),
        ("password", "too_common"),
        ("Password1", "too_common"),
        ("P@ssw0rd!", "too_common"),
        ("passwordpassword", "too_common"),
        ("password1password1", "too_common"),
        ("qwertyuiop", "too_common"),
        ("poiuytrewq", "too_common"),
        ("qwerty123", "too_common"),
        ("1q2w3e4r", "too_common"),
        ("abcdefgh", "too_common"),
        ("aaaaaaaa", "too_common"),
        ("xyzxyzxyz", "too_common"),
        ("letmein!!", "too_common"),
        ("Summer2026!", "too_common"),
        ("aizen1234", "too_common"),
        ("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", "too_common"),
        ("minecraft", "too_common"),
        ("Corvette", "too_common"),
        ("1qazxsw2", "too_common"),
        ("M1necraft!", "too_common"),
        ("corvette99", "too_common"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password: str, code: str) -> None:
    assert refusal(password) == code


@pytest.mark.parametrize(
    "password", ["marialopez", "LopezMaria88", "maria.lopez", "zepol.airam", "maria.lopez@example.org", "fl\u00fcgel-99", "LEGUELF9"]
)
def test_a_password_like_the_users_own_data_is_refused(password: str) -> None:
    assert (
        refusal(password, email="maria.lopez@example.org", username="fl\u00fcgel" if "\u00fc" in password else "fleugel") == "like_own_data"
    )


@pytest.mark.parametrize("password", ["Lovelace", "ada-lovelace", "ecalevoladA", "LOVELACE1815", "AdaLovelace!"])
def test_a_password_like_the_users_name_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, email="someone@example.org", username=None, names=("Ada", "Lovelace"))
    assert [error.code for error in refused.value.errors] == ["like_own_data"]
    passwords.check(password, email="someone@example.org", username=None, names=("", ""))


def test_a_name_of_two_short_parts_is_seen_as_a_whole() -> None:
    with pytest.raises(Invalid):
        passwords.check("LiWu-99-LiWu", email="someone@example.org", username=None, names=("Li", "Wu"))


def test_every_password_of_the_list_is_refused() -> None:
    missed = [word for word in common_passwords.words() if not passwords.is_common(word)]
    assert len(common_passwords.words()) > 10_000
    assert missed == []


def test_the_list_is_what_its_maker_makes() -> None:
    assert FILE.read_bytes() == common_passwords.content(), "stale: run `python -m tests.workshop.common_passwords`"


def test_a_long_password_that_only_contains_the_name_is_allowed() -> None:
    assert refusal("maria keeps eleven geese", email="maria@example.org") is None


def test_a_hash_has_the_parameters_that_the_documentation_promises() -> None:
    told = extract_parameters(passwords.hash_password(GOOD))
    assert (told.type, told.memory_cost, told.time_cost, told.parallelism) == (Type.ID, 19456, 2, 1)


def test_two_hashes_of_one_password_differ_and_both_are_right() -> None:
    one, other = passwords.hash_password(GOOD), passwords.hash_password(GOOD)
    assert one != other
    assert passwords.is_right(GOOD, one)
    assert passwords.is_right(GOOD, other)


@pytest.mark.parametrize("near", [GOOD + " ", " " + GOOD, GOOD.upper(), GOOD[:-1], "quiet river at ni\u0301ne", ""])
def test_only_the_exact_characters_are_right(near: str) -> None:
    assert not passwords.is_right(near, passwords.hash_password(GOOD))


def test_the_128th_character_counts() -> None:
    longest = "k" + "Zq8-" * 31 + "abc"
    stored = passwords.hash_password(longest)
    assert len(longest) == 128
    assert passwords.is_right(longest, stored)
    assert not passwords.is_right(longest[:-1] + "d", stored)


def test_composed_and_decomposed_letters_are_different_passwords() -> None:
    assert not passwords.is_right("cafe\u0301 au lait", passwords.hash_password("caf\u00e9 au lait"))


def test_nobodys_hash_costs_what_every_hash_costs_and_fits_no_password() -> None:
    assert extract_parameters(passwords.NOBODY) == extract_parameters(passwords.hash_password(GOOD))
    assert not passwords.is_outdated(passwords.NOBODY)
    assert not passwords.is_right(GOOD, None)


@pytest.mark.parametrize("broken", ["", "!", "plain text", "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$nonsense", "pbkdf2_sha256$1$a$b"])
def test_a_stored_hash_that_cannot_be_read_fits_no_password(broken: str) -> None:
    assert not passwords.is_right(GOOD, broken)
    assert not passwords.is_right("", broken)
