"""GET /media/{key}: a signed address opens its file to whoever has it, as long as it lives, and no other."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from aizen.settings import Settings
from aizen.web import addresses
from tests import pictures
from tests.conftest import Backend, People
from tests.images.conftest import Passing, Upload, opened

every_backend = pytest.mark.every_backend
Ready = Callable[..., dict[str, Any]]
DATA = pictures.jpeg()
OPENS = (200, 302)
OLD_KEY, NEW_KEY = "old-signing-key-Zq8Xv2Lp7Rk4Wd9T", "new-signing-key-Hn3Bc6Yf1Mj5Gs0V"


def changed(address: str, **changes: str | None) -> str:
    """The address with some of its query's values replaced, or left out."""
    parts = urlsplit(address)
    query = {**{name: values[0] for name, values in parse_qs(parts.query).items()}, **changes}
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


@every_backend
def test_an_address_opens_without_signing_in(client: FlaskClient, upload: Upload) -> None:
    answer = opened(client, upload(DATA).get_json()["image_url"])
    assert answer.status_code in OPENS


def test_an_address_is_cached_no_longer_than_it_lives(client: FlaskClient, upload: Upload, settings: Settings) -> None:
    answer = opened(client, upload(DATA).get_json()["image"])
    private, _, seconds = answer.headers["Cache-Control"].partition(", max-age=")
    assert private == "private"
    assert settings.address_seconds - 5 < int(seconds) <= settings.address_seconds + addresses.WINDOW_SECONDS
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_ranges_head_and_etags_hold_for_addresses_too(client: FlaskClient, upload: Upload) -> None:
    address = upload(DATA).get_json()["image"]
    part = opened(client, address, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.data) == (206, DATA[2:6])
    assert opened(client, address, headers={"Range": "bytes=999999-"}).status_code == 416
    head = opened(client, address, method="HEAD")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(DATA)))
    assert opened(client, address, headers={"If-None-Match": head.headers["ETag"]}).status_code == 304


FORGED: tuple[dict[str, str | None], ...] = (
    {"signature": "A" * 43},
    {"signature": ""},
    {"signature": None},
    {"signature": "é\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")},
    {"expires": "99999999999"},
    {"expires": ""},
    {"expires": None},
    {"expires": "-1"},
    {"expires": "1e9"},
    {"expires": "9" * 400},
    {"expires": "٣"},
    {"for": "public"},
    {"for": "admin"},
    {"for": ""},
    {"for": None},
)


@every_backend
def test_an_address_that_was_altered_is_403(client: FlaskClient, upload: Upload) -> None:
    address = upload(DATA).get_json()["image"]
    for forged in FORGED:
        answer = client.get(changed(address, **forged))
        assert (answer.status_code, answer.get_json()["code"]) == (403, "bad_signature"), forged
        assert answer.headers["Cache-Control"] == "no-store", forged
    assert opened(client, changed(address)).status_code in OPENS


def test_a_longer_life_cannot_be_signed_by_changing_the_digits(client: FlaskClient, upload: Upload) -> None:
    address = upload(DATA).get_json()["image"]
    expires = parse_qs(urlsplit(address).query)["expires"][0]
    for other in (f"0{expires}", str(int(expires) + 600)):
        answer = opened(client, changed(address, expires=other))
        # A leading zero is the same number and the same life.
        assert answer.status_code == (200 if int(other) == int(expires) else 403)


