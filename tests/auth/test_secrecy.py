from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from aizen.settings import Settings
from tests.auth.resets import asked_for
from tests.conftest import Backend, People

WRONG = "guess that nobody made before"


def test_no_password_token_or_hash_is_ever_logged(client: Any, people: People, settings: Settings, log: io.StringIO) -> None:
    owner = people.owner
    secrets = [owner.password, owner.access, owner.refresh, WRONG, settings.jwt_secret_key, settings.secret_key]
    client.get("/api/v1/user/info", headers=owner.headers)
    client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {owner.access}x"})
    client.post("/api/v1/auth/register", json={"email": owner.email, "password": WRONG})
    client.post("/api/v1/auth/register", json={"email": "x", "password": WRONG, "password2": WRONG})
    client.post("/api/v1/auth/login", json={"email": owner.email, "password": WRONG})
    client.post("/api/v1/auth/login", json={"email": owner.email, "password": [WRONG]})
    client.post("/api/v1/auth/login", data=f'{{"password": "{WRONG}"', content_type="application/json")
    pair = client.post("/api/v1/auth/login", json={"email": owner.email, "password": owner.password}).json
    child = client.post("/api/v1/auth/token/refresh", json={"refresh": pair["refresh"]}).json
    client.post("/api/v1/auth/token/refresh", json={"refresh": child["refresh"]})
    reused = client.post("/api/v1/auth/token/refresh", json={"refresh": pair["refresh"]})
    client.post("/api/v1/auth/logout", json={"refresh": owner.refresh})
    assert reused.json["code"] == "refresh_token_reused"
    written = log.getvalue()
    for secret in (*secrets, pair["access"], pair["refresh"], child["access"], child["refresh"], "argon2id", "eyJ"):
        assert secret not in written


def test_a_reused_token_and_each_refused_login_are_one_line_in_the_log(
    client: Any, people: People, disable: Callable[[str], None], log: io.StringIO
) -> None:
    owner = people.owner
    child = client.post("/api/v1/auth/token/refresh", json={"refresh": owner.refresh}).json
    client.post("/api/v1/auth/token/refresh", json={"refresh": child["refresh"]})
    client.post("/api/v1/auth/token/refresh", json={"refresh": owner.refresh})
    client.post("/api/v1/auth/login", json={"email": owner.email, "password": WRONG})
    client.post("/api/v1/auth/login", json={"email": "nobody@example.org", "password": WRONG})
    disable(owner.id)
    client.post("/api/v1/auth/login", json={"email": owner.email, "password": owner.password})
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    reused = [event for event in events if event["message"].startswith("a spent refresh token came back")]
    refused = [event for event in events if event["message"] == "sign-in refused"]
    assert [(event["log.level"], event["user"]["id"]) for event in reused] == [("warning", owner.id)]
    assert [(event["aizen"]["network"], event.get("user")) for event in refused] == [
        ("127.0.0.0/24", who) for who in ({"id": owner.id}, None, {"id": owner.id})
    ]


def test_no_answer_repeats_a_secret(client: Any, people: People) -> None:
    bodies = [
        client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": WRONG}),
        client.post("/api/v1/auth/register", json={"email": people.owner.email, "password": WRONG}),
        client.post("/api/v1/auth/register", json={"email": "x", "password": WRONG, "password2": "y", "role": WRONG}),
        client.post("/api/v1/auth/token/refresh", json={"refresh": people.owner.access}),
    ]
    for body in bodies:
        assert WRONG not in body.text
        assert people.owner.access not in body.text


def test_nothing_of_a_new_password_or_its_link_is_ever_logged_or_repeated(
    client: Any, people: People, backend: Backend, work: Callable[[], int], log: io.StringIO
) -> None:
    new, newer = "a slow train at noon", "eleven geese on ice"
    token = asked_for(backend, work, people.owner.email)
    base = "/api/v1/auth/password"
    answers = [
        client.post(f"{base}/reset/confirm", json={"token": f"{token}x", "password": new}),
        client.post(f"{base}/reset/confirm", json={"token": token, "password": new, "password2": newer}),
        client.post(f"{base}/reset/confirm", json={"token": token, "password": new}),
        client.post(f"{base}/reset/confirm", json={"token": token, "password": new}),
    ]
    access = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": new}).json["access"]
    headers = {"Authorization": f"Bearer {access}"}
    for current in (WRONG, new):
        answers.append(client.post(f"{base}/change", json={"current_password": current, "password": newer}, headers=headers))
    work()
    assert [answer.status_code for answer in answers] == [422, 422, 200, 422, 403, 200]
    told = log.getvalue() + "".join(answer.text for answer in answers)
    for secret in (token, new, newer, WRONG, people.owner.email):
        assert secret not in told
