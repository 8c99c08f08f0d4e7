"""GET /i/{signature}/{recipe}/{id}@{version}.{ext}."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image as Pillow
from werkzeug.test import TestResponse

from aizen.delivery import signing
from aizen.images.models import Image
from aizen.settings import Settings
from aizen.transformations import planning
from tests import pictures
from tests.conftest import Backend
from tests.delivery.conftest import Open, Show, Sign
from tests.transformations.conftest import Make, Rows

HOUR = 3600


def soon() -> int:
    return int(time.time()) + HOUR


def picture(answer: TestResponse) -> Pillow.Image:
    assert answer.status_code == 200, answer.text
    return Pillow.open(io.BytesIO(answer.data))


def code(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json", answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.get_json()["code"]


@pytest.mark.every_backend
def test_anybody_opens_a_public_picture_and_sees_it_again_from_the_cache(
    backend: Backend, make: Make, show: Show, sign: Sign, opened: Open, rows: Rows, follow: Callable[[TestResponse], bytes]
) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id, "w=80/fx=grayscale")
    first, second = opened(path), opened(path)
    for answer in (first, second):
        shown = Pillow.open(io.BytesIO(follow(answer)))
        assert (shown.format, shown.size) == ("WEBP", (80, 60))
    (row,) = rows()
    assert row.key.startswith(f"derived/public/{image_id}/")
    assert second.headers["Server-Timing"] == "cache;desc=hit" != first.headers["Server-Timing"]
    if backend.settings.storage == "s3":
        assert second.headers["Cache-Control"] == "private, no-store"
        return
    assert second.headers["Cache-Control"] == "public, max-age=60"
    assert second.headers["ETag"] == f'W/"{row.cache_key}"'
    assert second.content_type == "image/webp"
    assert second.headers["Content-Disposition"].startswith("inline; ")
    assert "Vary" not in second.headers


@pytest.mark.every_backend
def test_a_hit_asks_the_database_for_nothing_or_with_s3_for_one_row(
    backend: Backend, make: Make, show: Show, sign: Sign, opened: Open, statements: list[str]
) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id)
    # The first makes the file, the second finds it, and what it answers is remembered.
    first, _second = opened(path), opened(path)
    statements.clear()
    again = opened(path)
    assert len(statements) == (1 if backend.settings.storage == "s3" else 0), statements
    if backend.settings.storage == "local":
        known = opened(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (known.status_code, known.data, statements) == (304, b"", [])
        head = opened(path, method="HEAD")
        assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(again.data)))


def test_what_was_remembered_is_thought_over_where_another_file_lies_at_its_path(
    backend: Backend, make: Make, show: Show, sign: Sign, opened: Open, statements: list[str], rows: Rows
) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id)
    tag = opened(path).headers["ETag"]
    (row,) = rows()
    file = backend.adapters.storage.path(row.key)
    assert file is not None
    bytes_before = file.read_bytes()
    asked: dict[str, Callable[[], TestResponse]] = {
        "hit": lambda: opened(path),
        "304": lambda: opened(path, headers={"If-None-Match": tag}),
        "HEAD": lambda: opened(path, method="HEAD"),
    }
    for name, ask in asked.items():
        opened(path)  # and what it answers is remembered
        statements.clear()
        ask()
        assert not statements, name
        another = file.with_name("another")
        another.write_bytes(bytes_before)
        another.replace(file)
        ask()
        assert statements, name


def test_a_hit_has_the_headers_that_the_application_itself_sends(make: Make, show: Show, sign: Sign, opened: Open) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id, "w=200", form=None)
    for _ in range(2):
        opened(path)
    # A range is the application's own affair; the whole file as a range has the same headers.
    fast, slow = opened(path), opened(path, headers={"Range": "bytes=0-"})
    assert (fast.status_code, slow.status_code) == (200, 206)
    own = {"x-request-id", "content-range", "date"}
    assert {name.lower(): value for name, value in fast.headers if name.lower() not in own} == {
        name.lower(): value for name, value in slow.headers if name.lower() not in own
    }
    asked = opened(path, headers={"X-Request-Id": "request-0001"})
    assert asked.headers["X-Request-Id"] == "request-0001" != fast.headers["X-Request-Id"]
    assert fast.headers["Aizen-Warnings"] == "enlarge_refused"
    # A host that is not ours is told so, on whatever way.
    assert opened(path, headers={"Host": "elsewhere.example"}).status_code == 400


def test_without_an_extension_the_format_follows_accept_and_caches_are_told(make: Make, show: Show, sign: Sign, opened: Open) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id, form=None)
    browsers = {
        "image/avif,image/webp,image/apng,*/*;q=0.8": "image/avif",
        "image/avif;q=0.1,image/webp": "image/avif",
        "image/webp,*/*": "image/webp",
        "*/*": "image/jpeg",
        "": "image/jpeg",
        "text/html": "image/jpeg",
    }
    for _ in range(3):
        for accept, media_type in browsers.items():
            answer = opened(path, headers={"Accept": accept})
            assert (answer.content_type, answer.headers["Vary"]) == (media_type, "Accept"), accept
    tags = {opened(path, headers={"Accept": accept}).headers["ETag"] for accept in browsers}
    assert len(tags) == 3


def test_a_private_picture_opens_until_its_address_ends_and_for_its_reader_alone(
    app: Flask, make: Make, sign: Sign, opened: Open, rows: Rows, show: Show
) -> None:
    image_id = make()
    expires = soon()
    path = sign(image_id, expires=expires, download=True)
    for visibility in ("private", "unlisted"):
        show(image_id, visibility)
        for _ in range(2):
            answer = opened(path)
            assert answer.status_code == 200
            kept, _, seconds = answer.headers["Cache-Control"].partition(", max-age=")
            assert kept == "private"
            assert HOUR - 10 <= int(seconds) <= HOUR
            assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert code(opened(sign(image_id))) == (404, "not_found")
    assert all(row.key.startswith("derived/private/") for row in rows())


def test_a_public_picture_may_be_given_an_end_as_well(make: Make, show: Show, sign: Sign, opened: Open) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id, expires=int(time.time()) + 20)
    opened(path)
    kept, _, seconds = opened(path).headers["Cache-Control"].partition(", max-age=")
    assert kept == "public"
    assert int(seconds) <= 20


def test_an_address_that_was_altered_is_refused_before_anything_is_done(
    settings: Settings, make: Make, show: Show, sign: Sign, opened: Open, statements: list[str]
) -> None:
    image_id, other = make(), make(pictures.jpeg(60, 40))
    for each in (image_id, other):
        show(each, "public")
    path = sign(image_id)
    signature, rest = path.removeprefix("/i/").split("/", 1)
    other_signature = sign(other).removeprefix("/i/").split("/", 1)[0]
    opened(path)
    statements.clear()
    expected = {
        f"/i//{rest}": None,
        f"/i/{signature[:-1]}/{rest}": (403, "bad_signature"),
        f"/i/{signature}{signature}/{rest}": (403, "bad_signature"),
        f"/i/{signature}=/{rest}": (403, "bad_signature"),
        f"/i/{other_signature}/{rest}": (403, "bad_signature"),
        f"/i/{signature}/h=10,{rest}": (403, "bad_signature"),
        f"/i/{signature}/{rest.replace('w=80', 'w=81')}": (403, "bad_signature"),
        f"/i/{signature}/{rest.replace('.webp', '.png')}": (403, "bad_signature"),
        f"/i/{signature}/{rest.replace('.webp', '')}": (403, "bad_signature"),
        f"/i/{signature}/{rest.replace('.webp', '/meta')}": (403, "bad_signature"),
        f"/i/{signature}/{rest.replace('w=80', 'w%3D80')}": (400, "character_not_allowed"),
        f"/i/{signature}/{rest.replace('w', '%77', 1)}": (400, "character_not_allowed"),
        f"/i/_/{rest}": (403, "bad_signature"),
        f"/i/{signature}": (404, "not_found"),
        f"/i/{signature}/{rest}/": (404, "not_found"),
        f"/i/{signature}/{rest.upper()}": (404, "not_found"),
    }
    for altered, wanted in expected.items():
        answer = opened(altered)
        if wanted is None:  # werkzeug sends two slashes on to one, where the address is none
            assert answer.status_code in (308, 404)
        else:
            assert code(answer) == wanted, altered
    assert statements == []
    assert opened(f"{path}?cache=buster").status_code == 200


def test_what_a_right_signature_covers_may_still_be_wrong(settings: Settings, make: Make, show: Show, sign: Sign, opened: Open) -> None:
    image_id = make()
    show(image_id, "public")
    object_name = sign(image_id).rpartition("/")[2]

    def signed(path: str) -> str:
        return f"/i/{signing.signature(path, settings.signing_keys[0])}{path}"

    expected = {
        f"/w=80/exp=1/{object_name}": (410, "address_expired"),
        f"/w=80/exp=0/{object_name}": (410, "address_expired"),
        f"/w=80/exp=1000000000,q=40/{object_name}": (410, "address_expired"),
        f"/w=80/exp=-1/{object_name}": (422, "not_a_time"),
        f"/w=80/exp=1e9/{object_name}": (422, "not_a_time"),
        f"/w=80/exp=NaN/{object_name}": (422, "not_a_time"),
        f"/w=80/exp=/{object_name}": (422, "not_a_time"),
        f"/w=80/exp=9999999999,exp=9999999999/{object_name}": (422, "repeated"),
        f"/w=80/dl=yes/{object_name}": (422, "not_a_choice"),
        f"/exp=9999999999/w=80/{object_name}": (422, "unknown_field"),
        f"/w=0/{object_name}": (422, "out_of_range"),
        f"/fx=sparkle/{object_name}": (422, "not_a_choice"),
        f"/w=80/f=png/{object_name}": (422, "not_together"),
        f"/t=nothing/{object_name}": (422, "unknown_preset"),
        f"/w=80/{object_name.replace('.webp', '.svg')}": (422, "not_a_choice"),
        f"/w=80/{object_name.replace('@', '@0')}": (404, "not_found"),
        f"/w=80/{image_id}@00000000.webp": (404, "not_found"),
        "/w=80/0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55@9f86d081.webp": (404, "not_found"),
    }
    for path, (status, wanted) in expected.items():
        answer = opened(signed(path))
        told = code(answer)
        if status == 422:
            told = status, answer.get_json()["errors"][0]["code"]
        assert told == (status, wanted), (path, answer.text)


def test_presets_alone_go_unsigned_and_of_public_pictures_alone(
    settings: Settings, make: Make, show: Show, sign: Sign, opened: Open
) -> None:
    image_id = make(pictures.jpeg(800, 600))
    object_name = sign(image_id).rpartition("/")[2]
    assert code(opened(f"/i/_/t=thumb/{object_name}")) == (404, "not_found")
    show(image_id, "public")
    assert picture(opened(f"/i/_/t=thumb/{object_name}")).size == (320, 320)
    for recipe in ("t=thumb/q=1", "t=thumb,w=10", "w=10", "t=thumb/t=thumb", "t=thumb/exp=9999999999"):
        assert code(opened(f"/i/_/{recipe}/{object_name}")) == (403, "bad_signature")


def test_two_keys_are_live_while_one_replaces_the_other(
    make_app: Callable[..., Flask], settings: Settings, make: Make, show: Show, sign: Sign, opened: Open
) -> None:
    image_id = make()
    show(image_id, "public")
    path, new = sign(image_id), "k3Vw8Rz1Nq6Tb9Yd2Xf5Jg7Mc4Hs0Lp-of-tests"
    both = make_app(signing_keys=(new, *settings.signing_keys)).test_client()
    after = make_app(signing_keys=(new,)).test_client()
    assert opened(path, through=both).status_code == 200
    assert code(opened(path, through=after)) == (403, "bad_signature")


def test_meta_tells_what_would_come_of_it_and_renders_nothing(
    make: Make, show: Show, sign: Sign, opened: Open, rows: Rows, row: Callable[[str], Image], settings: Settings
) -> None:
    image_id = make()
    version = planning.version_of(row(image_id))
    path = f"/w=400,h=30,fit=cover/fx=sepia:80/q=75,exp={soon()}/{image_id}@{version}/meta"
    answer = opened(f"/i/{signing.signature(path, settings.signing_keys[0])}{path}", headers={"Accept": "image/webp"})
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert told["steps"] == [
        {"op": "resize", "width": 400, "height": 30, "fit": "cover"},
        {"op": "filter", "name": "sepia", "amount": 80},
    ]
    assert told["output"] == {"quality": 75}
    assert (told["width"], told["height"], told["format"]) == (160, 12, "webp")
    assert told["warnings"] == ["enlarge_refused"]
    assert answer.headers["Cache-Control"].startswith("private, ")
    assert rows() == []


def test_an_etag_that_the_client_has_costs_no_pixels(make: Make, show: Show, sign: Sign, opened: Open, rows: Rows, app: Flask) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id)
    tag = opened(path).headers["ETag"]
    (row,) = rows()
    # What was made is gone, as after an eviction, and this process has forgotten the address.
    app.extensions["aizen"].storage.delete(row.key)
    app.extensions.pop("aizen-known")
    answer = opened(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (304, "public, max-age=60")
    assert len(rows()) == 1
    assert opened(path).status_code == 200


def test_an_animation_stays_one_for_whoever_can_show_it(make: Make, show: Show, sign: Sign, opened: Open) -> None:
    image_id = make(pictures.gif(), "moving.gif")
    show(image_id, "public")
    moving = picture(opened(sign(image_id, form=None), headers={"Accept": "image/avif,image/webp,*/*"}))
    assert (moving.format, getattr(moving, "n_frames", 1) > 1) == ("WEBP", True)
    assert opened(sign(image_id, form="avif")).status_code == 422
    still = picture(opened(sign(image_id, "w=20/frame=0", form="avif")))
    assert getattr(still, "n_frames", 1) == 1


def test_two_hundred_recipes_in_a_row_are_429_for_who_asks_and_what_is_there_stays_free(
    make_app: Callable[..., Flask], make: Make, show: Show, sign: Sign, opened: Open
) -> None:
    image_id = make(pictures.jpeg(40, 30))
    show(image_id, "public")
    bounded = make_app(rate_limit_transform_address="5 per hour").test_client()
    answers = [opened(sign(image_id, f"w={width}"), through=bounded) for width in range(1, 41) for _ in range(5)]
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 25
    assert statuses.count(429) == 175
    refused = answers[-1]
    assert code(refused) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0


def test_a_hundred_ranges_are_one_answer_or_none(make: Make, show: Show, sign: Sign, opened: Open) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id)
    whole = opened(path).data
    many = opened(path, headers={"Range": "bytes=" + ",".join(f"{at}-{at}" for at in range(100))})
    assert many.status_code in (200, 416)
    assert len(many.data) <= max(len(whole), 1000)
    assert opened(path, headers={"Range": "bytes=5-9"}).data == whole[5:10]
    assert opened(path, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416


def test_neither_log_nor_problem_tells_a_signature(
    make: Make, show: Show, sign: Sign, opened: Open, capsys: pytest.CaptureFixture[str], make_app: Callable[..., Flask]
) -> None:
    image_id = make()
    show(image_id, "public")
    talking = make_app(log_level="INFO").test_client()
    path = sign(image_id)
    signature = path.split("/")[2]
    for _ in range(2):
        assert opened(path, through=talking).status_code == 200
    refused = opened(path.replace("w=80", "w=90"), through=talking)
    assert refused.get_json()["instance"].startswith("/i/[removed]/w=90/")
    told = "\n".join(line for line in capsys.readouterr().err.splitlines() if '"message":"request"' in line)
    assert told.count(f"/i/[removed]/w=80/{image_id}@") == 2
    assert told.count(f"/i/[removed]/w=90/{image_id}@") == 1
    assert signature not in told