def test_the_signature_of_one_file_opens_no_other(client: FlaskClient, upload: Upload) -> None:
    query = urlsplit(upload(DATA).get_json()["image"]).query
    for key in ("images", "../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "a%00b", "%ED%A0%80", "x" * 2000):
        assert client.get(f"/media/{key}?{query}").status_code in (403, 404), key


def test_the_signature_of_one_image_opens_not_another(client: FlaskClient, upload: Upload) -> None:
    one, other = urlsplit(upload(DATA).get_json()["image"]), urlsplit(upload(DATA).get_json()["image"])
    assert client.get(f"{one.path}?{other.query}").status_code == 403


@every_backend
def test_an_address_ends(client: FlaskClient, upload: Upload, settings: Settings) -> None:
    address = upload(DATA).get_json()["image"]
    ends = int(parse_qs(urlsplit(address).query)["expires"][0])
    with time_machine.travel(ends - 2, tick=False):
        assert opened(client, address).status_code in OPENS
    for late in (ends, ends + 1):
        with time_machine.travel(late, tick=False):
            answer = client.get(address)
        assert (answer.status_code, answer.get_json()["code"]) == (410, "address_expired")


def test_the_life_of_an_address_is_a_setting(make_app: Callable[..., Flask], upload: Upload) -> None:
    address = upload(DATA, through=make_app(address_seconds=7200).test_client()).get_json()["image"]
    ends = datetime.fromtimestamp(int(parse_qs(urlsplit(address).query)["expires"][0]), UTC)
    assert timedelta(seconds=7195) < ends - datetime.now(UTC) <= timedelta(seconds=7800)


def test_an_address_of_another_installations_key_is_403(client: FlaskClient, upload: Upload, make_app: Callable[..., Flask]) -> None:
    address = upload(DATA, through=make_app(signing_keys=(OLD_KEY,)).test_client()).get_json()["image"]
    assert client.get(address).status_code == 403


def test_after_a_rotation_of_the_signing_keys_the_old_addresses_open_still(upload: Upload, make_app: Callable[..., Flask]) -> None:
    before = make_app(signing_keys=(OLD_KEY,)).test_client()
    rotated = make_app(signing_keys=(NEW_KEY, OLD_KEY)).test_client()
    after = make_app(signing_keys=(NEW_KEY,)).test_client()
    old, new = upload(DATA, through=before).get_json()["image"], upload(DATA, through=rotated).get_json()["image"]
    assert [opened(each, old).status_code for each in (before, rotated, after)] == [200, 200, 403]
    assert [opened(each, new).status_code for each in (before, rotated, after)] == [403, 200, 200]


@every_backend
def test_the_address_of_a_deleted_image_is_404(client: FlaskClient, people: People, ready: Ready) -> None:
    image = ready(DATA)
    client.delete(image["links"]["self"], headers=people.owner.headers)
    for address in (image["image"], image["variants"][0]["url"]):
        assert client.get(address).status_code == 404


def test_an_internal_level_has_no_address_that_we_sign(ready: Ready) -> None:
    assert not [each for each in ready(DATA)["variants"] if each["name"].startswith("m")]


HOSTILE = {
    "semi;colon.jpg": 'inline; filename="semi_colon.jpg"',
    "back`tick.jpg": 'inline; filename="back_tick.jpg"',
    # This is how browsers send a quotation mark.
    "quo%22te.jpg": 'inline; filename="quo_te.jpg"',
    "фото.jpg": 'inline; filename="____.jpg"',
    "<script>.jpg": 'inline; filename="_script_.jpg"',
    "página\u202egpj.html": 'inline; filename="p_ginagpj.html"',
}


@every_backend
def test_a_hostile_name_stays_inside_its_header(client: FlaskClient, upload: Upload) -> None:
    for name, shown in HOSTILE.items():
        made = upload(DATA, name).get_json()
        answer = opened(client, made["image"])
        if answer.status_code == 302:
            told = parse_qs(urlsplit(answer.headers["Location"]).query)["response-content-disposition"][0]
        else:
            told = answer.headers["Content-Disposition"]
            assert answer.headers["Content-Type"] == "image/jpeg"
        assert told == f"{shown}; filename*=UTF-8''{quote(made['file_name'], safe='')}", name


@every_backend
def test_a_browser_is_told_to_save_what_is_asked_for_so(client: FlaskClient, ready: Ready) -> None:
    made = ready(DATA, "harbour.jpg", visibility="public")
    for address, name in ((made["image"], "harbour.jpg"), (made["variants"][0]["url"], "harbour-")):
        answer = opened(client, changed(address, dl="1"))
        if answer.status_code == 302:
            told = parse_qs(urlsplit(answer.headers["Location"]).query)["response-content-disposition"][0]
        else:
            told = answer.headers["Content-Disposition"]
        assert told.startswith(f'attachment; filename="{name}')


def test_verifying_takes_an_address_to_the_last_second(settings: Settings) -> None:
    path = addresses.Signed(settings).path("images/a/b.jpg")
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    left = addresses.verify("images/a/b.jpg", settings, expires=query["expires"], audience="owner", signature=query["signature"])
    assert 0 < left <= int(query["expires"]) - time.time() + 1


class Vanishing(Passing):
    """A storage whose file goes between the look at it and the opening."""

    def path(self, key: str) -> Path:
        return Path("/nowhere") / key


def test_a_file_that_goes_at_that_very_moment_is_404(
    backend: Backend, ready: Callable[..., dict[str, Any]], app_with: Callable[..., Flask]
) -> None:
    address = urlsplit(ready()["image_url"])
    answer = app_with(storage=Vanishing(backend.adapters)).test_client().get(f"{address.path}?{address.query}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
