"""API keys: made, shown once, listed, revoked; what each reaches, and what none does."""

from __future__ import annotations

import hashlib
import io
import math
import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from aizen.auth.models import ApiKey, User
from aizen.database import db, transaction, utc_now
from aizen.settings import Settings
from tests import pictures
from tests.conftest import People, Person
from tests.fakes import LetterBox

ADDRESS = "/api/v1/auth/keys"
IMAGES = "/api/v1/images"


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def ask_for(client: Any, person: Person, *, name: str = "A program", scopes: tuple[str, ...] = ("images:read",), **more: Any) -> Any:
    return client.post(ADDRESS, headers=person.headers, json={"name": name, "scopes": list(scopes), **more})


def made(client: Any, person: Person, **wanted: Any) -> Any:
    answer = ask_for(client, person, **wanted)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def listed(client: Any, person: Person) -> Any:
    return client.get(ADDRESS, headers=person.headers).get_json()


def later(seconds: float) -> Any:
    return time_machine.travel(utc_now().timestamp() + seconds, tick=True)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def upload(client: Any, headers: dict[str, str]) -> Any:
    return client.post(IMAGES, headers=headers, data={"image": (io.BytesIO(pictures.jpeg(40, 30)), "a.jpg")})


@pytest.fixture
def promote(app: Flask) -> Callable[[str, str], None]:
    def change(user_id: str, role: str) -> None:
        with app.app_context(), transaction():
            db.session.execute(sa.update(User).where(User.id == uuid.UUID(user_id)).values(role=role))

    return change


# -- making one


