"""A forgotten password: a link goes to the owner alone, is good once, and nobody learns who has an account."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth import one_time
from aizen.auth.models import OneTimeToken, User
from aizen.database import db, transaction, utc_now
from aizen.errors import Final
from aizen.settings import Settings
from aizen.work.models import WorkItem
from tests.auth.letters import statements_of
from tests.auth.resets import asked_for, token_in
from tests.auth.test_login import told
from tests.conftest import PASSWORD, Backend, People, Person
from tests.fakes import HintList, LetterBox

every_database = pytest.mark.every_database
REQUEST, CONFIRM = "/api/v1/auth/password/reset/request", "/api/v1/auth/password/reset/confirm"
NEW = "a slow train at noon"
Work = Callable[[], int]


@pytest.fixture
def token(backend: Backend, people: People, work: Work) -> str:
    """That of a link that was sent to the owner."""
    email = people.owner.email
    work()
    return asked_for(backend, work, email)


def ask(client: FlaskClient, email: str, **options: Any) -> Any:
    return client.post(REQUEST, json={"email": email}, **options)


def confirm(client: FlaskClient, token: str, password: str = NEW, **more: Any) -> Any:
    return client.post(CONFIRM, json={"token": token, "password": password, **more})


def status_of_sign_in(client: FlaskClient, email: str, password: str, **options: Any) -> int:
    return client.post("/api/v1/auth/login", json={"email": email, "password": password}, **options).status_code


def is_signed_in(client: FlaskClient, access: str) -> bool:
    return client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {access}"}).status_code == 200


def refusal(answer: Any) -> tuple[int, str, str, str]:
    body = answer.get_json()
    (error,) = body["errors"]
    return answer.status_code, body["code"], error["pointer"], error["code"]


NOT_VALID = (422, "token_not_valid", "/token", "token_not_valid")


def resets(mailer: LetterBox, email: str) -> list[str]:
    """The subjects of the letters with a link for a new password."""
    return [letter.subject for letter in mailer.to(email) if "#token=" in letter.text]


def change_user(app: Flask, user_id: str, **values: Any) -> None:
    with app.app_context(), transaction():
        db.session.execute(sa.update(User).where(User.id == uuid.UUID(user_id)).values(**values))


def user_of(app: Flask, user_id: str) -> User:
    with app.app_context():
        found = db.session.get(User, uuid.UUID(user_id))
        assert found is not None
        return found


def change_token(app: Flask, **values: Any) -> None:
    with app.app_context(), transaction():
        db.session.execute(sa.update(OneTimeToken).where(OneTimeToken.purpose == "reset_password").values(**values))


# -- asking


@every_database
def test_known_unknown_and_disabled_addresses_get_one_answer_after_the_same_work(
    app: Flask, client: FlaskClient, people: People, disable: Callable[[str], None], queue: HintList, work: Work
) -> None:
    disable(people.named("disabled").id)
    emails = (people.owner.email, "nobody@example.org", "disabled@example.org")
    work()
    # The second time a link is on its way, the third time it has been sent, and is young.
    for turn in range(3):
        answers, works = [], []
        for number, email in enumerate(emails):
            before = len(queue.hints)
            with statements_of(app) as said:
                answers.append(told(ask(client, email, environ_base={"REMOTE_ADDR": f"2001:db8:{turn}{number}::1"})))
            works.append((said, len(queue.hints) - before))
        assert answers[0] == answers[1] == answers[2]
        assert answers[0][:2] == (202, {})
        assert works[0] == works[1] == works[2]
        assert works[0][1] == 1
        if turn == 1:
            work()


@every_database
def test_the_link_goes_to_the_owner_alone(
    client: FlaskClient, people: People, disable: Callable[[str], None], mailer: LetterBox, work: Work, settings: Settings
) -> None:
    disable(people.named("disabled").id)
    assert people.stranger.id
    work()
    mailer.forget()
    for email in (people.owner.email.upper(), "nobody@example.org", "disabled@example.org"):
        assert ask(client, email).status_code == 202
    work()
    (letter,) = mailer.letters
    assert letter.to == people.owner.email
    assert f"{settings.page_url}/reset-password#token={token_in(letter)}" in letter.text
    assert "1 hour" in letter.text
    # What a server would be told of the address that is opened has no secret in it.
    assert token_in(letter) not in letter.text.partition("#")[0]


def test_nothing_is_left_of_a_request_for_nobody(app: Flask, client: FlaskClient, work: Work) -> None:
    ask(client, "nobody@example.org")
    work()
    with app.app_context():
        assert db.session.scalars(sa.select(WorkItem.kind)).all() == []
        assert db.session.scalars(sa.select(OneTimeToken.id)).all() == []


def test_no_token_stands_in_the_database(app: Flask, token: str) -> None:
    with app.app_context():
        rows = [*db.session.execute(sa.select(OneTimeToken.__table__)), *db.session.execute(sa.select(WorkItem.__table__))]
    assert rows
    assert token not in str(rows)


def test_the_link_names_the_configured_host_whatever_the_request_says(
    make_app: Callable[..., Flask], backend: Backend, people: People, work: Work
) -> None:
    client = make_app(allowed_hosts=("localhost", "evil.example")).test_client()
    client.post(REQUEST, json={"email": people.owner.email}, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    work()
    assert resets(backend.mailer, people.owner.email)
    assert not [letter for letter in backend.mailer.letters if "evil" in letter.text + letter.html]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"email": "x"}, "not_an_email"),
        ({"email": ["a@example.org"]}, "wrong_type"),
        ({"email": "a\0@b.org"}, "nul_character"),
    ],
)
def test_what_is_no_address_is_said_to_be_none(client: FlaskClient, body: dict[str, Any], code: str) -> None:
    answer = client.post(REQUEST, json=body)
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (422, code)


# -- asking often


@every_database
def test_while_a_link_is_young_and_unused_no_other_letter_is_sent(
    client: FlaskClient, people: People, mailer: LetterBox, work: Work, settings: Settings
) -> None:
    email = people.owner.email
    for _ in range(5):
        assert ask(client, email).status_code == 202
        work()
    assert len(resets(mailer, email)) == 1
    with time_machine.travel(utc_now().timestamp() + settings.password_reset_pause_seconds + 1, tick=True):
        ask(client, email)
        work()
        assert len(resets(mailer, email)) == 2
        assert confirm(client, token_in(mailer.to(email)[-1])).status_code == 200


def test_who_asks_for_somebody_elses_link_does_not_keep_the_owner_from_theirs(
    make_app: Callable[..., Flask], people: People, mailer: LetterBox, work: Work
) -> None:
    client = make_app(rate_limit_email="5 per hour", rate_limit_email_address="3 per hour", trusted_proxies=1).test_client()
    email = people.owner.email
    begun = utc_now().timestamp()
    for number in range(40):
        with time_machine.travel(begun + number * 60, tick=True):
            ask(client, email, headers={"X-Forwarded-For": f"198.51.{number % 4}.1"})
            work()
    with time_machine.travel(begun + 2450, tick=True):
        assert ask(client, email, headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 202
        work()
        assert confirm(client, token_in(mailer.to(email)[-1])).status_code == 200


def test_after_a_link_was_used_the_next_is_sent_at_once(
    client: FlaskClient, people: People, backend: Backend, work: Work, token: str
) -> None:
    assert confirm(client, token).status_code == 200
    assert confirm(client, asked_for(backend, work, people.owner.email), PASSWORD).status_code == 200


def test_after_a_letter_that_could_not_be_sent_the_next_is_sent_at_once(
    client: FlaskClient, people: People, mailer: LetterBox, backend: Backend, work: Work
) -> None:
    email = people.owner.email
    work()
    mailer.will_fail(Final("The server does not want it.", code="mail_refused"))
    ask(client, email)
    work()
    assert resets(mailer, email) == []
    assert confirm(client, asked_for(backend, work, email)).status_code == 200


@pytest.mark.parametrize("email", ["owner@example.org", "nobody@example.org"])
def test_too_many_requests_for_one_address_are_429_to_their_network_whoever_has_it(
    make_app: Callable[..., Flask], people: People, email: str
) -> None:
    client = make_app(rate_limit_email_address="2 per hour").test_client()
    assert people.owner.email == "owner@example.org"
    here = {"REMOTE_ADDR": "203.0.113.7"}
    assert [ask(client, email, environ_base=here).status_code for _ in range(3)] == [202, 202, 429]
    assert ask(client, email.upper(), environ_base={"REMOTE_ADDR": "203.0.113.8"}).status_code == 429
    assert ask(client, email, environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 202
    assert ask(client, "somebody.else@example.org", environ_base=here).status_code == 202


# -- confirming


@every_database
def test_the_new_password_is_the_only_one_and_nobody_is_signed_in(client: FlaskClient, people: People, token: str) -> None:
    owner = people.owner
    other = client.post("/api/auth/login/", json={"email": owner.email, "password": PASSWORD}).get_json()
    answer = confirm(client, token)
    assert (answer.status_code, answer.get_json()) == (200, {})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert not is_signed_in(client, owner.access)
    assert not is_signed_in(client, other["access"])
    assert client.post("/api/v1/auth/token/refresh", json={"refresh": owner.refresh}).status_code == 401
    assert client.post("/api/auth/token/refresh/", json={"refresh": other["refresh"]}).status_code == 401
    assert status_of_sign_in(client, owner.email, PASSWORD) == 401
    assert status_of_sign_in(client, owner.email, NEW) == 200


def test_nobody_else_is_touched(client: FlaskClient, people: People, token: str) -> None:
    access = people.stranger.access
    assert confirm(client, token).status_code == 200
    assert is_signed_in(client, access)
    assert status_of_sign_in(client, people.stranger.email, PASSWORD) == 200


def test_the_owner_is_told_in_a_letter_without_a_secret(
    client: FlaskClient, people: People, mailer: LetterBox, token: str, work: Work
) -> None:
    confirm(client, token)
    work()
    letter = mailer.to(people.owner.email)[-1]
    assert letter.subject == "Your password was changed"
    assert NEW not in letter.text
    assert "token=" not in letter.text


@every_database
def test_of_ten_confirmations_at_once_one_wins(app: Flask, client: FlaskClient, people: People, token: str) -> None:
    together = threading.Barrier(10)
    answers: dict[str, Any] = {}

    def try_it(number: int) -> None:
        password = f"{NEW}, platform {number}"
        together.wait(30)
        answers[password] = confirm(app.test_client(), token, password)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    won = [password for password, answer in answers.items() if answer.status_code == 200]
    assert len(answers) == 10
    assert len(won) == 1
    assert {refusal(answer) for answer in answers.values() if answer.status_code != 200} == {NOT_VALID}
    assert status_of_sign_in(client, people.owner.email, won[0]) == 200


@every_database
def test_a_token_that_is_no_live_one_gets_one_answer_and_changes_nothing(
    app: Flask, client: FlaskClient, people: People, token: str, settings: Settings
) -> None:
    with app.app_context(), transaction():
        foreign = one_time.issue("verify_email", user_id=uuid.UUID(people.owner.id), email=people.owner.email, settings=settings)
    flipped = token[:-1] + chr(ord(token[-1]) ^ 1)
    others = [
        "",
        "x",
        token[:-1],
        token + "=",
        token.swapcase(),
        flipped,
        foreign,
        people.owner.access,
        people.owner.refresh,
        "x" * 100_000,
    ]
    answers = [confirm(client, other) for other in others]
    with time_machine.travel(utc_now().timestamp() + settings.password_reset_seconds + 1, tick=True):
        answers.append(confirm(client, token))
    told_of = {(refusal(answer), answer.get_json()["detail"]) for answer in answers}
    assert [each[0] for each in told_of] == [NOT_VALID]
    assert status_of_sign_in(client, people.owner.email, PASSWORD) == 200
    assert confirm(client, token).status_code == 200
    assert refusal(confirm(client, token)) == NOT_VALID
    assert status_of_sign_in(client, people.owner.email, NEW) == 200


def test_a_token_is_nothing_in_any_other_place(client: FlaskClient, token: str) -> None:
    assert not is_signed_in(client, token)
    for address in ("/api/v1/auth/token/refresh", "/api/v1/auth/logout"):
        assert client.post(address, json={"refresh": token}).status_code == 401
    assert client.get(f"/api/v1/auth/verify-email/{token}").status_code == 422
    assert confirm(client, token).status_code == 200


def test_a_newer_link_takes_the_place_of_the_older(client: FlaskClient, people: People, backend: Backend, token: str, work: Work) -> None:
    with time_machine.travel(utc_now().timestamp() + 600, tick=True):
        newer = asked_for(backend, work, people.owner.email)
        assert refusal(confirm(client, token)) == NOT_VALID
        assert confirm(client, newer).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"password": "short"}, "/password", "too_short"),
        ({"password": "minecraft"}, "/password", "too_common"),
        ({"password": "2938457192"}, "/password", "only_digits"),
        ({"password": "owner@example"}, "/password", "like_own_data"),
        ({"password": "AdaLovelace1"}, "/password", "like_own_data"),
        ({"password": "x" * 129}, "/password", "too_long"),
        ({"password": NEW, "password2": NEW + "!"}, "/password2", "passwords_differ"),
        ({"password": NEW, "role": "admin"}, "/role", "unknown_field"),
    ],
)
def test_a_refused_password_leaves_the_token_as_it_was(
    app: Flask, client: FlaskClient, people: People, token: str, body: dict[str, Any], pointer: str, code: str
) -> None:
    change_user(app, people.owner.id, first_name="Ada", last_name="Lovelace")
    answer = client.post(CONFIRM, json={"token": token, **body})
    assert refusal(answer) == (422, "invalid", pointer, code)
    assert is_signed_in(client, people.owner.access)
    assert confirm(client, token, password2=NEW).status_code == 200


def test_a_password_that_may_not_be_chosen_tells_nothing_about_a_token_that_is_none(client: FlaskClient) -> None:
    assert refusal(confirm(client, "x", "minecraft")) == NOT_VALID


@every_database
def test_the_address_that_the_link_was_sent_to_must_still_be_the_accounts(
    app: Flask, client: FlaskClient, people: People, token: str
) -> None:
    change_user(app, people.owner.id, email="ada@example.org", email_folded="ada@example.org")
    assert refusal(confirm(client, token)) == NOT_VALID
    change_user(app, people.owner.id, email="Owner@Example.org", email_folded="owner@example.org")
    assert confirm(client, token).status_code == 200


def test_a_disabled_account_cannot_be_opened_by_its_link(
    client: FlaskClient, people: People, token: str, disable: Callable[[str], None]
) -> None:
    disable(people.owner.id)
    assert refusal(confirm(client, token)) == NOT_VALID
    assert refusal(confirm(client, token, "minecraft")) == NOT_VALID


@every_database
def test_the_link_proves_the_address(app: Flask, client: FlaskClient, people: People, token: str) -> None:
    assert user_of(app, people.owner.id).email_verified_at is None
    assert confirm(client, token).status_code == 200
    assert user_of(app, people.owner.id).email_verified_at is not None


def test_an_address_that_was_proved_before_keeps_its_time(app: Flask, client: FlaskClient, people: People, token: str) -> None:
    before = utc_now().replace(year=2020)
    change_user(app, people.owner.id, email_verified_at=before)
    assert confirm(client, token).status_code == 200
    assert user_of(app, people.owner.id).email_verified_at == before


@every_database
def test_a_change_of_address_that_somebody_asked_for_is_dead(
    app: Flask, client: FlaskClient, people: People, token: str, settings: Settings
) -> None:
    change_user(app, people.owner.id, pending_email="thief@example.org")
    with app.app_context(), transaction():
        one_time.issue("change_email", user_id=uuid.UUID(people.owner.id), email="thief@example.org", settings=settings)
    assert confirm(client, token).status_code == 200
    assert user_of(app, people.owner.id).pending_email is None
    with app.app_context():
        purposes = db.session.scalars(sa.select(OneTimeToken.purpose)).all()
    assert set(purposes) <= {"verify_email"}


# -- throttles


@pytest.mark.parametrize("is_known", [True, False])
def test_a_siege_of_the_account_keeps_nobody_out_who_reads_its_mailbox(
    make_app: Callable[..., Flask], people: People, mailer: LetterBox, work: Work, is_known: bool
) -> None:
    client = make_app(rate_limit_account="3 per hour", trusted_proxies=1).test_client()
    email, abroad = people.owner.email, {"X-Forwarded-For": "203.0.113.9"}
    for number in range(4):
        client.post("/api/v1/auth/login", json={"email": email, "password": "a guess"}, headers={"X-Forwarded-For": f"198.51.{number}.1"})
    assert status_of_sign_in(client, email, PASSWORD, headers=abroad) == 429
    assert ask(client, email, headers=abroad).status_code == 202
    work()
    used = {"token": token_in(mailer.to(email)[-1]), "password": NEW}
    assert client.post(CONFIRM, json=used, headers=abroad if is_known else {"X-Forwarded-For": "192.0.2.1"}).status_code == 200
    assert status_of_sign_in(client, email, NEW, headers=abroad) == (200 if is_known else 429)


# -- the clock


@every_database
def test_the_clock_forgets_tokens_that_nobody_used(app: Flask, token: str, settings: Settings, tick: Callable[[], Any]) -> None:
    def purposes() -> list[str]:
        with app.app_context():
            return list(db.session.scalars(sa.select(OneTimeToken.purpose)))

    tick()
    assert "reset_password" in purposes()
    with time_machine.travel(utc_now().timestamp() + settings.password_reset_seconds + 1, tick=True):
        tick()
    assert "reset_password" not in purposes()


# -- old clients


def test_a_client_of_the_older_systems_resets_a_password(client: FlaskClient, people: People, mailer: LetterBox, work: Work) -> None:
    assert client.post("/api/auth/password/reset/request/", data={"email": people.owner.email}).status_code == 202
    work()
    sent = {"token": token_in(mailer.to(people.owner.email)[-1]), "password": NEW, "password2": NEW}
    refused = client.post("/api/auth/password/reset/confirm/", json={**sent, "password2": "another"})
    assert (refused.status_code, refused.get_json()["password2"]) == (400, ["The two passwords differ."])
    assert client.post("/api/auth/password/reset/confirm/", json=sent).status_code == 200
    used = client.post("/api/auth/password/reset/confirm/", json=sent)
    assert (used.status_code, used.get_json()["code"], list(used.get_json()["token"])) == (
        400,
        "token_not_valid",
        [used.get_json()["detail"]],
    )


@every_database
def test_a_reset_revokes_every_api_key_and_its_letter_says_so(
    client: FlaskClient, people: People, backend: Backend, work: Work, mailer: LetterBox
) -> None:
    keys = [make_key(client, person) for person in (people.owner, people.owner, people.stranger)]
    work()
    assert confirm(client, asked_for(backend, work, people.owner.email)).status_code == 200
    answers = [client.get("/api/v1/images", headers={"Authorization": f"Bearer {key}"}) for key in keys]
    assert [answer.status_code for answer in answers] == [401, 401, 200]
    work()
    assert "API keys are revoked" in mailer.to(people.owner.email)[-1].text


def make_key(client: FlaskClient, person: Person) -> str:
    answer = client.post("/api/v1/auth/keys", headers=person.headers, json={"name": "a program", "scopes": ["images:read"]})
    return str(answer.get_json()["key"])
