"""Tokens that are good for one thing once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from aizen.auth import one_time
from aizen.auth.models import OneTimeToken, User
from aizen.auth.one_time import Purpose, Redeemed
from aizen.database import db, reading, transaction, utc_now
from aizen.errors import Invalid
from aizen.settings import Settings
from tests.auth.test_login import wait_for_a_blocked_statement
from tests.conftest import People

PURPOSES: tuple[Purpose, ...] = ("verify_email", "change_email", "reset_password")
Issue = Callable[..., str]
Redeem = Callable[..., Redeemed]


@pytest.fixture
def issue(app: Flask, people: People, settings: Settings) -> Issue:
    user_id = uuid.UUID(people.owner.id)

    def made(purpose: Purpose = "verify_email") -> str:
        with app.app_context(), transaction():
            return one_time.issue(purpose, user_id=user_id, email="ada@example.org", settings=settings)

    return made


@pytest.fixture
def redeem(app: Flask) -> Redeem:
    def redeemed(token: str, *purposes: Purpose) -> Redeemed:
        with app.app_context(), transaction():
            return one_time.redeem(token, *(purposes or ("verify_email",)))

    return redeemed


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(Invalid) as caught:
        yield
    assert caught.value.code == "token_not_valid"
    assert [error.pointer for error in caught.value.errors] == ["/token"]


@pytest.mark.every_database
def test_a_token_is_unused_once_and_known_as_used_from_then_on(issue: Issue, redeem: Redeem, people: People) -> None:
    token = issue()
    owner = uuid.UUID(people.owner.id)
    assert redeem(token) == Redeemed(owner, "verify_email", "ada@example.org", was_used=False)
    assert redeem(token) == Redeemed(owner, "verify_email", "ada@example.org", was_used=True)


@pytest.mark.every_database
def test_of_ten_at_once_one_finds_it_unused(app: Flask, issue: Issue) -> None:
    token, together = issue(), threading.Barrier(10)
    found: list[bool] = []

    def use() -> None:
        with app.app_context():
            together.wait(30)
            with transaction():
                found.append(one_time.redeem(token, "verify_email").was_used)

    threads = [threading.Thread(target=use) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [False] + [True] * 9


@pytest.mark.every_database
def test_a_newer_token_takes_the_place_of_the_former(issue: Issue, redeem: Redeem) -> None:
    former, newer = issue(), issue()
    with refused():
        redeem(former)
    assert not redeem(newer).was_used


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_token_for_one_purpose_is_none_for_another(issue: Issue, redeem: Redeem, purpose: Purpose) -> None:
    tokens = {each: issue(each) for each in PURPOSES}
    for other in set(PURPOSES) - {purpose}:
        with refused():
            redeem(tokens[purpose], other)
    assert redeem(tokens[purpose], *PURPOSES).purpose == purpose


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_token_lives_as_long_as_its_setting_says(issue: Issue, redeem: Redeem, settings: Settings, purpose: Purpose) -> None:
    begun = utc_now().timestamp()
    with time_machine.travel(begun):
        token = issue(purpose)
    seconds = one_time.life_seconds(purpose, settings)
    with time_machine.travel(begun + seconds + 1), refused():
        redeem(token, purpose)
    with time_machine.travel(begun + seconds - 1):
        assert not redeem(token, purpose).was_used


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: token + "A", str.swapcase, lambda _: "", lambda _: "x" * 100_000]
)
def test_whatever_is_not_the_token_is_refused_in_the_same_words(issue: Issue, redeem: Redeem, change: Callable[[str], str]) -> None:
    with refused():
        redeem(change(issue()))


@pytest.mark.parametrize("token", ["\ud800", "\0", "\u00fc" * 43, "' OR 1=1 --"])
def test_any_text_can_be_asked_for(redeem: Redeem, token: str) -> None:
    with refused():
        redeem(token)


def test_no_token_is_kept(app: Flask, issue: Issue) -> None:
    token = issue()
    with app.app_context(), reading():
        row = db.session.execute(sa.select(OneTimeToken.__table__)).one()
    assert token not in str(row)
    assert len(token) >= 43


def test_what_was_undone_was_not_used(app: Flask, issue: Issue, redeem: Redeem) -> None:
    token = issue()
    with pytest.raises(ZeroDivisionError), app.app_context(), transaction():
        one_time.redeem(token, "verify_email")
        raise ZeroDivisionError
    assert not redeem(token).was_used


@pytest.mark.every_database
def test_the_clock_forgets_what_has_expired_and_nothing_else(app: Flask, issue: Issue, tick: Callable[[], Any], settings: Settings) -> None:
    issue("verify_email")
    issue("reset_password")

    def purposes() -> set[str]:
        with app.app_context(), reading():
            return set(db.session.scalars(sa.select(OneTimeToken.purpose)))

    tick()
    assert purposes() == {"verify_email", "reset_password"}
    with time_machine.travel(utc_now().timestamp() + settings.password_reset_seconds + 5):
        tick()
    assert purposes() == {"verify_email"}


def test_withdrawn_tokens_are_not_valid(app: Flask, issue: Issue, redeem: Redeem, people: People) -> None:
    tokens = {each: issue(each) for each in PURPOSES}
    owner = uuid.UUID(people.owner.id)
    with app.app_context(), transaction():
        one_time.withdraw(owner, "verify_email", "reset_password")
    for each in ("verify_email", "reset_password"):
        with refused():
            redeem(tokens[each], each)
    assert not redeem(tokens["change_email"], "change_email").was_used


def test_who_changes_an_account_while_its_token_is_redeemed_goes_first_and_neither_waits_for_ever(
    app: Flask, issue: Issue, redeem: Redeem, people: People
) -> None:
    token, owner, refusals = issue(), uuid.UUID(people.owner.id), []

    def late() -> None:
        with refused():
            redeem(token)
        refusals.append(token)

    with app.app_context(), db.engine.begin() as changing:
        changing.execute(sa.update(User).where(User.id == owner).values(first_name="Ada"))
        redeeming = threading.Thread(target=late)
        redeeming.start()
        wait_for_a_blocked_statement()
        changing.execute(sa.delete(OneTimeToken).where(OneTimeToken.user_id == owner))
    redeeming.join(30)
    assert refusals == [token]