@pytest.mark.every_database
def test_a_new_key_is_shown_once_and_opens_what_its_scopes_say(client: Any, people: People) -> None:
    owner = people.owner
    answer = ask_for(client, owner, scopes=("images:write", "images:read", "images:read"), name=" Backup ")
    body = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{ADDRESS}/{body['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) == {"id", "key", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at"}
    assert (body["name"], body["scopes"]) == ("Backup", ["images:read", "images:write"])
    assert (body["expires_at"], body["last_used_at"]) == (None, None)
    assert upload(client, bearing(body["key"])).status_code == 201
    assert len(client.get(IMAGES, headers=bearing(body["key"])).get_json()) == 1
    (shown,) = listed(client, owner)
    assert set(shown) == set(body) - {"key"}
    assert body["key"] not in client.get(ADDRESS, headers=owner.headers).text
    assert body["key"].startswith(shown["hint"])
    assert len(shown["hint"]) == 10
    assert shown["last_used_at"] is not None


def test_a_key_has_at_least_192_random_bits(client: Any, people: People) -> None:
    keys = {made(client, people.owner)["key"] for _ in range(5)}
    assert len(keys) == 5
    for key in keys:
        found = re.fullmatch(r"azn_([0-9A-Za-z]+)", key)
        assert found is not None
        assert len(found[1]) * math.log2(62) >= 192


def test_only_the_digest_of_a_key_is_kept(app: Flask, client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    with app.app_context(), db.engine.connect() as connection:
        (row,) = connection.execute(sa.select(ApiKey.__table__)).mappings().all()
    assert row["digest"] == hashlib.sha256(key.encode()).hexdigest()
    assert not any(key[:11] in str(value) for value in row.values())


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "too_short"),
        ({"name": "   "}, "/name", "too_short"),
        ({"name": "x" * 101}, "/name", "too_long"),
        ({"name": "a\0"}, "/name", "nul_character"),
        ({"name": None}, "/name", "null"),
        ({"scopes": []}, "/scopes", "too_few"),
        ({"scopes": "images:read"}, "/scopes", "wrong_type"),
        ({"scopes": None}, "/scopes", "null"),
        ({"scopes": [1]}, "/scopes/0", "wrong_type"),
        ({"scopes": ["images:read", "everything"]}, "/scopes/1", "not_a_choice"),
        ({"scopes": ["account:read"]}, "/scopes/0", "not_a_choice"),
        ({"scopes": ["account:write"]}, "/scopes/0", "not_a_choice"),
        ({"scopes": ["public"]}, "/scopes/0", "not_a_choice"),
        ({"scopes": ["admin"]}, "/scopes", "not_allowed"),
        ({"expires_in": 59}, "/expires_in", "out_of_range"),
        ({"expires_in": -1}, "/expires_in", "out_of_range"),
        ({"expires_in": 10**9}, "/expires_in", "out_of_range"),
        ({"expires_in": 1.5}, "/expires_in", "wrong_type"),
        ({"expires_in": True}, "/expires_in", "wrong_type"),
        ({"key": "azn_mine"}, "/key", "unknown_field"),
        ({"user_id": "x"}, "/user_id", "unknown_field"),
    ],
)
def test_each_bad_value_has_its_own_code_and_makes_no_key(
    client: Any, people: People, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = client.post(ADDRESS, headers=people.owner.headers, json={"name": "A", "scopes": ["images:read"], **change})
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [(pointer, code)]
    assert listed(client, people.owner) == []


def test_a_refused_scope_is_told_with_those_that_are_allowed(client: Any, people: People) -> None:
    given = ["images:read", "images:write", "transforms:run", "generate:run", "shares:write"]
    unknown = ask_for(client, people.owner, scopes=("x",)).get_json()["errors"][0]
    beyond = ask_for(client, people.owner, scopes=("images:read", "admin")).get_json()["errors"][0]
    assert unknown["allowed"] == [*given, "admin"]
    assert beyond["allowed"] == given
    assert made(client, people.owner, scopes=tuple(given))["scopes"] == given


@pytest.mark.parametrize("life", [60, 315360000, None])
def test_the_bounds_of_a_life_are_taken(client: Any, people: People, life: int | None) -> None:
    body = made(client, people.owner, expires_in=life)
    assert (body["expires_at"] is None) == (life is None)


def test_two_keys_may_have_one_name(client: Any, people: People) -> None:
    assert made(client, people.owner, name="x" * 100)["id"] != made(client, people.owner, name="x" * 100)["id"]


def test_only_keys_that_live_count_against_the_limit(make_app: Callable[..., Any], people: People) -> None:
    client = make_app(api_keys_per_user=2).test_client()
    owner = people.owner
    first = made(client, owner, expires_in=60)
    second = made(client, owner)
    answer = ask_for(client, owner)
    assert refusal(answer) == (409, "too_many_keys")
    assert "2 API keys" in answer.get_json()["detail"]
    assert made(client, people.stranger)
    client.delete(f"{ADDRESS}/{second['id']}", headers=owner.headers)
    assert made(client, owner)
    with later(61):
        assert client.get(IMAGES, headers=bearing(first["key"])).status_code == 401
        assert made(client, owner)
        assert refusal(ask_for(client, owner)) == (409, "too_many_keys")


@pytest.mark.every_database
def test_ten_keys_made_at_once_do_not_pass_the_limit(make_app: Callable[..., Any], people: People) -> None:
    app, owner = make_app(api_keys_per_user=3), people.owner
    barrier, statuses = threading.Barrier(10), []

    def ask() -> None:
        client = app.test_client()
        barrier.wait(timeout=30)
        statuses.append(ask_for(client, owner).status_code)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(statuses) == [201] * 3 + [409] * 7
    assert len(listed(app.test_client(), owner)) == 3


def test_too_many_keys_in_an_hour_are_answered_429(make_app: Callable[..., Any], people: People) -> None:
    client = make_app(rate_limit_key="2 per minute").test_client()
    answers = [ask_for(client, people.owner) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert "Retry-After" in answers[2].headers
    assert ask_for(client, people.stranger).status_code == 201


# -- the list, and the end


@pytest.mark.every_database
def test_the_pages_hold_every_key_once_the_newest_first(client: Any, people: People) -> None:
    assert made(client, people.stranger)
    names = [made(client, people.owner, name=f"{number}")["name"] for number in range(5)]
    found, address = [], f"{ADDRESS}?limit=2"
    for size in (2, 2, 1):
        answer = client.get(address, headers=people.owner.headers)
        assert len(answer.get_json()) == size
        found += [each["name"] for each in answer.get_json()]
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert (found, address) == (names[::-1], "")


@pytest.mark.every_database
def test_a_revoked_key_opens_nothing_from_then_on(client: Any, people: People) -> None:
    body, other = made(client, people.owner), made(client, people.owner)
    assert client.get(IMAGES, headers=bearing(body["key"])).status_code == 200
    answer = client.delete(f"{ADDRESS}/{body['id']}", headers=people.owner.headers)
    assert (answer.status_code, answer.data) == (204, b"")
    ended = client.get(IMAGES, headers=bearing(body["key"]))
    assert refusal(ended) == (401, "token_invalid")
    assert ended.headers["WWW-Authenticate"] == 'Bearer realm="aizen", error="invalid_token"'
    assert [each["id"] for each in listed(client, people.owner)] == [other["id"]]
    assert client.get(IMAGES, headers=bearing(other["key"])).status_code == 200


def test_what_is_anothers_unknown_or_revoked_is_the_same_404(client: Any, people: People) -> None:
    gone, foreign = made(client, people.owner), made(client, people.stranger)
    client.delete(f"{ADDRESS}/{gone['id']}", headers=people.owner.headers)
    told = []
    for wanted in (gone["id"], foreign["id"], str(uuid.uuid4())):
        answer = client.delete(f"{ADDRESS}/{wanted}", headers=people.owner.headers)
        assert answer.status_code == 404
        told.append({name: value for name, value in answer.get_json().items() if name not in ("instance", "request_id")})
    assert told[0] == told[1] == told[2]
    assert client.get(IMAGES, headers=bearing(foreign["key"])).status_code == 200


@pytest.mark.every_database
def test_an_expired_key_says_so_and_is_still_listed(client: Any, people: People) -> None:
    body = made(client, people.owner, expires_in=3600)
    with later(3590):
        assert client.get(IMAGES, headers=bearing(body["key"])).status_code == 200
    with later(3601):
        answer = client.get(IMAGES, headers=bearing(body["key"]))
        assert refusal(answer) == (401, "token_expired")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="aizen", error="invalid_token"'
        fresh = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": people.owner.password}).get_json()
        found = client.get(ADDRESS, headers=bearing(fresh["access"])).get_json()
        assert [each["id"] for each in found] == [body["id"]]
        client.delete(f"{ADDRESS}/{body['id']}", headers=bearing(fresh["access"]))
        # Revoked weighs more: nothing is told any more of a key that its owner has put out of use.
        assert refusal(client.get(IMAGES, headers=bearing(body["key"]))) == (401, "token_invalid")


@pytest.mark.every_database
def test_the_clock_forgets_dead_keys_after_a_while_and_no_live_one(
    app: Flask, client: Any, people: People, settings: Settings, tick: Callable[[], Any]
) -> None:
    live, revoked, expiring = (made(client, people.owner, expires_in=life) for life in (None, None, 60))
    client.delete(f"{ADDRESS}/{revoked['id']}", headers=people.owner.headers)

    def kept() -> set[str]:
        tick()
        with app.app_context():
            return {str(each) for each in db.session.scalars(sa.select(ApiKey.id))}

    with later(settings.api_key_kept_seconds - 10):
        assert kept() == {live["id"], revoked["id"], expiring["id"]}
    with later(settings.api_key_kept_seconds + 10):
        assert kept() == {live["id"], expiring["id"]}
    with later(settings.api_key_kept_seconds + 70):
        assert kept() == {live["id"]}


# -- what a key reaches


def test_a_key_reaches_no_further_than_its_scopes(client: Any, people: People) -> None:
    key = made(client, people.owner, scopes=("images:read",))["key"]
    assert client.get(IMAGES, headers=bearing(key)).status_code == 200
    answer = upload(client, bearing(key))
    assert refusal(answer) == (403, "scope_missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="aizen", error="insufficient_scope", scope="images:write"'
    assert "images:write" in answer.get_json()["detail"]


def test_no_key_reaches_the_account(client: Any, people: People) -> None:
    everything = ("images:read", "images:write", "transforms:run", "generate:run", "shares:write")
    body = made(client, people.owner, scopes=everything)
    routes = [
        ("GET", "/api/v1/user/info"),
        ("GET", ADDRESS),
        ("POST", ADDRESS),
        ("DELETE", f"{ADDRESS}/{body['id']}"),
        ("GET", "/api/v1/auth/sessions"),
        ("DELETE", f"/api/v1/auth/sessions/{uuid.uuid4()}"),
        ("POST", "/api/v1/auth/logout-all"),
    ]
    for method, address in routes:
        answer = client.open(address, method=method, headers=bearing(body["key"]))
        assert refusal(answer) == (403, "scope_missing"), address
        assert 'error="insufficient_scope", scope="account:' in answer.headers["WWW-Authenticate"]
    assert len(listed(client, people.owner)) == 1


def test_a_key_shows_its_own_users_images_only(client: Any, people: People) -> None:
    own = upload(client, people.owner.headers).get_json()["id"]
    key = made(client, people.stranger, scopes=("images:read", "images:write"))["key"]
    assert client.get(IMAGES, headers=bearing(key)).get_json() == []
    for method in ("GET", "DELETE"):
        assert client.open(f"{IMAGES}/{own}", method=method, headers=bearing(key)).status_code == 404


@pytest.mark.every_database
def test_a_key_is_bounded_by_what_its_users_role_may_do_now(
    app: Flask, client: Any, people: People, promote: Callable[[str, str], None]
) -> None:
    owner = people.owner
    promote(owner.id, "admin")
    key = made(client, owner, scopes=("images:read", "admin"))["key"]
    assert scopes_of(app, key) == {"images:read", "admin"}
    promote(owner.id, "user")
    assert scopes_of(app, key) == {"images:read"}
    assert ask_for(client, owner, scopes=("admin",)).status_code == 422
    promote(owner.id, "admin")
    assert scopes_of(app, key) == {"images:read", "admin"}


def scopes_of(app: Flask, key: str) -> set[str]:
    """The scopes of the caller behind a request with that key. No route of the API tells them."""
    with app.test_request_context(headers=bearing(key)):
        return set(app.extensions["aizen-caller"]().scopes)


def test_an_administrators_key_without_admin_is_no_administrators(
    app: Flask, client: Any, people: People, promote: Callable[[str, str], None]
) -> None:
    promote(people.owner.id, "admin")
    assert scopes_of(app, made(client, people.owner)["key"]) == {"images:read"}


def test_a_disabled_users_keys_are_dead(client: Any, people: People, disable: Callable[[str], None]) -> None:
    key = made(client, people.owner)["key"]
    disable(people.owner.id)
    assert refusal(client.get(IMAGES, headers=bearing(key))) == (401, "token_invalid")


@pytest.mark.every_database
def test_with_its_user_a_key_is_gone(app: Flask, client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    with app.app_context(), transaction():
        db.session.execute(sa.delete(User).where(User.id == uuid.UUID(people.owner.id)))
    assert refusal(client.get(IMAGES, headers=bearing(key))) == (401, "token_invalid")


def test_keys_outlive_the_sessions_of_their_user(client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    client.post("/api/v1/auth/logout-all", headers=people.owner.headers)
    assert client.get(IMAGES, headers=bearing(key)).status_code == 200


def test_the_limits_of_a_user_hold_for_keys_too(make_app: Callable[..., Any], people: People) -> None:
    client = make_app(rate_limit_upload="3 per hour").test_client()
    keys = [made(client, people.owner, scopes=("images:write",))["key"] for _ in range(2)]
    who = [people.owner.headers, bearing(keys[0]), bearing(keys[1]), bearing(keys[0])]
    assert [upload(client, headers).status_code for headers in who] == [201, 201, 201, 429]


def test_a_key_works_at_the_old_addresses(client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    assert client.get("/api/images/", headers=bearing(key)).status_code == 200


# -- what is no key


def test_what_is_no_key_of_ours_is_refused(client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    body = key.removeprefix("azn_")
    changed = "azn_" + ("a" if body[0] != "a" else "b") + body[1:]
    digest = hashlib.sha256(key.encode()).hexdigest()
    for wrong in (changed, "azn_", key[:-1], key + "a", "azn_" + "A" * 100_000, f"azn_{digest}", "azn_" + "-" * 43, key.swapcase()):
        answer = client.get(IMAGES, headers=bearing(wrong))
        assert refusal(answer) == (401, "token_invalid"), wrong[:60]
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="aizen", error="invalid_token"'
    assert client.get(IMAGES, headers={"Authorization": f"bearer   {key}"}).status_code == 200
    for other in ({"Authorization": key}, {"Authorization": f"ApiKey {key}"}, {"X-Api-Key": key}, {"Cookie": f"key={key}"}):
        assert refusal(client.get(IMAGES, headers=other)) == (401, "not_authenticated")
    assert client.get(IMAGES, query_string={"key": key}, headers={}).status_code == 401


def test_no_key_is_ever_logged(client: Any, people: People, log: io.StringIO) -> None:
    body = made(client, people.owner)
    client.get(IMAGES, headers=bearing(body["key"]))
    client.get(IMAGES, headers=bearing(body["key"] + "x"))
    client.get(f"{IMAGES}/{body['key']}", headers=people.owner.headers)
    client.delete(f"{ADDRESS}/{body['id']}", headers=people.owner.headers)
    written = log.getvalue()
    assert body["key"] not in written
    assert hashlib.sha256(body["key"].encode()).hexdigest() not in written
    for event in ("API key made", "API key revoked"):
        assert event in written
    assert body["id"] in written


def test_a_letter_tells_the_owner_of_the_newest_key_and_not_the_key(
    client: Any, people: People, work: Callable[[], int], mailer: LetterBox
) -> None:
    keys = [made(client, people.owner, name=name, scopes=("images:read", "images:write"))["key"] for name in ("An older one", "Back<up>")]
    made(client, people.stranger, name="Somebody else's")
    work()
    (letter,) = mailer.to(people.owner.email)
    assert letter.subject == "A new API key was made"
    assert "Back<up>" in letter.text
    assert "Back<up>" not in letter.html
    assert "images:read, images:write" in letter.text
    assert utc_now().strftime("%Y-%m-%d") in letter.text
    assert not [key for key in keys if key in letter.text + letter.html]
