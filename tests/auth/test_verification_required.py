"""EMAIL_VERIFICATION=required: nobody learns whose address is known, and nobody uploads before theirs is confirmed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import pictures
from tests.auth.letters import VERIFY, statements_of, token_of, without_id
from tests.conftest import PASSWORD, Backend, People
from tests.fakes import HintList, LetterBox

REGISTER = "/api/v1/auth/register"
ADA = {"email": "ada@example.org", "username": "ada", "password": PASSWORD}
MakeApp = Callable[..., Flask]
Work = Callable[[], int]


@pytest.fixture
def required(make_app: MakeApp) -> FlaskClient:
    return make_app(email_verification="required").test_client()


def registered(client: FlaskClient, **changes: Any) -> Any:
    return client.post(REGISTER, json={**ADA, **changes})


@pytest.mark.every_database
def test_known_and_new_addresses_are_answered_alike_after_the_same_work(
    make_app: MakeApp, people: People, work: Work, mailer: LetterBox, queue: HintList
) -> None:
    app, email = make_app(email_verification="required"), people.owner.email
    told, done = [], []
    for each, username in ((email, "eve"), ("new@example.org", "new")):
        with statements_of(app) as statements:
            status, body, headers = without_id(registered(app.test_client(), email=each, username=username))
        assert body.pop("email") == each
        headers.pop("Content-Length")
        told.append((status, body, headers))
        done.append((statements, len(queue.hints)))
        work()
    assert told[0] == told[1]
    assert told[0][0] == 202
    assert done[0] == done[1]
    assert [letter.to for letter in mailer.letters] == [email, "new@example.org"]
    assert "somebody tried" in mailer.letters[0].text
    assert VERIFY not in mailer.letters[0].text
    token_of(mailer.letters[1])


@pytest.mark.every_database
@pytest.mark.parametrize("is_known", [True, False])
def test_a_taken_username_is_409_whoever_has_the_address(required: FlaskClient, people: People, queue: HintList, is_known: bool) -> None:
    owner, other = people.owner, people.stranger
    answer = registered(required, email=owner.email if is_known else "new@example.org", username=other.username.upper())
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (409, "/username")
    assert queue.hints == []


def test_the_owner_of_a_known_address_keeps_the_account(required: FlaskClient, people: People) -> None:
    assert registered(required, email=people.owner.email, password="another quiet lake").status_code == 202
    login = {"email": people.owner.email, "password": "another quiet lake"}
    assert required.post("/api/v1/auth/login", json=login).status_code == 401
    assert required.get("/api/v1/user/info", headers=people.owner.headers).get_json()["username"] == "owner"


@pytest.mark.parametrize("address", ["/api/auth/register/", "/api/register/", "/auth/register"])
def test_old_addresses_answer_202_too(required: FlaskClient, people: People, address: str) -> None:
    for email in (people.owner.email, "new@example.org"):
        answer = required.post(address, json={"email": email, "password": PASSWORD})
        assert (answer.status_code, set(answer.get_json())) == (202, {"email", "detail"})


def test_an_address_is_not_flooded_and_nobody_is_kept_from_registering_it(
    make_app: MakeApp, people: People, work: Work, mailer: LetterBox
) -> None:
    client = make_app(email_verification="required", rate_limit_email_address="2 per hour").test_client()
    refused = [registered(client, email="new@example.org", password="password").status_code for _ in range(3)]
    assert refused == [422] * 3
    for email in (people.owner.email, "new@example.org"):
        for number in range(4):
            assert registered(client, email=email, username=f"{email[:3]}{number}").status_code == 202
            work()
        assert len(mailer.to(email)) == 2


def test_before_it_one_signs_in_and_looks_but_does_not_upload(required: FlaskClient, work: Work, mailer: LetterBox) -> None:
    registered(required)
    access = required.post("/api/v1/auth/login", json={"email": ADA["email"], "password": PASSWORD}).get_json()["access"]
    headers = {"Authorization": f"Bearer {access}"}

    def upload(address: str = "/api/v1/images") -> Any:
        return required.post(address, headers=headers, data={"image": (io.BytesIO(pictures.jpeg()), "a.jpg")})

    assert required.get("/api/v1/images", headers=headers).status_code == 200
    for address in ("/api/v1/images", "/api/images/upload/"):
        refused = upload(address)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "email_not_verified")
        assert ADA["email"] in refused.get_json()["detail"]
    work()
    required.get(f"{VERIFY}/{token_of(mailer.letters[0])}")
    assert upload().status_code == 201


@pytest.mark.parametrize("mode", ["off", "optional"])
def test_in_other_modes_everybody_uploads(make_app: MakeApp, people: People, mode: str) -> None:
    client = make_app(email_verification=mode).test_client()
    data = {"image": (io.BytesIO(pictures.jpeg()), "a.jpg")}
    assert client.post("/api/v1/images", headers=people.owner.headers, data=data).status_code == 201


def test_who_calls_is_asked_of_one_row_as_before(backend: Backend, people: People) -> None:
    headers = people.owner.headers
    with statements_of(backend.app) as statements:
        backend.app.test_client().post("/api/v1/images", headers=headers, data=b"{}", content_type="application/json")
    assert len([each for each in statements if "sessions" in each or "email_verified_at" in each]) == 1
