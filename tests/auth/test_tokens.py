from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask_jwt_extended import JWTManager
from hypothesis import given
from hypothesis import strategies as st

from aizen.auth import tokens
from aizen.errors import Unauthenticated
from aizen.settings import Settings
from tests.auth.forging import nested, opened, signed, unsigned
from tests.conftest import PASSWORD, People

OTHER_KEY = "0123456789abcdefghijklmnopqrstuvwxyz-another-key-of-64-bytes-and-more"
Claims = dict[str, Any]


@pytest.fixture
def access(people: People) -> str:
    return people.owner.access


def answer(client: Any, token: str) -> Any:
    return client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {token}"})


def assert_refused(response: Any, code: str = "token_invalid") -> None:
    assert (response.status_code, response.json["code"]) == (401, code)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="aizen", error="invalid_token"'
    assert response.headers["Cache-Control"] == "no-store"


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def put(**values: Any) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, **values}


def test_a_token_that_is_signed_like_ours_is_taken(client: Any, access: str, settings: Settings) -> None:
    # Without this, the forgeries below might be refused for a fault of the forger.
    assert answer(client, signed(opened(access), settings.jwt_secret_key)).status_code == 200


FORGED_CLAIMS = {
    "another issuer": put(iss="evil"),
    "no issuer": without("iss"),
    "issuers in a list": put(iss=["aizen"]),
    "another audience": put(aud="evil"),
    "no audience": without("aud"),
    "no subject": without("sub"),
    "a number as subject": put(sub=1),
    "an object as subject": put(sub={"id": 1}),
    "a name as subject": put(sub="admin"),
    "no session": without("sid"),
    "a number as session": put(sid=7),
    "an empty session": put(sid=""),
    "no id": without("jti"),
    "an id that is none": put(jti="1"),
    "no expiry": without("exp"),
    "a word as expiry": put(exp="tomorrow"),
    "no time of issue": without("iat"),
    "issued in the future": put(iat=32503680000),
    "valid in the future": put(nbf=32503680000),
    "thousands of characters": put(note="x" * 3000),
    "endless": put(exp=float("inf"), iat=float("-inf")),
}


@pytest.mark.parametrize("forge", FORGED_CLAIMS.values(), ids=FORGED_CLAIMS.keys())
def test_wrong_claims_are_refused_even_under_our_own_key(
    client: Any, access: str, settings: Settings, forge: Callable[[Claims], Claims]
) -> None:
    response = answer(client, signed(forge(opened(access)), settings.jwt_secret_key))
    assert response.status_code == 401
    if forge is not FORGED_CLAIMS["endless"]:
        assert_refused(response)


@pytest.mark.parametrize(
    ("claims", "typ"),
    [(put(type="refresh"), "at+jwt"), (without("type"), "rt+jwt"), (put(), "rt+jwt"), (put(), "JWT"), (put(type="reset"), "at+jwt")],
)
def test_a_token_of_another_kind_is_told_from_ours(
    client: Any, access: str, settings: Settings, claims: Callable[[Claims], Claims], typ: str
) -> None:
    assert_refused(answer(client, signed(claims(opened(access)), settings.jwt_secret_key, typ=typ)), "wrong_token_kind")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_a_token_without_a_signature_is_refused(client: Any, access: str, algorithm: str) -> None:
    assert_refused(answer(client, unsigned(opened(access), algorithm)))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_under_our_own_key(client: Any, access: str, settings: Settings, algorithm: str) -> None:
    assert_refused(answer(client, signed(opened(access), settings.jwt_secret_key, algorithm=algorithm)))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"kid": "../../dev/null"},
        {"jku": "https://evil.example/keys"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"x5u": "https://evil.example/certificate"},
    ],
)
def test_another_key_is_refused_whatever_the_header_says_of_it(client: Any, access: str, header: Claims) -> None:
    assert_refused(answer(client, signed(opened(access), OTHER_KEY, **header)))


def test_the_key_of_other_signatures_signs_no_tokens(client: Any, access: str, settings: Settings) -> None:
    for key in (settings.secret_key, *settings.signing_keys):
        assert_refused(answer(client, signed(opened(access), key)))


def test_one_changed_character_anywhere_is_refused(client: Any, access: str) -> None:
    header, payload, signature = access.split(".")
    for place in (5, len(header) + 10, len(header) + len(payload) + 12):
        changed = "A" if access[place] != "A" else "B"
        assert_refused(answer(client, access[:place] + changed + access[place + 1 :]))
    assert_refused(answer(client, f"{header}.{payload}."))
    assert_refused(answer(client, f"{header}..{signature}"))


