"""What holds for every request and answer."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from aizen.web.conventions import EXPOSED
from tests import pictures
from tests.conftest import PASSWORD, People

Client = Callable[..., FlaskClient]
EVERYWHERE = ("/healthz", "/readyz", "/", "/api/docs", "/api/v1/openapi.json", "/nowhere", "/api/v1/images", "/media/a")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
PRODUCTION = {"env": "production", "public_url": "https://images.example.org", "allow_local_data": True}


# -- request ids


@pytest.mark.parametrize("given", ["12345678", "a" * 64, "9f-A_b.c-123", "94fdcb61-528a-483c-b32f-fb5833decae0"])
def test_a_clean_request_id_is_taken(client: FlaskClient, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "with blank", 'quo"te--', "slash/slash", "caf\xe9-caf\xe9", "<script>alert", "${jndi:x}"]
)
def test_a_request_id_that_is_not_clean_is_replaced(client: FlaskClient, given: str) -> None:
    made = client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert str(uuid.UUID(made)) == made


def test_two_requests_have_two_ids(client: FlaskClient) -> None:
    assert client.get("/healthz").headers["X-Request-Id"] != client.get("/healthz").headers["X-Request-Id"]


# -- headers


@pytest.mark.parametrize("address", EVERYWHERE)
def test_every_answer_protects_its_reader(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Strict-Transport-Security" not in answer.headers
    assert "X-Powered-By" not in answer.headers


def test_production_insists_on_https(client_with: Client) -> None:
    client = client_with(**PRODUCTION)
    for address in EVERYWHERE:
        answer = client.get(address, base_url="https://images.example.org")
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_what_belongs_to_somebody_is_not_cached_by_others(client: FlaskClient, people: People) -> None:
    assert "no-store" in client.get("/api/v1/user/info", headers=people.owner.headers).headers["Cache-Control"]
    assert "private" in client.get("/api/v1/images", headers=people.owner.headers).headers["Cache-Control"]


# -- CORS


def preflight(client: FlaskClient, origin: str) -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    return dict(client.options("/api/v1/images", headers=headers).headers)


def test_without_origins_no_page_of_others_may_call(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"Origin": "https://app.example.org"})
    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control-")]
    assert "Access-Control-Allow-Origin" not in preflight(client, "https://app.example.org")


def test_a_known_origin_may_call_and_read_our_headers_but_never_with_credentials(client_with: Client) -> None:
    client = client_with(cors_origins=("https://app.example.org", "https://other.example.org"))
    answer = client.get("/api/v1/images", headers={"Origin": "https://app.example.org"})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed == set(EXPOSED)
    assert exposed >= {"Link", "Location", "X-Total-Count", "Retry-After", "RateLimit", "RateLimit-Policy", "ETag", "X-Request-Id"}
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
    before = preflight(client, "https://app.example.org")
    assert before["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert "authorization" in before["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in before


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.org.evil.example",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://appXexample.org",
        "https://sub.app.example.org",
        "null",
        "https://app.example.org/",
    ],
)
def test_an_unknown_origin_may_not_call(client_with: Client, origin: str) -> None:
    client = client_with(cors_origins=("https://app.example.org",))
    assert "Access-Control-Allow-Origin" not in client.get("/healthz", headers={"Origin": origin}).headers
    assert "Access-Control-Allow-Origin" not in preflight(client, origin)


def test_every_origin_may_call_where_the_setting_is_a_star(client_with: Client) -> None:
    answer = client_with(cors_origins=("*",)).get("/healthz", headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


# -- hosts


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:5000", "[::1]:8000"])
def test_our_own_hosts_are_served(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/openapi.json", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "evil.example:8000", "a b", "\xe9", "a" * 300, "[::2]", "localhost@evil"]
)
def test_another_host_is_400(client: FlaskClient, host: str) -> None:
    for address in ("/api/v1/openapi.json", "/nowhere", "/"):
        answer = client.get(address, headers={"Host": host})
        assert (answer.status_code, answer.get_json()["code"]) == (400, "unknown_host")


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        (("images.example.org",), "Images.Example.ORG:443", 200),
        (("Images.Example.org",), "images.example.org", 200),
        (("images.example.org:8443",), "images.example.org", 200),
        (("images.example.org",), "a.images.example.org", 400),
        (("images.example.org",), "images.example.org.", 400),
        ((".example.org",), "images.example.org", 200),
        ((".example.org",), "example.org", 200),
        ((".example.org",), "evilexample.org", 400),
        (("[2001:db8::1]",), "[2001:DB8::1]:8000", 200),
        (("[2001:db8::1]",), "[2001:db8::2]", 400),
        (("images.example.org",), "images.example.org:99999", 400),
        (("images.example.org",), "images.example.org:80@evil.example", 400),
    ],
)
def test_the_served_hosts_are_a_setting(client_with: Client, allowed: tuple[str, ...], host: str, status: int) -> None:
    assert client_with(allowed_hosts=allowed).get("/api/v1/openapi.json", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("host", ["10.2.3.4:8000", "evil.example", "localhost"])
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_checks_may_name_any_host(client: FlaskClient, address: str, host: str) -> None:
    assert client.get(address, headers={"Host": host}).status_code == 200


def test_links_are_written_from_the_setting_and_never_from_the_host(client_with: Client, people: People) -> None:
    client = client_with(public_url="https://images.example.org", allowed_hosts=("localhost", "other.example"))
    answer = client.post(
        "/api/v1/images",
        headers={**people.owner.headers, "Host": "other.example"},
        data={"image": (io.BytesIO(pictures.jpeg()), "a.jpg")},
    )
    assert answer.get_json()["image_url"].startswith("https://images.example.org/media/")
    assert "other.example" not in answer.text
    assert answer.headers["Location"].startswith("/api/v1/images/")


# -- the slash at the end


def test_under_api_a_slash_at_the_end_changes_nothing(client: FlaskClient, people: People) -> None:
    for address in ("/api/v1/images", "/api/v1/user/info"):
        plain, slashed = (client.get(address + slash, headers=people.owner.headers) for slash in ("", "/"))
        assert plain.status_code == slashed.status_code == 200
        assert plain.get_json() == slashed.get_json()
    assert client.post("/api/v1/auth/login/", json={"email": people.owner.email, "password": PASSWORD}).status_code == 200
    made = client.post("/api/v1/images/", headers=people.owner.headers, data={"image": (io.BytesIO(pictures.jpeg()), "a.jpg")})
    assert made.status_code == 201
    assert client.delete(made.headers["Location"] + "/", headers=people.owner.headers).status_code == 204


# -- proxies


def registered(client: FlaskClient, name: str, forwarded: str) -> int:
    body = {"email": f"{name}@example.org", "username": name, "password": PASSWORD}
    return client.post("/api/v1/auth/register", json=body, headers={"X-Forwarded-For": forwarded}).status_code


def test_without_proxies_nobody_chooses_their_own_address(client_with: Client) -> None:
    client = client_with(rate_limit_register="1 per hour")
    assert registered(client, "first", "203.0.113.1") == 201
    assert registered(client, "second", "203.0.113.2") == 429


def test_behind_a_proxy_the_client_is_who_the_proxy_says(client_with: Client) -> None:
    client = client_with(rate_limit_register="1 per hour", trusted_proxies=1)
    assert registered(client, "first", "203.0.113.1") == 201
    assert registered(client, "second", "203.0.113.2") == 201
    # What stands before the trusted proxy's own entry was written by the client.
    assert registered(client, "third", "198.51.100.9, 203.0.113.1") == 429


def test_a_proxy_tells_nothing_about_the_host(client_with: Client) -> None:
    client = client_with(trusted_proxies=1)
    answer = client.get("/api/v1/openapi.json", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"})
    assert answer.status_code == 200
    assert "evil" not in answer.text
