"""The cookie mode: a browser's refresh token is where no script reads it, and no other site can use it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
import time_machine
from flask import Flask

from aizen.database import utc_now
from aizen.settings import Settings
from tests.auth.forging import opened
from tests.conftest import PASSWORD, People

AUTH = "/api/v1/auth"
REFRESH, LOGIN, REGISTER, LOGOUT = f"{AUTH}/token/refresh", f"{AUTH}/login", f"{AUTH}/register", f"{AUTH}/logout"
MODE = {"Aizen-Session": "cookie"}
PLAIN, SECURE = "aizen_refresh", "__Secure-aizen_refresh"
ADA = {"email": "ada@example.org", "password": PASSWORD}


@pytest.fixture
def bare(app: Flask) -> Any:
    """A client without a memory for cookies: it sends those that a test writes."""
    return app.test_client(use_cookies=False)


def cookie_of(answer: Any) -> Morsel[str]:
    (header,) = answer.headers.getlist("Set-Cookie")
    (morsel,) = SimpleCookie(header).values()
    return morsel


def sending(token: str, *, name: str = PLAIN) -> dict[str, str]:
    return {**MODE, "Cookie": f"{name}={token}"}


def signed_in(client: Any, person: Any, **options: Any) -> Any:
    return client.post(LOGIN, json={"email": person.email, "password": person.password}, headers=MODE, **options)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_register_login_and_refresh_give_the_token_only_as_a_cookie(bare: Any, settings: Settings) -> None:
    joined = bare.post(REGISTER, json=ADA, headers=MODE)
    entered = bare.post(LOGIN, json=ADA, headers=MODE)
    renewed = bare.post(REFRESH, headers=sending(cookie_of(entered).value))
    assert [answer.status_code for answer in (joined, entered, renewed)] == [201, 200, 200]
    for answer, tokens in ((joined, joined.get_json()["tokens"]), (entered, entered.get_json()), (renewed, renewed.get_json())):
        morsel = cookie_of(answer)
        assert set(tokens) == {"access", "token_type", "expires_in"}
        assert morsel.value not in answer.text
        assert morsel.key == PLAIN
        assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (True, "Strict", AUTH, "")
        assert opened(morsel.value)["type"] == "refresh"
        assert opened(morsel.value)["sid"] == opened(tokens["access"])["sid"]
        assert settings.jwt_refresh_seconds - 5 <= int(morsel["max-age"]) <= settings.jwt_refresh_seconds


def test_a_browser_stays_signed_in_and_signs_out(client: Any, people: People) -> None:
    assert signed_in(client, people.owner).status_code == 200
    first = client.get_cookie(PLAIN, path=AUTH).value
    assert client.post(REFRESH, headers=MODE).status_code == 200
    assert client.get_cookie(PLAIN, path=AUTH).value != first
    access = client.post(REFRESH, headers=MODE).get_json()["access"]
    out = client.post(LOGOUT, headers=MODE)
    assert (out.status_code, out.get_json()) == (200, {})
    assert client.get_cookie(PLAIN, path=AUTH) is None
    assert client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {access}"}).status_code == 401
    assert refusal(client.post(REFRESH, headers=MODE)) == (401, "not_authenticated")


def test_the_cookie_lives_as_long_as_its_session(bare: Any, people: People, settings: Settings, make_app: Callable[..., Any]) -> None:
    # An old client's session does not grow longer by refreshing; nor does the cookie of one who carries it on in a browser.
    old = bare.post("/api/auth/login/", json={"email": people.owner.email, "password": people.owner.password}).get_json()
    with time_machine.travel(utc_now().timestamp() + 1000, tick=False):
        morsel = cookie_of(bare.post(REFRESH, headers=sending(old["refresh"])))
    assert settings.old_client_session_seconds - 1010 <= int(morsel["max-age"]) <= settings.old_client_session_seconds - 995


# -- the header is the rule against forged requests


@pytest.mark.parametrize("address", [REFRESH, LOGOUT])
def test_without_the_header_no_cookie_is_read(bare: Any, people: People, address: str) -> None:
    token = cookie_of(signed_in(bare, people.owner)).value
    bodies: tuple[dict[str, Any], ...] = (
        {"json": {}},
        {"data": ""},
        {"data": "refresh=", "content_type": "application/x-www-form-urlencoded"},
    )
    for body in bodies:
        answer = bare.post(address, headers={"Cookie": f"{PLAIN}={token}; {SECURE}={token}"}, **body)
        assert answer.status_code in (415, 422)
        assert "Set-Cookie" not in answer.headers
    assert bare.post(REFRESH, headers=sending(token)).status_code == 200


def test_the_cookie_opens_nothing_else(bare: Any, people: People) -> None:
    token = cookie_of(signed_in(bare, people.owner)).value
    for method, address in (("GET", "/api/v1/user/info"), ("GET", f"{AUTH}/sessions"), ("POST", f"{AUTH}/logout-all")):
        assert refusal(bare.open(address, method=method, headers=sending(token))) == (401, "not_authenticated")
    assert bare.post(REFRESH, headers=sending(token)).status_code == 200


@pytest.mark.parametrize("origins", [("https://app.example.org",), ("*",)])
def test_no_page_of_another_origin_may_send_the_header(make_app: Callable[..., Any], origins: tuple[str, ...]) -> None:
    client = make_app(cors_origins=origins).test_client()
    asks = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
    for wanted in ("aizen-session", "content-type, Aizen-Session", "AIZEN-SESSION,authorization"):
        answer = client.options(REFRESH, headers={**asks, "Access-Control-Request-Headers": wanted})
        assert "aizen-session" not in answer.headers.get("Access-Control-Allow-Headers", "").lower()
        assert "Access-Control-Allow-Credentials" not in answer.headers
    others = client.options(REFRESH, headers={**asks, "Access-Control-Request-Headers": "content-type, idempotency-key, aizen-session-2"})
    assert others.headers["Access-Control-Allow-Headers"] == "aizen-session-2, content-type, idempotency-key"


@pytest.mark.parametrize("value", ["", "body", "Cookie", "cookies", "cookie, cookie", "true"])
def test_another_value_of_the_header_is_refused_with_what_is_allowed(bare: Any, people: People, value: str) -> None:
    owner, headers = people.owner, {"Aizen-Session": value}
    answers = [
        bare.post(REGISTER, json=ADA, headers=headers),
        bare.post(LOGIN, json={"email": owner.email, "password": owner.password}, headers=headers),
        bare.post(REFRESH, json={"refresh": owner.refresh}, headers=headers),
        bare.post(LOGOUT, json={"refresh": owner.refresh}, headers=headers),
        bare.post(f"{AUTH}/logout-all", headers={**headers, **owner.headers}),
        bare.delete(f"{AUTH}/sessions/{opened(owner.refresh)['sid']}", headers={**headers, **owner.headers}),
    ]
    for answer in answers:
        assert refusal(answer) == (400, "session_mode")
        assert "`cookie`" in answer.get_json()["detail"]
    # And nothing has happened: the account is not there, the session lives, and is the only one.
    assert bare.post(LOGIN, json=ADA).status_code == 401
    assert len(bare.get(f"{AUTH}/sessions", headers=owner.headers).get_json()) == 1


@pytest.mark.parametrize("address", [REFRESH, LOGOUT])
def test_a_token_in_the_body_is_refused_in_cookie_mode(bare: Any, people: People, address: str) -> None:
    token = cookie_of(signed_in(bare, people.owner)).value
    for body in (people.owner.refresh, token, "x"):
        answer = bare.post(address, json={"refresh": body}, headers=sending(token))
        assert refusal(answer) == (422, "invalid")
        assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [("/refresh", "not_in_cookie_mode")]
    for alive in (sending(token), sending(people.owner.refresh)):
        assert bare.post(REFRESH, headers=alive).status_code == 200


def test_of_two_cookies_with_the_name_neither_is_taken(bare: Any, people: People) -> None:
    # A neighbour under the same domain can set one for all of it; which of them is ours, no header tells.
    token, planted = cookie_of(signed_in(bare, people.owner)).value, people.stranger.refresh
    for pair in ((planted, token), (token, planted)):
        headers = {**MODE, "Cookie": "; ".join(f"{PLAIN}={each}" for each in pair)}
        assert refusal(bare.post(REFRESH, headers=headers)) == (401, "not_authenticated")


@pytest.mark.parametrize("token", ["", "x", "A" * 3000, "a.b.c"])
def test_a_cookie_that_is_no_token_of_ours_is_refused(bare: Any, token: str) -> None:
    for address in (REFRESH, LOGOUT):
        assert bare.post(address, headers=sending(token)).status_code == 401


# -- over https


def test_over_https_and_in_production_the_cookie_is_secure(make_app: Callable[..., Any], people: People) -> None:
    behind = make_app(trusted_proxies=1).test_client(use_cookies=False)
    proxied = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    person = {"email": people.owner.email, "password": people.owner.password}
    live = make_app(env="production", public_url="https://localhost", allow_local_data=True).test_client(use_cookies=False)
    for client, headers in ((behind, proxied), (live, {}), (live, {"X-Forwarded-Proto": "http"})):
        morsel = cookie_of(client.post(LOGIN, json=person, headers={**MODE, **headers}))
        assert (morsel.key, morsel["secure"], morsel["path"]) == (SECURE, True, AUTH)
        # One that came without the prefix may have been planted on the way, over plain http.
        assert client.post(REFRESH, headers={**sending(morsel.value), **headers}).status_code == 401
        renewed = client.post(REFRESH, headers={**sending(morsel.value, name=SECURE), **headers})
        assert (renewed.status_code, cookie_of(renewed).key) == (200, SECURE)
        out = client.post(LOGOUT, headers={**sending(cookie_of(renewed).value, name=SECURE), **headers})
        cleared = cookie_of(out)
        assert (cleared.key, cleared.value, cleared["max-age"], cleared["secure"], cleared["path"]) == (SECURE, "", "0", True, AUTH)


def test_a_proxy_that_is_not_trusted_makes_no_request_secure(bare: Any, people: People) -> None:
    answer = bare.post(
        LOGIN,
        json={"email": people.owner.email, "password": people.owner.password},
        headers={**MODE, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"},
    )
    assert (cookie_of(answer).key, cookie_of(answer)["secure"]) == (PLAIN, "")


# -- the end


def test_every_end_of_the_own_session_clears_the_cookie(bare: Any, people: People) -> None:
    owner = people.owner
    for method, address in (("POST", f"{AUTH}/logout-all"), ("DELETE", f"{AUTH}/sessions/{{}}")):
        entered = signed_in(bare, owner)
        headers = {**MODE, "Authorization": f"Bearer {entered.get_json()['access']}"}
        answer = bare.open(address.format(opened(cookie_of(entered).value)["sid"]), method=method, headers=headers)
        assert answer.status_code in (200, 204)
        assert (cookie_of(answer).value, cookie_of(answer)["max-age"], cookie_of(answer)["path"]) == ("", "0", AUTH)
        assert bare.post(REFRESH, headers=sending(cookie_of(entered).value)).status_code == 401


def test_the_end_of_another_session_leaves_the_cookie_alone(bare: Any, people: People) -> None:
    entered = signed_in(bare, people.owner)
    headers = {**MODE, "Authorization": f"Bearer {entered.get_json()['access']}"}
    answer = bare.delete(f"{AUTH}/sessions/{opened(people.owner.refresh)['sid']}", headers=headers)
    assert answer.status_code == 204
    assert "Set-Cookie" not in answer.headers


def test_a_logout_that_is_refused_clears_the_cookie_all_the_same(bare: Any, people: People) -> None:
    answer = bare.post(LOGOUT, headers=sending(people.owner.access))
    assert refusal(answer) == (401, "wrong_token_kind")
    assert cookie_of(answer)["max-age"] == "0"


def test_the_reuse_of_a_spent_cookie_ends_the_session(bare: Any, people: People, settings: Settings) -> None:
    spent = cookie_of(signed_in(bare, people.owner)).value
    child = cookie_of(bare.post(REFRESH, headers=sending(spent))).value
    with time_machine.travel(utc_now().timestamp() + settings.refresh_grace_seconds + 1, tick=True):
        assert refusal(bare.post(REFRESH, headers=sending(spent))) == (401, "refresh_token_reused")
        assert refusal(bare.post(REFRESH, headers=sending(child))) == (401, "session_ended")


@pytest.mark.every_database
@pytest.mark.parametrize("grace", [10, 0])
def test_ten_refreshes_at_once_leave_at_most_one_live_child(make_app: Callable[..., Any], bare: Any, people: People, grace: int) -> None:
    app, token = make_app(refresh_grace_seconds=grace), cookie_of(signed_in(bare, people.owner)).value
    barrier, answers = threading.Barrier(10), []

    def ask() -> None:
        client = app.test_client(use_cookies=False)
        barrier.wait(timeout=30)
        answers.append(client.post(REFRESH, headers=sending(token)))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    children = {cookie_of(answer).value for answer in answers if answer.status_code == 200}
    assert len(answers) == 10
    assert len(children) == 1
    assert {answer.status_code for answer in answers} == ({200} if grace else {200, 401})
    alive = [bare.post(REFRESH, headers=sending(child)).status_code for child in children]
    assert alive == ([200] if grace else [401])


# -- the old addresses


def test_at_the_old_addresses_the_header_means_nothing(bare: Any, people: People) -> None:
    person = {"email": people.owner.email, "password": people.owner.password}
    for value in ("cookie", "body"):
        answer = bare.post("/api/auth/login/", json=person, headers={"Aizen-Session": value})
        assert answer.status_code == 200
        assert answer.get_json()["refresh"]
        assert "Set-Cookie" not in answer.headers
    missing = bare.post("/api/auth/token/refresh/", json={}, headers=sending(people.owner.refresh))
    assert (missing.status_code, missing.get_json()["refresh"]) == (400, ["Missing data for required field."])


# -- the document


def test_the_document_tells_of_the_header_and_the_cookie(client: Any) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    routes = [("post", REGISTER), ("post", LOGIN), ("post", REFRESH), ("post", LOGOUT), ("post", f"{AUTH}/logout-all")]
    for method, path in (*routes, ("delete", f"{AUTH}/sessions/{{session_id}}")):
        operation = paths[path][method]
        (header,) = [each for each in operation["parameters"] if each["name"] == "Aizen-Session"]
        assert (header["in"], header["schema"]["enum"]) == ("header", ["cookie"])
        answer = next(response for status, response in operation["responses"].items() if status.startswith("2"))
        assert "Set-Cookie" in answer["headers"]
    for path in (REFRESH, LOGOUT):
        assert [each["name"] for each in paths[path]["post"]["parameters"] if each["in"] == "cookie"] == [SECURE]
        assert not paths[path]["post"]["requestBody"].get("required", False)
    schemas = client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    assert "refresh" not in schemas["Tokens"]["required"]
    assert "cookie" in schemas["Tokens"]["properties"]["refresh"]["description"]


def test_an_unknown_mode_closes_no_account(client: Any, people: People) -> None:
    body = {"password": people.owner.password}
    refused = client.delete("/api/v1/auth/profile", json=body, headers={**people.owner.headers, "Aizen-Session": "foo"})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "session_mode")
    assert client.get("/api/v1/auth/profile", headers=people.owner.headers).status_code == 200
    closed = client.delete("/api/v1/auth/profile", json=body, headers={**people.owner.headers, "Aizen-Session": "cookie"})
    assert (closed.status_code, "Max-Age=0" in closed.headers["Set-Cookie"]) == (204, True)
