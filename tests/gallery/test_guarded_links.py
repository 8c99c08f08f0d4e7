"""/s/{slug} of links with a password, or with a number of views: shut until they are opened, and counted by each opening."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import utc_now
from aizen.settings import Settings
from tests.conftest import People
from tests.gallery.conftest import Image, Link, Share
from tests.gallery.test_link_pages import JSON, assert_runs_nothing_and_loads_nothing_from_elsewhere, metadata, page_of
from tests.images.conftest import opened

PASSWORD = "blåbær 7"
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}
# What a cover must not tell, of the image of ``conftest``.
TOLD = ("Picos", "Sotres", "peaks", "owner", "w400", "og:")


@pytest.fixture
def views(client: FlaskClient, people: People) -> Callable[[Link], int]:
    """How often the link has been opened, as its owner sees it."""

    def look(link: Link) -> int:
        count: int = client.get(f"/api/v1/links/{link['id']}", headers=people.owner.headers).get_json()["views"]
        return count

    return look


def at(link: Link, file: str = "") -> str:
    return f"/s/{link['slug']}{file}"


def cookie_of(answer: TestResponse) -> Any:
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    return cookie


def outcome(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def assert_covered(page: TestResponse, link: Link, *, status: int = 200) -> None:
    assert (page.status_code, page.headers["Cache-Control"]) == (status, "no-store")
    assert_runs_nothing_and_loads_nothing_from_elsewhere(page, own=at(link))
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert f'<form method="post" action="{at(link)}">' in page.text
    without_slug = page.text.replace(link["slug"], "")
    assert [word for word in TOLD if word in without_slug] == []


def test_a_password_opens_the_page_and_its_files_to_whoever_typed_it(
    app: Flask, client: FlaskClient, image: Image, share: Share, settings: Settings, views: Callable[[Link], int]
) -> None:
    link = share(image, password=PASSWORD)
    cover = page_of(client, link)
    assert_covered(cover, link)
    assert '<label for="password">Password</label>' in cover.text
    assert outcome(opened(client, at(link, "/w400.jpeg"))) == (403, "password_required")
    wrong = client.post(at(link), data={"password": PASSWORD.upper()})
    assert_covered(wrong, link, status=403)
    assert 'aria-invalid="true"' in wrong.text
    assert '<p class="error" id="password-error">The password is wrong.</p>' in wrong.text
    for body, status, says in (({"password": ""}, 403, "asks for a password"), ({"password": "x" * 129}, 422, "at most 128")):
        refused = client.post(at(link), data=body)
        assert_covered(refused, link, status=status)
        assert says in refused.text
    assert views(link) == 0

    right = client.post(at(link), data={"password": PASSWORD})
    assert (right.status_code, right.headers["Location"], right.headers["Cache-Control"]) == (303, at(link), "private, no-store")
    cookie = cookie_of(right)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Lax", at(link), "")
    assert cookie["max-age"] == str(settings.share_link_open_seconds)
    page = page_of(client, link)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "private, no-store")
    assert '<h1 dir="auto">Picos de Europa</h1>' in page.text
    assert "og:image" not in metadata(page)
    file = opened(client, at(link, "/w400.jpeg"))
    assert (file.status_code, file.headers["Cache-Control"]) == (200, "private, no-store")
    assert page_of(app.test_client(), link).text == cover.text
    assert views(link) == 1
    with time_machine.travel(utc_now() + timedelta(seconds=settings.share_link_open_seconds + 1)):
        client.set_cookie(cookie.key, cookie.value, path=at(link), domain="localhost")
        assert_covered(page_of(client, link), link)


def test_programs_open_a_link_by_json(client: FlaskClient, image: Image, share: Share, views: Callable[[Link], int]) -> None:
    link = share(image, password=PASSWORD)
    for answer in (client.get(at(link), headers=JSON), client.post(at(link), json={}), client.post(at(link), json={"password": None})):
        assert outcome(answer) == (403, "password_required")
    wrong = client.post(at(link), json={"password": "1234"})
    assert outcome(wrong) == (403, "wrong_password")
    assert wrong.get_json()["errors"][0]["pointer"] == "/password"
    for body in ({"password": 1234}, {"pass": PASSWORD}, {"password": "x" * 129}):
        assert outcome(client.post(at(link), json=body)) == (422, "invalid")
    assert outcome(client.post(at(link), data="{", content_type="application/json")) == (400, "malformed_json")
    assert client.post(at(link), data=PASSWORD, content_type="text/plain", headers=JSON).status_code == 415
    right = client.post(at(link), json={"password": PASSWORD})
    assert (right.status_code, right.headers["Cache-Control"]) == (200, "private, no-store")
    assert "HttpOnly" in right.headers["Set-Cookie"]
    assert right.get_json()["title"] == "Picos de Europa"
    assert opened(client, at(link, "/w160.webp")).status_code == 200
    assert client.get(at(link), headers=JSON).get_json() == right.get_json()
    by_form = client.post(at(share(image, password=PASSWORD)), data={"password": PASSWORD}, headers=JSON)
    assert (by_form.status_code, by_form.get_json()["title"]) == (200, "Picos de Europa")
    assert views(link) == 1


def test_a_pass_opens_no_other_link_and_none_that_has_ended(
    client: FlaskClient, image: Image, share: Share, people: People, settings: Settings, make_app: Callable[..., Flask]
) -> None:
    link, other = share(image, password=PASSWORD, expires_in=3600), share(image, password=PASSWORD)
    cookie = cookie_of(client.post(at(link), data={"password": PASSWORD}))
    assert cookie["max-age"] in ("3600", "3599")

    def status_with(value: str, *, of: Link = link, through: FlaskClient = client) -> int:
        return opened(through, at(of, "/w160.webp"), headers={"Cookie": f"{cookie.key}={value}"}).status_code

    newer = "another key of addresses, of 40 letters"
    strange = make_app(signing_keys=(newer,)).test_client(use_cookies=False)
    turned = make_app(signing_keys=(newer, *settings.signing_keys))
    plain = client.application.test_client(use_cookies=False)
    ends, _, signature = cookie.value.partition(".")
    assert status_with(cookie.value, through=plain) == 200
    assert status_with(cookie.value, through=turned.test_client(use_cookies=False)) == 200
    assert status_with(cookie.value, through=strange) == 403
    assert status_with(cookie.value, of=other, through=plain) == 403
    counted, also_counted = share(image, max_views=2), share(image, max_views=2)
    view = cookie_of(plain.post(at(counted))).value
    assert [status_with(view, of=each, through=plain) for each in (counted, also_counted)] == [200, 403]
    later, cut = f"{int(ends) + 1}.{signature}", f"{ends}.{signature[:-1]}"
    for forged in (later, cut, f"{ends}.", f".{signature}", ends, "é" * 20, "9" * 5000 + ".x"):
        assert status_with(forged, through=plain) == 403, forged
    # Another page of the site may have set a cookie of that name.
    assert status_with(f"planted; {cookie.key}={cookie.value}", through=plain) == 200
    with time_machine.travel(utc_now() + timedelta(seconds=3601)):
        assert status_with(cookie.value, through=plain) == 410
    client.delete(f"/api/v1/links/{link['id']}", headers=people.owner.headers)
    assert status_with(cookie.value, through=plain) == 404


def test_over_https_the_cookie_is_sent_by_https_alone(make_app: Callable[..., Flask], image: Image, share: Share) -> None:
    link = share(image, password=PASSWORD)
    client = make_app().test_client()
    answer = client.post(at(link), data={"password": PASSWORD}, base_url="https://localhost")
    assert answer.headers["Set-Cookie"].startswith("__Secure-aizen_link=")
    assert cookie_of(answer)["secure"] is True
    answer = client.get(at(link), base_url="https://localhost", headers=JSON)
    assert answer.status_code == 200


def test_wrong_passwords_are_throttled_and_whoever_has_opened_the_link_is_not_shut_out(
    make_app: Callable[..., Flask], image: Image, share: Share, views: Callable[[Link], int]
) -> None:
    app = make_app(rate_limit_link_password="2 per 10 minutes", rate_limit_link_guesses="4 per hour")
    link, other = share(image, password=PASSWORD), share(image, password=PASSWORD)
    friend, guesser = app.test_client(), app.test_client()
    assert friend.post(at(link), data={"password": PASSWORD}).status_code == 303

    def guess(address: str, password: str = "1234", *, through: Link = link) -> TestResponse:
        return guesser.post(at(through), json={"password": password}, environ_overrides={"REMOTE_ADDR": address})

    told = [guess("203.0.113.1") for _ in range(2)]
    assert [(answer.status_code, answer.headers["RateLimit"].partition(";t=")[0]) for answer in told] == [
        (403, '"link_password";r=1'),
        (403, '"link_password";r=0'),
    ]
    for password in ("1234", PASSWORD):
        refused = guess("203.0.113.1", password)
        assert outcome(refused) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["Retry-After"]) <= 601
    # The browser is told so in its form.
    page = guesser.post(at(link), data={"password": PASSWORD}, environ_overrides={"REMOTE_ADDR": "203.0.113.1"})
    assert_covered(page, link, status=429)
    assert int(page.headers["Retry-After"]) > 0
    assert guess("203.0.113.1", PASSWORD, through=other).status_code == 200
    # Another network has its own tries, until too many have tried this link together.
    assert [guess("198.51.100.1").status_code for _ in range(2)] == [403, 403]
    shut = guess("192.0.2.1", PASSWORD)
    assert outcome(shut) == (429, "too_many_requests")
    assert int(shut.headers["Retry-After"]) > 0
    # How often strangers have tried is told to nobody.
    assert "RateLimit" not in shut.headers
    assert "RateLimit-Policy" not in shut.headers
    assert guess("192.0.2.1", PASSWORD, through=other).status_code in (200, 303)
    assert opened(friend, at(link, "/w160.webp")).status_code == 200
    assert page_of(friend, link).status_code == 200
    assert friend.post(at(link), data={"password": "1234"}, environ_overrides={"REMOTE_ADDR": "203.0.113.1"}).status_code == 303
    assert views(link) == 1
    with time_machine.travel(utc_now() + timedelta(seconds=3700)):
        assert app.test_client().post(at(link), json={"password": PASSWORD}).status_code == 200


def test_right_passwords_of_one_client_are_limited_too_at_all_links_together(
    make_app: Callable[..., Flask], image: Image, share: Share, views: Callable[[Link], int]
) -> None:
    app = make_app(rate_limit_link_opening="3 per minute")
    link, other, counted = share(image, password=PASSWORD), share(image, password=PASSWORD), share(image, max_views=1)
    friend = app.test_client()

    def send(to: Link, password: str = PASSWORD, *, by: FlaskClient | None = None, **options: Any) -> TestResponse:
        return (by or app.test_client()).post(at(to), json={"password": password}, **options)

    first = send(link, by=friend)
    assert (first.status_code, first.headers["RateLimit"].partition(";t=")[0]) == (200, '"link_opening";r=2')
    assert [send(link, "1234").status_code, send(other).status_code] == [403, 200]
    for each in (link, other):
        refused = send(each)
        assert outcome(refused) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
    # Nobody else is concerned, nor who has opened the link, nor one that has no password to look at.
    assert send(link, by=friend).status_code == 200
    assert app.test_client().post(at(counted)).status_code == 303
    assert send(link, environ_overrides=ELSEWHERE).status_code == 200
    assert (views(link), views(other)) == (2, 1)


def test_a_view_is_counted_by_the_button_and_lasts_a_while(
    app: Flask, client: FlaskClient, image: Image, share: Share, settings: Settings, views: Callable[[Link], int]
) -> None:
    link = share(image, max_views=2)
    for method, headers in (("GET", {}), ("GET", {"Accept": "*/*"}), ("HEAD", {}), ("HEAD", JSON)):
        answer = client.open(at(link), method=method, headers=headers)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    cover = page_of(client, link)
    assert_covered(cover, link)
    assert "2 more times" in cover.text
    assert "<input" not in cover.text
    assert outcome(opened(client, at(link, "/w160.webp"))) == (403, "not_opened")
    assert views(link) == 0

    shown = client.post(at(link))
    assert (shown.status_code, cookie_of(shown)["max-age"]) == (303, str(settings.share_link_view_seconds))
    for _ in range(3):
        assert "Picos de Europa" in page_of(client, link).text
        assert client.post(at(link)).status_code == 303
        assert client.get(at(link), headers=JSON).status_code == 200
        assert opened(client, at(link, "/w160.webp")).status_code == 200
    assert views(link) == 1

    other = app.test_client()
    assert other.get(at(link), headers=JSON).status_code == 200
    assert views(link) == 2
    # It is used up: those two go on seeing it for a while, and nobody else.
    third = app.test_client()
    assert page_of(third, link).status_code == 410
    assert "opened as often as it may be" in page_of(third, link).text
    for answer in (third.get(at(link), headers=JSON), third.post(at(link), json={}), opened(third, at(link, "/w160.webp"))):
        assert outcome(answer) == (410, "link_used_up")
    assert third.post(at(link)).status_code == 410
    assert opened(client, at(link, "/w160.webp")).status_code == 200
    assert opened(other, at(link, "/w160.webp")).status_code == 200
    with time_machine.travel(utc_now() + timedelta(seconds=settings.share_link_view_seconds + 1)):
        assert opened(client, at(link, "/w160.webp")).status_code == 410
    assert views(link) == 2


def test_a_wrong_password_uses_up_no_view(client: FlaskClient, image: Image, share: Share, views: Callable[[Link], int]) -> None:
    link = share(image, password=PASSWORD, max_views=1)
    cover = page_of(client, link)
    assert_covered(cover, link)
    assert "once more" in cover.text
    assert outcome(client.get(at(link), headers=JSON)) == (403, "password_required")
    assert client.post(at(link), data={"password": "1234"}).status_code == 403
    assert client.post(at(link)).status_code == 403
    assert views(link) == 0
    assert client.post(at(link), data={"password": PASSWORD}).status_code == 303
    assert page_of(client, link).status_code == 200
    assert views(link) == 1


@pytest.mark.every_database
def test_of_many_who_open_a_link_at_once_no_more_than_its_views_see_it(
    app: Flask, image: Image, share: Share, views: Callable[[Link], int]
) -> None:
    link, together = share(image, max_views=3), threading.Barrier(8)
    answers: list[TestResponse] = []

    def open_(number: int) -> None:
        client = app.test_client()
        together.wait(30)
        answers.append(client.get(at(link), headers=JSON) if number % 2 else client.post(at(link)))

    threads = [threading.Thread(target=open_, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 8
    seen = [answer for answer in answers if answer.status_code in (200, 303)]
    assert (len(seen), sum(answer.status_code == 410 for answer in answers)) == (3, 5)
    assert all("Set-Cookie" in answer.headers for answer in seen)
    assert views(link) == 3
