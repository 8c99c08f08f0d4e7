"""A new password for somebody who is signed in: the current one is asked for, and everybody else is signed out."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth import one_time
from aizen.auth.models import OneTimeToken, User
from aizen.database import db, transaction
from aizen.settings import Settings
from tests.auth.resets import asked_for
from tests.auth.test_login import wait_for_a_blocked_statement
from tests.auth.test_password_reset import NOT_VALID, change_user, confirm, is_signed_in, make_key, refusal, status_of_sign_in, user_of
from tests.conftest import PASSWORD, Backend, People, Person
from tests.fakes import LetterBox

every_database = pytest.mark.every_database
ADDRESS = "/api/v1/auth/password/change"
NEW = "a slow train at noon"
WRONG_PASSWORD = (403, "wrong_password", "/current_password", "wrong_password")


def change(client: FlaskClient, person: Person, *, current: str = PASSWORD, password: str = NEW, **more: Any) -> Any:
    return client.post(ADDRESS, json={"current_password": current, "password": password, **more}, headers=person.headers)


@every_database
def test_the_new_password_is_the_only_one_and_every_other_session_has_ended(client: FlaskClient, people: People) -> None:
    owner = people.owner
    new_client, old_client = (
        client.post(address, json={"email": owner.email, "password": PASSWORD}).get_json()
        for address in ("/api/v1/auth/login", "/api/auth/login/")
    )
    answer = change(client, owner, password2=NEW)
    assert (answer.status_code, answer.get_json(), answer.headers["Cache-Control"]) == (200, {}, "no-store")
    assert is_signed_in(client, owner.access)
    assert client.post("/api/v1/auth/token/refresh", json={"refresh": owner.refresh}).status_code == 200
    for other in (new_client, old_client):
        assert not is_signed_in(client, other["access"])
        assert client.post("/api/v1/auth/token/refresh", json={"refresh": other["refresh"]}).status_code == 401
    assert status_of_sign_in(client, owner.email, PASSWORD) == 401
    assert status_of_sign_in(client, owner.email, NEW) == 200


def test_a_client_of_the_older_systems_keeps_its_session_too(client: FlaskClient, people: People) -> None:
    owner = people.owner
    tokens = client.post("/api/auth/login/", json={"email": owner.email, "password": PASSWORD}).get_json()
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    assert client.post(ADDRESS, json={"current_password": PASSWORD, "password": NEW}, headers=headers).status_code == 200
    assert is_signed_in(client, tokens["access"])
    assert not is_signed_in(client, owner.access)
    assert client.post("/api/auth/token/refresh/", json={"refresh": tokens["refresh"]}).status_code == 200


def test_nobody_else_is_signed_out(client: FlaskClient, people: People) -> None:
    access = people.stranger.access
    assert change(client, people.owner).status_code == 200
    assert is_signed_in(client, access)


def test_the_owner_is_told_in_a_letter_without_a_secret(
    client: FlaskClient, people: People, mailer: LetterBox, work: Callable[[], int]
) -> None:
    change(client, people.owner)
    work()
    letter = mailer.to(people.owner.email)[-1]
    assert letter.subject == "Your password was changed"
    for secret in (PASSWORD, NEW, "token="):
        assert secret not in letter.text


def test_nobody_is_told_of_a_change_that_was_refused(
    client: FlaskClient, people: People, mailer: LetterBox, work: Callable[[], int]
) -> None:
    change(client, people.owner, current="a wrong guess")
    change(client, people.owner, password="minecraft")
    work()
    assert not [letter for letter in mailer.letters if "password was changed" in letter.subject]


@pytest.mark.parametrize("current", ["", "a wrong guess", PASSWORD + " ", PASSWORD.upper(), NEW])
def test_a_wrong_current_password_is_403_and_changes_nothing(client: FlaskClient, people: People, current: str) -> None:
    other = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": PASSWORD}).get_json()
    assert refusal(change(client, people.owner, current=current)) == WRONG_PASSWORD
    assert is_signed_in(client, other["access"])
    assert status_of_sign_in(client, people.owner.email, PASSWORD) == 200


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"password": PASSWORD}, "/password", "same_as_before"),
        ({"password": "short"}, "/password", "too_short"),
        ({"password": "minecraft"}, "/password", "too_common"),
        ({"password": "LovelaceAda"}, "/password", "like_own_data"),
        ({"password": "x" * 129}, "/password", "too_long"),
        ({"password": NEW, "password2": NEW + "!"}, "/password2", "passwords_differ"),
        ({"password": NEW, "email_verified": True}, "/email_verified", "unknown_field"),
    ],
)
def test_a_password_that_may_not_be_chosen_changes_nothing(
    app: Flask, client: FlaskClient, people: People, body: dict[str, Any], pointer: str, code: str
) -> None:
    change_user(app, people.owner.id, first_name="Ada", last_name="Lovelace")
    answer = client.post(ADDRESS, json={"current_password": PASSWORD, **body}, headers=people.owner.headers)
    assert refusal(answer) == (422, "invalid", pointer, code)
    assert status_of_sign_in(client, people.owner.email, PASSWORD) == 200


def test_a_wrong_current_password_learns_nothing_about_the_right_one(client: FlaskClient, people: People) -> None:
    for password in ("minecraft", "a wrong guess", people.owner.email):
        assert refusal(change(client, people.owner, current="a wrong guess", password=password)) == WRONG_PASSWORD


def test_nobody_changes_a_password_without_being_signed_in(client: FlaskClient, people: People) -> None:
    body = {"current_password": PASSWORD, "password": NEW}
    assert client.post(ADDRESS, json=body).status_code == 401
    client.post("/api/v1/auth/logout", json={"refresh": people.owner.refresh})
    assert client.post(ADDRESS, json=body, headers=people.owner.headers).status_code == 401
    assert status_of_sign_in(client, people.owner.email, PASSWORD) == 200


@every_database
def test_links_that_were_sent_before_are_dead(
    app: Flask, client: FlaskClient, people: People, backend: Backend, work: Callable[[], int], settings: Settings
) -> None:
    token = asked_for(backend, work, people.owner.email)
    change_user(app, people.owner.id, pending_email="thief@example.org")
    with app.app_context(), transaction():
        one_time.issue("change_email", user_id=uuid.UUID(people.owner.id), email="thief@example.org", settings=settings)
    assert change(client, people.owner).status_code == 200
    assert refusal(confirm(client, token, "yet another one")) == NOT_VALID
    assert user_of(app, people.owner.id).pending_email is None
    with app.app_context():
        assert set(db.session.scalars(sa.select(OneTimeToken.purpose))) <= {"verify_email"}


# -- at once


def together(*actions: Callable[[], Any]) -> list[Any]:
    """The answers to actions that begin at the same moment, in their order."""
    barrier = threading.Barrier(len(actions))
    answers: dict[int, Any] = {}

    def run(number: int, action: Callable[[], Any]) -> None:
        barrier.wait(30)
        answers[number] = action()

    threads = [threading.Thread(target=run, args=(number, action)) for number, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [answers[number] for number in range(len(actions))]


@every_database
def test_of_several_changes_at_once_one_wins_and_its_session_is_the_only_one(app: Flask, client: FlaskClient, people: People) -> None:
    owner = people.owner
    tokens = [client.post("/api/v1/auth/login", json={"email": owner.email, "password": PASSWORD}).get_json() for _ in range(4)]

    def attempt(number: int) -> Any:
        headers = {"Authorization": f"Bearer {tokens[number]['access']}"}
        return app.test_client().post(
            ADDRESS, json={"current_password": PASSWORD, "password": f"{NEW}, platform {number}"}, headers=headers
        )

    answers = together(*(lambda number=number: attempt(number) for number in range(4)))
    won = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert len(won) == 1
    # A late one finds its password wrong, or, having come later still, its session ended.
    assert {answer.get_json()["code"] for answer in answers if answer.status_code != 200} <= {"wrong_password", "session_ended"}
    assert [number for number in range(4) if is_signed_in(client, tokens[number]["access"])] == won
    assert not is_signed_in(client, owner.access)
    assert status_of_sign_in(client, owner.email, f"{NEW}, platform {won[0]}") == 200


@every_database
def test_no_sign_in_with_the_old_password_survives_a_change(app: Flask, client: FlaskClient, people: People) -> None:
    owner = people.owner

    def sign_in() -> Any:
        return app.test_client().post("/api/v1/auth/login", json={"email": owner.email, "password": PASSWORD})

    *entered, changed = together(*[sign_in] * 5, lambda: change(app.test_client(), owner))
    assert changed.status_code == 200
    assert {answer.status_code for answer in entered} <= {200, 401}
    assert not [answer for answer in entered if answer.status_code == 200 and is_signed_in(client, answer.get_json()["access"])]


def test_a_change_that_began_before_a_reset_fails_after_it(app: Flask, client: FlaskClient, people: People) -> None:
    owner = people.owner
    late: list[Any] = []
    thread = threading.Thread(target=lambda: late.append(change(app.test_client(), owner)))
    with app.app_context():
        with transaction():
            db.session.execute(sa.update(User).values(password_hash="$argon2id$changed"))
            thread.start()
            wait_for_a_blocked_statement()
        thread.join(30)
    assert [refusal(answer) for answer in late] == [WRONG_PASSWORD]


# -- the throttle


def test_the_thief_of_a_session_is_stopped_in_whatever_networks_and_the_owner_elsewhere_is_not(
    make_app: Callable[..., Flask], people: People
) -> None:
    client = make_app(trusted_proxies=1, rate_limit_account="4 per hour").test_client()
    owner = people.owner
    own = client.post("/api/v1/auth/login", json={"email": owner.email, "password": PASSWORD}, headers={"X-Forwarded-For": "203.0.113.1"})

    def guess(number: int, current: str = "a wrong guess", *, address: str = "198.51.{}.1") -> Any:
        headers = {**owner.headers, "X-Forwarded-For": address.format(number)}
        return client.post(ADDRESS, json={"current_password": current, "password": NEW}, headers=headers)

    assert [guess(number).status_code for number in range(5)] == [403, 403, 403, 403, 429]
    assert guess(6, PASSWORD).status_code == 429
    # Not even where the owner has been, as one who shares their network might.
    assert guess(9, PASSWORD, address="203.0.113.{}").status_code == 429
    headers = {"Authorization": f"Bearer {own.get_json()['access']}", "X-Forwarded-For": "192.0.2.1"}
    assert client.post(ADDRESS, json={"current_password": PASSWORD, "password": NEW}, headers=headers).status_code == 200


def test_strangers_who_fail_to_sign_in_keep_nobody_from_a_change(make_app: Callable[..., Flask], people: People) -> None:
    client = make_app(trusted_proxies=1, rate_limit_account="2 per hour").test_client()
    for number in range(4):
        wrong = {"email": people.owner.email, "password": "a wrong guess"}
        client.post("/api/v1/auth/login", json=wrong, headers={"X-Forwarded-For": f"198.51.{number}.1"})
    headers = {**people.owner.headers, "X-Forwarded-For": "203.0.113.1"}
    assert client.post(ADDRESS, json={"current_password": PASSWORD, "password": NEW}, headers=headers).status_code == 200


def test_guesses_at_the_current_password_and_at_the_sign_in_count_together(make_app: Callable[..., Flask], people: People) -> None:
    client = make_app(rate_limit_login="2 per minute").test_client()
    assert status_of_sign_in(client, people.owner.email, "a wrong guess") == 401
    assert change(client, people.owner, current="a wrong guess").status_code == 403
    assert status_of_sign_in(client, people.owner.email, PASSWORD) == 429
    answer = change(client, people.owner)
    assert (answer.status_code, answer.headers["RateLimit-Policy"]) == (429, '"login";q=2;w=60')
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_client_that_failed_at_other_accounts_has_to_wait_here_too(make_app: Callable[..., Flask], people: People) -> None:
    client = make_app(rate_limit_login="2 per minute").test_client()
    owner = people.owner
    for number in range(2):
        assert status_of_sign_in(client, f"nobody{number}@example.org", "a wrong guess") == 401
    assert change(client, owner).status_code == 429
    body = {"current_password": PASSWORD, "password": NEW}
    assert client.post(ADDRESS, json=body, headers=owner.headers, environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200


def test_api_keys_go_on_after_a_change_and_its_letter_says_so(
    client: FlaskClient, people: People, work: Callable[[], int], mailer: LetterBox
) -> None:
    key = make_key(client, people.owner)
    assert change(client, people.owner).status_code == 200
    assert client.get("/api/v1/images", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    work()
    assert "API keys go on" in mailer.to(people.owner.email)[-1].text