@pytest.mark.parametrize("token", ["x", ".", "..", "a.b.c", "....", "null", "A" * 100_000, "e30.e30.e30", nested(400)])
def test_rubbish_is_refused(client: Any, token: str) -> None:
    begun = time.perf_counter()
    assert_refused(answer(client, token))
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b", "Bearer a,Bearer b", "Bearer \u00e9", "Bearer\ta.b.c"])
def test_a_header_that_is_no_bearer_token_is_refused(client: Any, header: str) -> None:
    assert_refused(client.get("/api/v1/user/info", headers={"Authorization": header}))


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}, {"Cookie": "access=x"}])
def test_without_a_token_one_is_asked_to_sign_in(client: Any, headers: dict[str, str]) -> None:
    response = client.get("/api/v1/user/info", headers=headers)
    assert (response.status_code, response.json["code"]) == (401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="aizen"'


def test_the_word_bearer_has_no_case(client: Any, access: str) -> None:
    assert client.get("/api/v1/user/info", headers={"Authorization": f"bEARER {access}"}).status_code == 200


def test_a_token_in_the_address_is_not_looked_at(client: Any, access: str) -> None:
    for name in ("jwt", "access", "access_token", "token"):
        assert client.get("/api/v1/user/info", query_string={name: access}).status_code == 401


def test_a_refresh_token_opens_nothing(client: Any, people: People) -> None:
    assert_refused(answer(client, people.owner.refresh), "wrong_token_kind")


@pytest.mark.parametrize("address", ["/api/v1/auth/token/refresh", "/api/v1/auth/logout"])
def test_an_access_token_neither_refreshes_nor_signs_out(client: Any, access: str, address: str) -> None:
    assert_refused(client.post(address, json={"refresh": access}), "wrong_token_kind")
    assert answer(client, access).status_code == 200


@pytest.mark.parametrize("address", ["/api/v1/auth/token/refresh", "/api/v1/auth/logout"])
def test_a_forged_refresh_token_is_refused(client: Any, people: People, settings: Settings, address: str) -> None:
    claims = opened(people.owner.refresh)
    forged = [
        unsigned(claims, "none"),
        signed(claims, OTHER_KEY, typ="rt+jwt"),
        signed(claims, settings.jwt_secret_key, typ="rt+jwt", algorithm="HS512"),
        signed(without("sid")(claims), settings.jwt_secret_key, typ="rt+jwt"),
        signed(without("jti")(claims), settings.jwt_secret_key, typ="rt+jwt"),
        "A" * 100_000,
        "rubbish",
        "\u00e9\u4e2d",
        "",
    ]
    for token in forged:
        assert_refused(client.post(address, json={"refresh": token}))
    assert client.post("/api/v1/auth/token/refresh", json={"refresh": people.owner.refresh}).status_code == 200


def test_a_token_for_a_session_that_never_was_is_refused(client: Any, access: str, settings: Settings) -> None:
    assert_refused(answer(client, signed(put(sid=str(uuid.uuid4()))(opened(access)), settings.jwt_secret_key)), "session_ended")


def test_a_session_opens_only_its_own_users_account(client: Any, people: People, access: str, settings: Settings) -> None:
    mixed = put(sub=people.stranger.id)(opened(access))
    assert_refused(answer(client, signed(mixed, settings.jwt_secret_key)), "session_ended")


def test_a_user_can_neither_refresh_nor_end_somebody_elses_session(client: Any, people: People, access: str, settings: Settings) -> None:
    mixed = signed(put(sub=people.stranger.id)(opened(people.owner.refresh)), settings.jwt_secret_key, typ="rt+jwt")
    assert_refused(client.post("/api/v1/auth/token/refresh", json={"refresh": mixed}), "session_ended")
    client.post("/api/v1/auth/logout", json={"refresh": mixed})
    assert answer(client, access).status_code == 200


def test_an_access_token_does_not_outlive_its_session(make_app: Callable[..., Any]) -> None:
    client = make_app(jwt_access_seconds=3600, jwt_refresh_seconds=60).test_client()
    joined = client.post("/api/v1/auth/register", json={"email": "ada@example.org", "password": PASSWORD}).json
    begun = opened(joined["tokens"]["access"])["iat"]
    with time_machine.travel(begun + 90, tick=False):
        assert_refused(answer(client, joined["tokens"]["access"]), "session_ended")


def test_an_access_token_expires(client: Any, access: str, settings: Settings) -> None:
    issued = opened(access)["iat"]
    with time_machine.travel(issued + settings.jwt_access_seconds - 2, tick=False):
        assert answer(client, access).status_code == 200
    with time_machine.travel(issued + settings.jwt_access_seconds + 30, tick=False):
        assert_refused(answer(client, access), "token_expired")


def test_the_refresh_token_is_signed_again_byte_for_byte(app: Flask, people: People) -> None:
    told = opened(people.owner.refresh)
    with app.app_context():
        again = tokens.sign_refresh(
            user_id=uuid.UUID(told["sub"]),
            session_id=uuid.UUID(told["sid"]),
            token_id=uuid.UUID(told["jti"]),
            issued_at=_moment(told["iat"]),
            expires_at=_moment(told["exp"]),
        )
    assert again == people.owner.refresh


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds + 0.9, UTC)


@pytest.fixture(scope="module")
def bare_app() -> Iterator[Flask]:
    """An application that can sign, and nothing else."""
    app = Flask("signing")
    app.config.update(JWT_SECRET_KEY=OTHER_KEY, JWT_DECODE_ISSUER="aizen", JWT_DECODE_AUDIENCE="aizen")
    JWTManager(app)
    with app.app_context():
        yield app


@given(st.text(max_size=300) | st.lists(st.text(alphabet="abcABC019-_=", max_size=40), min_size=3, max_size=3).map(".".join))
def test_no_text_whatever_is_more_than_a_wrong_token(bare_app: Flask, token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(token, kind="access")
