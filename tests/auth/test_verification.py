"""An address is confirmed by the link that was sent to it, and by nothing else."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth.models import OneTimeToken
from aizen.database import db, transaction, utc_now
from aizen.errors import Final, TryAgain
from aizen.settings import Settings
from aizen.work.models import WorkItem
from tests.auth.letters import VERIFY, link_of, statements_of, token_of, without_id
from tests.conftest import PASSWORD, People
from tests.fakes import HintList, LetterBox

REGISTER = "/api/v1/auth/register"
ADA = {"email": "ada@example.org", "username": "ada", "password": PASSWORD}
MakeApp = Callable[..., Flask]
Work = Callable[[], int]


@pytest.fixture
def optional(make_app: MakeApp) -> FlaskClient:
    return make_app(email_verification="optional").test_client()


def user_of(client: FlaskClient, email: str = ADA["email"]) -> dict[str, Any]:
    access = client.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD}).get_json()["access"]
    found: dict[str, Any] = client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {access}"}).get_json()
    return found


def rows_of_work(app: Flask) -> list[Any]:
    with app.app_context(), db.engine.connect() as connection:
        return list(connection.execute(sa.select(WorkItem.__table__)))


# -- the letter and its link


@pytest.mark.every_database
def test_a_new_user_is_sent_a_link_and_is_verified_by_opening_it(optional: FlaskClient, work: Work, mailer: LetterBox) -> None:
    assert optional.post(REGISTER, json=ADA).get_json()["user"]["email_verified"] is False
    work()
    (letter,) = mailer.to(ADA["email"])
    answer = optional.get(f"{VERIFY}/{token_of(letter)}")
    assert (answer.status_code, answer.get_json()) == (200, {"email": ADA["email"], "email_verified": True})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert user_of(optional)["email_verified"] is True


def test_with_verification_off_nobody_is_written_to_but_who_asks(
    client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    email = people.owner.email
    work()
    assert mailer.letters == []
    client.post(f"{VERIFY}/resend", json={"email": email})
    work()
    assert client.get(f"{VERIFY}/{token_of(mailer.letters[0])}").status_code == 200


def test_a_registration_that_is_refused_sends_nothing(optional: FlaskClient, people: People, work: Work, mailer: LetterBox) -> None:
    email = people.owner.email
    assert optional.post(REGISTER, json={**ADA, "email": email}).status_code == 409
    assert optional.post(REGISTER, json={**ADA, "username": people.owner.username}).status_code == 409
    work()
    assert mailer.letters == []


def test_a_letter_that_was_sent_leaves_no_work(optional: FlaskClient, app: Flask, work: Work) -> None:
    optional.post(REGISTER, json=ADA)
    assert work() == 1
    assert rows_of_work(app) == []


def test_no_address_and_no_token_lies_in_the_queue(optional: FlaskClient, app: Flask, queue: HintList) -> None:
    optional.post(REGISTER, json=ADA)
    assert ADA["email"] not in f"{queue.hints} {rows_of_work(app)}"


def test_links_lead_to_public_url_whatever_host_was_asked_for(make_app: MakeApp, work: Work, mailer: LetterBox) -> None:
    client = make_app(email_verification="optional", allowed_hosts=("*.example", "evil.example"), trusted_proxies=1).test_client()
    feigned = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
        "Origin": "https://evil.example",
    }
    assert client.post(REGISTER, json=ADA, headers=feigned).status_code == 201
    client.post(f"{VERIFY}/resend", json={"email": ADA["email"]}, headers=feigned)
    work()
    assert mailer.letters
    for letter in mailer.letters:
        assert "evil.example" not in f"{letter}"
        assert link_of(letter).startswith(f"http://localhost:8000{VERIFY}/")


@pytest.mark.every_database
def test_a_used_link_answers_again_while_it_is_young(optional: FlaskClient, work: Work, mailer: LetterBox, settings: Settings) -> None:
    optional.post(REGISTER, json=ADA)
    work()
    address = f"{VERIFY}/{token_of(mailer.letters[0])}"
    assert [optional.get(address).status_code for _ in range(3)] == [200, 200, 200]
    with time_machine.travel(utc_now().timestamp() + settings.verification_seconds + 5, tick=True):
        assert optional.get(address).status_code == 422


def test_head_does_nothing(optional: FlaskClient, app: Flask, work: Work, mailer: LetterBox) -> None:
    optional.post(REGISTER, json=ADA)
    work()
    address = f"{VERIFY}/{token_of(mailer.letters[0])}"
    answers = [optional.head(each) for each in (address, f"{VERIFY}/nothing")]
    assert [(answer.status_code, answer.data) for answer in answers] == [(200, b"")] * 2
    assert user_of(optional)["email_verified"] is False
    with app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.select(OneTimeToken.used_at)) is None


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 5000, "%00", "%F0%9F%92%A9", "resend", "..%2f", "' OR 1=1"])
def test_what_is_no_token_has_one_clear_answer(optional: FlaskClient, token: str) -> None:
    answer = optional.get(f"{VERIFY}/{token}")
    assert answer.status_code in (404, 422)
    if answer.status_code == 422:
        assert answer.get_json()["code"] == "token_not_valid"
        assert answer.get_json()["errors"][0]["pointer"] == "/token"


def test_a_token_of_another_kind_does_not_verify(optional: FlaskClient) -> None:
    tokens = optional.post(REGISTER, json=ADA).get_json()["tokens"]
    for token in tokens.values():
        assert optional.get(f"{VERIFY}/{token}").status_code == 422
    assert user_of(optional)["email_verified"] is False


def test_a_disabled_user_is_neither_written_to_nor_verified(
    optional: FlaskClient, work: Work, mailer: LetterBox, disable: Callable[[str], None]
) -> None:
    user_id = optional.post(REGISTER, json=ADA).get_json()["user"]["id"]
    work()
    (letter,) = mailer.letters
    disable(user_id)
    assert optional.get(f"{VERIFY}/{token_of(letter)}").status_code == 422
    assert optional.post(f"{VERIFY}/resend", json={"email": ADA["email"]}).status_code == 202
    work()
    assert mailer.letters == [letter]


# -- what a browser gets

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_is_led_to_the_page(make_app: MakeApp, work: Work, mailer: LetterBox) -> None:
    client = make_app(email_verification="optional", frontend_url="https://app.example.org/").test_client()
    client.post(REGISTER, json=ADA)
    work()
    good = client.get(f"{VERIFY}/{token_of(mailer.letters[0])}", headers=BROWSER)
    bad = client.get(f"{VERIFY}/x", headers=BROWSER)
    assert [(each.status_code, each.headers["Location"]) for each in (good, bad)] == [
        (303, "https://app.example.org/verify-email?email=verified"),
        (303, "https://app.example.org/verify-email?email=not_valid"),
    ]
    for each in (good, bad):
        assert (each.headers["Cache-Control"], each.headers["Vary"], each.headers["Referrer-Policy"]) == (
            "no-store",
            "Accept",
            "no-referrer",
        )
    assert user_of(client)["email_verified"] is True
    assert client.get(f"{VERIFY}/{token_of(mailer.letters[0])}").get_json()["email_verified"] is True


@pytest.mark.parametrize("address", [VERIFY, "/api/auth/verify-email"])
def test_without_another_address_the_page_is_ours(
    optional: FlaskClient, work: Work, mailer: LetterBox, settings: Settings, address: str
) -> None:
    optional.post(REGISTER, json=ADA)
    work()
    good = optional.get(f"{address}/{token_of(mailer.letters[0])}", headers=BROWSER)
    bad = optional.get(f"{address}/x", headers=BROWSER)
    page = f"{settings.base_url}/verify-email?email="
    assert [(each.status_code, each.headers["Location"]) for each in (good, bad)] == [(303, f"{page}verified"), (303, f"{page}not_valid")]
    assert user_of(optional)["email_verified"] is True


# -- asking for another letter


@pytest.mark.every_database
def test_another_letter_takes_the_place_of_the_first(optional: FlaskClient, work: Work, mailer: LetterBox) -> None:
    optional.post(REGISTER, json=ADA)
    work()
    assert optional.post(f"{VERIFY}/resend", json={"email": ADA["email"].upper()}).status_code == 202
    work()
    first, second = mailer.to(ADA["email"])
    assert optional.get(f"{VERIFY}/{token_of(first)}").status_code == 422
    assert optional.get(f"{VERIFY}/{token_of(second)}").status_code == 200


def test_a_letter_that_waits_is_not_doubled(optional: FlaskClient, work: Work, mailer: LetterBox) -> None:
    optional.post(REGISTER, json=ADA)
    for _ in range(3):
        optional.post(f"{VERIFY}/resend", json={"email": ADA["email"]})
    work()
    assert len(mailer.letters) == 1


@pytest.mark.every_database
def test_known_unknown_and_verified_addresses_are_answered_alike_after_the_same_work(
    make_app: MakeApp, client: FlaskClient, people: People, work: Work, mailer: LetterBox, queue: HintList
) -> None:
    app = make_app(email_verification="optional")
    known, verified = people.owner.email, people.stranger.email
    client.post(f"{VERIFY}/resend", json={"email": verified})
    work()
    assert client.get(f"{VERIFY}/{token_of(mailer.letters.pop())}").status_code == 200
    told, done = [], []
    for email in (known, "nobody@example.org", verified):
        with statements_of(app) as statements:
            told.append(without_id(app.test_client().post(f"{VERIFY}/resend", json={"email": email})))
        done.append((statements, len(queue.hints)))
        work()
    assert told[0] == told[1] == told[2]
    assert told[0][0] == 202
    assert done[0] == done[1] == done[2]
    assert any("INSERT INTO work_items" in statement for statement in done[0][0])
    assert [letter.to for letter in mailer.letters] == [known]


def test_a_signed_in_user_need_not_name_the_address(optional: FlaskClient, people: People, work: Work, mailer: LetterBox) -> None:
    assert optional.post(f"{VERIFY}/resend", json={}, headers=people.owner.headers).status_code == 202
    work()
    assert [letter.to for letter in mailer.letters] == [people.owner.email]
    nobody = optional.post(f"{VERIFY}/resend", json={})
    assert (nobody.status_code, nobody.get_json()["errors"][0]["pointer"]) == (422, "/email")
    wrong = optional.post(f"{VERIFY}/resend", json={}, headers={"Authorization": "Bearer x"})
    assert (wrong.status_code, "WWW-Authenticate" in wrong.headers) == (401, True)


@pytest.mark.every_database
def test_ten_who_ask_at_once_get_one_letter(make_app: MakeApp, people: People, work: Work, mailer: LetterBox) -> None:
    app, email, together = make_app(), people.owner.email, threading.Barrier(10)
    statuses: list[int] = []

    def ask() -> None:
        with app.test_client() as client:
            together.wait(30)
            statuses.append(client.post(f"{VERIFY}/resend", json={"email": email}).status_code)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    work()
    assert (statuses, len(mailer.letters)) == ([202] * 10, 1)


# -- limits


def test_one_address_is_not_flooded_and_its_owner_is_answered_whoever_else_asks(
    make_app: MakeApp, people: People, work: Work, mailer: LetterBox
) -> None:
    client, owner = make_app(rate_limit_email_address="2 per hour", trusted_proxies=1).test_client(), people.owner
    told = []
    for email in (owner.email, "nobody@example.org"):
        answers = []
        for number in range(4):
            answers.append(client.post(f"{VERIFY}/resend", json={"email": email}, headers={"X-Forwarded-For": f"198.51.{number}.1"}))
            work()
        told.append([without_id(answer)[0] for answer in answers])
    assert [answer.status_code for answer in answers] == [202] * 4
    assert told[0] == told[1]
    assert len(mailer.to(owner.email)) == 2
    own = [client.post(f"{VERIFY}/resend", json={}, headers=owner.headers).status_code for _ in range(3)]
    work()
    assert (own, len(mailer.to(owner.email))) == ([202, 202, 429], 3)


def test_one_client_does_not_flood_many_addresses(make_app: MakeApp) -> None:
    client = make_app(rate_limit_email="2 per hour").test_client()
    answers = [client.post(f"{VERIFY}/resend", json={"email": f"{number}@example.org"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[2].headers["RateLimit-Policy"] == '"email";q=2;w=3600'


def test_who_guesses_tokens_is_stopped_and_who_has_one_is_not(make_app: MakeApp, work: Work, mailer: LetterBox) -> None:
    client = make_app(email_verification="optional", rate_limit_one_time_token="2 per hour").test_client()
    client.post(REGISTER, json=ADA)
    work()
    address = f"{VERIFY}/{token_of(mailer.letters[0])}"
    assert [client.get(address).status_code for _ in range(4)] == [200] * 4
    assert [client.get(f"{VERIFY}/guess-{number}").status_code for number in range(3)] == [422, 422, 429]
    assert client.get(address).status_code == 429
    assert client.get(address, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200


# -- a mail server that fails


def test_a_letter_that_fails_for_a_while_is_sent_later_with_a_token_of_its_own(
    optional: FlaskClient, app: Flask, work: Work, mailer: LetterBox
) -> None:
    mailer.will_fail(TryAgain("Greylisted", code="mail_busy"))
    optional.post(REGISTER, json=ADA)
    work()
    (row,) = rows_of_work(app)
    assert (row.kind, row.state, row.attempts, row.error_code) == ("send_verification", "pending", 1, "mail_busy")
    assert mailer.letters == []


def test_a_letter_that_cannot_be_sent_is_failed_with_its_reason_and_another_may_be_asked_for(
    optional: FlaskClient, app: Flask, work: Work, mailer: LetterBox
) -> None:
    mailer.will_fail(Final("The mail server refuses the recipient (550 5.1.1).", code="mail_address_refused"))
    optional.post(REGISTER, json=ADA)
    work()
    (row,) = rows_of_work(app)
    assert (row.state, row.error_code, row.error_detail) == (
        "failed",
        "mail_address_refused",
        "The mail server refuses the recipient (550 5.1.1).",
    )
    optional.post(f"{VERIFY}/resend", json={"email": ADA["email"]})
    work()
    assert optional.get(f"{VERIFY}/{token_of(mailer.letters[0])}").status_code == 200
    assert rows_of_work(app) == []


def test_a_user_who_has_gone_is_not_written_to(optional: FlaskClient, app: Flask, work: Work, mailer: LetterBox) -> None:
    optional.post(REGISTER, json=ADA)
    with app.app_context(), transaction():
        db.session.execute(sa.text("DELETE FROM users"))
    work()
    assert (mailer.letters, rows_of_work(app)) == ([], [])


# -- tokens stay out of what is told


@pytest.mark.parametrize("prefix", [VERIFY, "/api/auth/verify-email", "/auth/verify-email", "/api/v1/Auth/Verify-Email"])
def test_a_token_stands_in_no_log_and_in_no_error(
    optional: FlaskClient, work: Work, mailer: LetterBox, log: io.StringIO, prefix: str
) -> None:
    optional.post(REGISTER, json=ADA)
    work()
    token = token_of(mailer.letters[0])
    answers = [
        optional.get(f"{prefix}/{token}x"),
        optional.get(f"{prefix}/{token}/"),
        optional.get(f"{prefix}/{token}/more"),
        optional.post(f"{prefix}/{token}"),
        optional.delete(f"{prefix}/{token}", headers={"Accept": "text/html"}),
        optional.get(f"{prefix}/{token}", headers={"Host": "evil.example"}),
    ]
    assert token not in log.getvalue()
    for answer in answers:
        assert token not in f"{answer.text} {answer.headers}"
    assert f"{prefix}/[removed]" in log.getvalue()
    resend = optional.post(f"{VERIFY}/resend", json={"email": "x"})
    assert resend.get_json()["instance"] == f"{VERIFY}/resend"
