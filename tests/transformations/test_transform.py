"""POST /images/{id}/transform: JSON or the picture itself, made once, and for its owner alone."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from font_source_sans_pro import font_files_ttf
from PIL import ExifTags
from PIL import Image as Pillow

from aizen.database import db, new_id
from aizen.images.models import DerivedFile, Image
from aizen.web.idempotency import IdempotencyKey
from tests import pictures
from tests.conftest import Backend, People
from tests.transformations.conftest import URL, Make, Rows, Transform, Watched, field_error, opened, unknown

every_backend = pytest.mark.every_backend
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@every_backend
def test_a_transformation_answers_a_file_that_opens(
    client: FlaskClient, make: Make, transform: Transform, rows: Rows, backend: Backend, assert_clean: Callable[[], None]
) -> None:
    image_id = make()
    answer = transform(image_id, "w=80")
    body = answer.get_json()
    assert (answer.status_code, body["width"], body["height"], body["format"]) == (200, 80, 60, "jpeg")
    assert (body["recipe"], body["cached"], body["warnings"], body["parent_id"]) == ("w=80", False, [], None)
    (row,) = rows()
    assert (body["id"], body["bytes"]) == (str(row.image_id), row.bytes)
    assert row.key == f"derived/private/{image_id}/{row.cache_key}.jpeg"
    with backend.adapters.storage.open(row.key) as stored:
        picture = opened(stored.read())
    assert (picture.format, picture.size) == ("JPEG", (80, 60))
    sent = client.get(body["url"])
    assert sent.status_code in (200, 302)
    if sent.status_code == 200:
        assert (sent.content_type, sent.headers["ETag"]) == ("image/jpeg", f'W/"{row.cache_key}"')
    sent.close()
    assert_clean()


@every_backend
def test_what_was_made_once_is_not_made_again(make: Make, transform: Transform, rows: Rows) -> None:
    image_id = make()
    first, again = transform(image_id, "w=80"), transform(image_id, steps=[{"op": "resize", "width": 80}])
    assert again.get_json() == {**first.get_json(), "cached": True}
    assert first.headers["Server-Timing"].startswith("source;dur=")
    assert again.headers["Server-Timing"] == "cache;desc=hit"
    assert len(rows()) == 1


def test_the_file_of_auto_is_that_of_the_format_that_it_becomes(make: Make, transform: Transform, rows: Rows) -> None:
    image_id = make()
    transform(image_id, "w=80")
    assert transform(image_id, "w=80/f=jpeg").get_json()["cached"] is True
    assert transform(image_id, "w=80/f=orig").get_json()["cached"] is True
    assert transform(image_id, "w=80/f=png").get_json()["cached"] is False
    assert len(rows()) == 2


def test_another_focal_point_makes_another_file(client: FlaskClient, people: People, make: Make, transform: Transform) -> None:
    image_id = make()
    transform(image_id, "w=40,h=40")
    client.patch(f"{URL}/{image_id}", headers=people.owner.headers, json={"focal_point": {"x": 0.1, "y": 0.1}})
    assert transform(image_id, "w=40,h=40").get_json()["cached"] is False
    client.patch(f"{URL}/{image_id}", headers=people.owner.headers, json={"title": "Lake"})
    assert transform(image_id, "w=40,h=40").get_json()["cached"] is True


@every_backend
def test_the_picture_itself_is_sent_to_whoever_accepts_pictures(make: Make, transform: Transform, rows: Rows) -> None:
    answer = transform(make(), "w=80", accept="image/*")
    (row,) = rows()
    assert (answer.status_code, answer.content_type, opened(answer.data).size) == (200, "image/webp", (80, 60))
    assert answer.headers["ETag"] == f'W/"{row.cache_key}"'
    assert answer.headers["Content-Disposition"].startswith(f'inline; filename="lake-{row.cache_key[:8]}.webp"')
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"].startswith("private, max-age=")


ACCEPTED = {
    "*/*": "application/json",
    "application/json": "application/json",
    "application/json, image/*": "application/json",
    "text/html": "application/json",
    "image/svg+xml": "application/json",
    "image/*;q=0": "application/json",
    "image/*, application/json;q=0.5": "image/webp",
    "image/webp,image/*": "image/webp",
    "image/png": "image/png",
    "image/jpeg,image/png": "image/jpeg",
    "image/gif": "image/gif",
    "image/tiff;q=0.5": "image/tiff",
    CHROME: "image/avif",
}


def test_accept_decides_what_is_sent(make: Make, transform: Transform) -> None:
    image_id = make(pictures.jpeg(16, 12))
    answers = {accept: transform(image_id, "w=8", accept=accept) for accept in ACCEPTED}
    assert {accept: answer.content_type for accept, answer in answers.items()} == ACCEPTED
    assert all("Accept" in answer.headers["Vary"] and answer.status_code == 200 for answer in answers.values())
    assert transform(image_id, "w=8").content_type == "application/json"


def test_a_format_in_the_recipe_counts_more_than_accept(make: Make, transform: Transform) -> None:
    assert transform(make(), "w=16/f=png", accept="image/webp,image/*").content_type == "image/png"


def test_what_may_be_transparent_becomes_a_png(make: Make, transform: Transform) -> None:
    clear, opaque = make(pictures.png(), "a.png"), make()
    assert transform(clear, "w=16").get_json()["format"] == "png"
    assert transform(opaque, "w=16/r=max").get_json()["format"] == "png"
    assert transform(clear, "w=16/bg=white").get_json()["format"] == "jpeg"


def test_an_animation_stays_one(make: Make, transform: Transform, rows: Rows) -> None:
    image_id = make(pictures.gif(), "a.gif")
    assert [transform(image_id, "w=20", accept=accept).status_code for accept in (None, CHROME, "image/*")] == [200] * 3
    (row,) = rows()
    assert (row.format, row.frames) == ("webp", 3)


def test_a_frame_of_an_animation_is_a_still(make: Make, transform: Transform, rows: Rows) -> None:
    assert transform(make(pictures.gif(), "a.gif"), "w=20/frame=1").get_json()["format"] == "jpeg"
    assert rows()[0].frames == 1


def test_an_animation_is_never_flattened(make: Make, transform: Transform) -> None:
    image_id = make(pictures.gif(), "a.gif")
    assert field_error(transform(image_id, "w=20/f=png")) == ("/recipe", "animation_not_kept")
    assert field_error(transform(image_id, "w=20", accept="image/png"))[1] == "animation_not_kept"
    assert field_error(transform(image_id, "w=20/f=avif", mode="async")) == ("/recipe", "animation_not_kept")


MOVING = {"image/avif,image/webp": "image/webp", "image/avif,image/gif": "image/gif", "image/avif,image/*": "image/webp"}
STILL = ("image/avif", "image/jpeg,image/png", "image/avif,image/webp;q=0", "image/avif,image/webp;q=0,image/gif;q=0,image/*")


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_an_animation_is_sent_in_a_format_that_is_taken_or_not_at_all(
    client: FlaskClient, people: People, make: Make, transform: Transform, work: Callable[[], int], mode: str
) -> None:
    image_id = make(pictures.gif(), "a.gif")
    for accept in STILL:
        assert field_error(transform(image_id, "w=20", accept=accept, mode=mode))[1] == "animation_not_kept", accept
    for accept, media_type in MOVING.items():
        answer = transform(image_id, "w=20", accept=accept, mode=mode)
        if mode == "async":
            work()
            job = client.get(answer.headers["Location"], headers=people.owner.headers).get_json()
            assert f"image/{job['result']['format']}" == media_type, job
        else:
            assert answer.content_type == media_type


# -- warnings


def test_warnings_stand_in_body_and_header(make: Make, transform: Transform) -> None:
    image_id = make()
    for cached in (False, True):
        answer = transform(image_id, "w=500")
        assert (answer.get_json()["warnings"], answer.get_json()["cached"]) == (["enlarge_refused"], cached)
        assert answer.headers["Aizen-Warnings"] == "enlarge_refused"
    assert transform(image_id, "w=500", accept="image/*").headers["Aizen-Warnings"] == "enlarge_refused"
    assert "Aizen-Warnings" not in transform(image_id, "w=50").headers


def test_strict_takes_nothing_with_a_warning(make: Make, transform: Transform, rows: Rows) -> None:
    image_id = make()
    answer = transform(image_id, "w=500", strict=True)
    assert (answer.get_json()["code"], field_error(answer)) == ("strict_warnings", ("/strict", "strict_warnings"))
    assert "enlarge_refused" in answer.get_json()["errors"][0]["detail"]
    assert rows() == []
    assert transform(image_id, "w=50", strict=True).status_code == 200


def test_what_shows_only_in_rendering_is_kept_for_those_who_are_not_strict(make: Make, transform: Transform, rows: Rows) -> None:
    image_id = make(pictures.png(), "a.png")
    assert transform(image_id, "w=16/f=jpeg", strict=True).get_json()["code"] == "strict_warnings"
    assert len(rows()) == 1
    answer = transform(image_id, "w=16/f=jpeg")
    assert (answer.get_json()["cached"], answer.get_json()["warnings"]) == (True, ["alpha_flattened"])
    assert transform(image_id, "w=16/f=jpeg", strict=True).status_code == 422


# -- refusals


def test_a_refusal_of_the_picture_points_to_what_was_sent(make: Make, transform: Transform, rows: Rows) -> None:
    image_id = make()
    crop = {"op": "crop", "x": 100, "y": 0, "width": 100, "height": 20}
    assert field_error(transform(image_id, steps=[{"op": "flip"}, crop])) == ("/steps/1/width", "outside_picture")
    assert field_error(transform(image_id, "crop=0:500")) == ("/recipe", "outside_picture")
    assert field_error(transform(image_id, transformations={"crop": {"x": 999}})) == ("/transformations/crop/x", "outside_picture")
    frames = {"format": "png", "frame": 7}
    assert field_error(transform(make(pictures.gif(), "a.gif"), steps=[{"op": "flip"}], output=frames))[0] == "/output/frame"
    assert rows() == []


REFUSED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({}, ("/steps", "required")),
    ({"steps": None}, ("/steps", "null")),
    ({"steps": [], "recipe": "w=1"}, ("/recipe", "not_together")),
    ({"steps": [{"op": "explode"}]}, ("/steps/0/op", "not_a_choice")),
    ({"steps": [], "width": 5}, ("/width", "unknown_field")),
    ({"steps": [], "mode": "later"}, ("/mode", "not_a_choice")),
    ({"steps": [], "save": 1}, ("/save", "wrong_type")),
    ({"steps": [], "strict": None}, ("/strict", "null")),
    ({"steps": [{"op": "flip"}] * 9}, ("/steps", "too_many_steps")),
    ({"steps": [{"op": "resize", "width": 5000}]}, ("/steps/0/width", "out_of_range")),
]


NUMBERS = ("-1", "0", "65535", "1e9", "1e400", "NaN", "Infinity", "-Infinity", '"10px"', "true", "null", "[]", "9223372036854775808")
NUMBERED = {
    "/steps/0/width": '{"steps": [{"op": "resize", "width": %s}]}',
    "/steps/0/amount": '{"steps": [{"op": "filter", "name": "blur", "amount": %s}]}',
    "/output/quality": '{"steps": [], "output": {"quality": %s}}',
    "/transformations/resize/height": '{"transformations": {"resize": {"height": %s}}}',
}


def test_what_is_no_number_is_told_by_its_field(client: FlaskClient, people: People, make: Make) -> None:
    address, headers = f"{URL}/{make()}/transform", {**people.owner.headers, "Content-Type": "application/json"}
    for pointer, body in NUMBERED.items():
        for number in NUMBERS:
            answer = client.post(address, headers=headers, data=body % number)
            assert field_error(answer)[0] == pointer, (body % number, answer.text)


@pytest.mark.parametrize("levels", [900, 1_000, 100_000])
@pytest.mark.parametrize("member", ["steps", "output", "transformations"])
def test_what_is_nested_without_end_is_told_by_its_field(client: FlaskClient, people: People, make: Make, member: str, levels: int) -> None:
    beside = '"preset": "thumb", ' if member == "output" else ""
    body = f'{{{beside}"{member}": {"[" * levels}{"]" * levels}}}'
    answer = client.post(f"{URL}/{make()}/transform", headers={**people.owner.headers, "Content-Type": "application/json"}, data=body)
    assert field_error(answer)[0].startswith(f"/{member}"), answer.text
    assert answer.status_code == 422


def test_a_megabyte_of_steps_is_told_to_be_too_much(client: FlaskClient, people: People, make: Make, transform: Transform) -> None:
    assert field_error(transform(make(), steps=[{"op": "flip"}] * 60_000)) == ("/steps", "too_many_steps")


def test_a_picture_that_is_too_large_for_a_file_is_told_whatever_was_sent(make: Make, transform: Transform) -> None:
    image_id = make(pictures.png(1, 5000), "thin.png")
    for body, pointer in (
        ({"recipe": "f=webp"}, "/recipe"),
        ({"recipe": ""}, "/recipe"),
        ({"steps": [], "output": {"format": "jpeg"}}, "/steps"),
        ({"transformations": {"format": "webp"}}, "/transformations"),
        ({"steps": [{"op": "flip"}], "mode": "async"}, "/steps/0"),
        ({"recipe": "flip=v/flip=h"}, "/recipe"),
    ):
        assert field_error(transform(image_id, **body)) == (pointer, "result_too_large"), body
    told = transform(image_id, "flip=v/flip=h").get_json()["errors"][0]["detail"]
    assert told.startswith("Step 2: ")


GROWING: list[tuple[dict[str, Any], str]] = [
    ({"steps": [{"op": "rotate", "angle": 45}, {"op": "resize", "width": 10}]}, "/steps/0"),
    ({"steps": [{"op": "pad", "top": 4096, "left": 4095}, {"op": "resize", "width": 10}]}, "/steps/0"),
    ({"steps": [{"op": "resize", "width": 4096, "enlarge": True}]}, "/steps/0/width"),
    ({"recipe": "h=4000/rot=45/w=4096,el=1/rot=45/w=4096,h=4096,fit=stretch,el=1/rot=45"}, "/recipe"),
]


@pytest.mark.parametrize("number", range(len(GROWING)))
def test_a_long_and_narrow_picture_never_becomes_a_huge_one(make: Make, transform: Transform, number: int) -> None:
    body, pointer = GROWING[number]
    assert field_error(transform(make(pictures.png(1, 60_000), "thin.png"), **body)) == (pointer, "result_too_large")


def test_a_body_that_cannot_be_read_is_422(make: Make, transform: Transform) -> None:
    image_id = make()
    for body, error in REFUSED:
        assert field_error(transform(image_id, **body)) == error, body


@every_backend
def test_a_stranger_is_told_that_there_is_nothing(make: Make, transform: Transform, people: People, rows: Rows) -> None:
    image_id = make()
    for answer in (transform(image_id, "w=8", person=people.stranger), transform(unknown(), "w=8")):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert rows() == []


def test_nobody_is_told_to_sign_in(client: FlaskClient, make: Make) -> None:
    assert client.post(f"{URL}/{make()}/transform", json={"recipe": "w=8"}).status_code == 401


def test_a_watermark_is_an_image_of_ones_own(make: Make, transform: Transform, people: People) -> None:
    image_id, own, foreign = make(), make(pictures.png(20, 20), "mark.png"), make(pictures.png(), "b.png", person=people.stranger)
    steps = [{"op": "resize", "width": 80}, {"op": "watermark", "image": own}]
    assert transform(image_id, steps=steps).status_code == 200
    refusals = [transform(image_id, steps=[{"op": "watermark", "image": other}]) for other in (foreign, unknown(), f"{own}@00000000")]
    assert [field_error(each) for each in refusals] == [("/steps/0/image", "unknown_image")] * 3
    # Not even the wording tells whether there is such an image.
    assert len({each.get_json()["errors"][0]["detail"] for each in refusals}) == 1


def test_another_look_of_a_watermark_makes_another_file(client: FlaskClient, people: People, make: Make, transform: Transform) -> None:
    image_id, mark = make(), make(pictures.png(20, 20), "mark.png")
    recipe = f"w=80/wm={mark}"
    transform(image_id, recipe)
    client.patch(f"{URL}/{mark}", headers=people.owner.headers, json={"focal_point": {"x": 0, "y": 0}})
    assert transform(image_id, recipe).get_json()["cached"] is False


def test_another_font_makes_another_file_wherever_it_lies(
    make: Make, transform: Transform, watched_with: Callable[..., FlaskClient], tmp_path: Path
) -> None:
    image_id = make()
    first, second = (Path(font_files_ttf[name]) for name in ("SourceSansProSemibold", "SourceSansProBold"))

    def is_cached(font: Path, name: str) -> bool:
        """By a server that is started with that font in a file of that name."""
        shutil.copy(font, tmp_path / name)
        answer = transform(image_id, "w=80/wm=b64:QQ", through=watched_with(watermark_font=tmp_path / name))
        return bool(answer.get_json()["cached"])

    assert [is_cached(first, "a.ttf"), is_cached(first, "b.ttf"), is_cached(second, "a.ttf")] == [False, True, False]


def test_an_image_is_transformed_before_its_variants_are_made(client: FlaskClient, people: People, transform: Transform) -> None:
    sent = {"image": (io.BytesIO(pictures.jpeg(160, 120)), "a.jpg")}
    image_id = client.post(URL, headers=people.owner.headers, data=sent).get_json()["id"]
    assert transform(image_id, "w=80").get_json()["width"] == 80


def test_an_image_whose_variants_failed_is_transformed_from_its_original(
    make: Make, transform: Transform, execute: Callable[[Any], None]
) -> None:
    image_id = make()
    execute(sa.update(Image).values(status="failed"))
    assert transform(image_id, "w=80").status_code == 200


def test_an_image_that_is_still_generated_has_no_picture_yet(make: Make, transform: Transform, execute: Callable[[Any], None]) -> None:
    image_id = make()
    execute(sa.update(Image).values(status="generating", key=None))
    answer = transform(image_id, "w=80")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_picture")


# -- rights


def test_a_picture_goes_on_saying_whose_it_is_unless_told_not_to(make: Make, transform: Transform) -> None:
    source, target = Pillow.new("RGB", (60, 40), "steelblue"), io.BytesIO()
    exif = Pillow.Exif()
    exif[ExifTags.Base.Artist], exif[ExifTags.Base.Copyright] = "Ada", "© Ada"
    source.save(target, "JPEG", exif=exif)
    image_id = make(target.getvalue())
    kept, bare = (transform(image_id, recipe, accept="image/*").data for recipe in ("w=30", "w=30/md=none"))
    assert opened(kept).getexif().get(ExifTags.Base.Artist) == "Ada"
    assert dict(opened(bare).getexif()) == {}


# -- keys, and repeats


def test_a_key_needs_the_scope(client: FlaskClient, people: People, make: Make, transform: Transform) -> None:
    image_id = make()

    def status(*scopes: str, **body: Any) -> int:
        made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "k", "scopes": list(scopes)})
        return transform(image_id, "w=8", headers={"Authorization": f"Bearer {made.get_json()['key']}"}, **body).status_code

    assert status("images:read", "images:write") == 403
    assert status("transforms:run") == 200
    assert status("transforms:run", save=True) == 403
    assert status("transforms:run", "images:write", save=True) == 201


def test_a_repeat_with_the_same_key_is_the_same_and_with_another_body_refused(make: Make, transform: Transform) -> None:
    image_id, key = make(), {"Idempotency-Key": str(new_id())}
    first, again = transform(image_id, "w=8", headers=key), transform(image_id, "w=8", headers=key)
    assert again.get_json() == {**first.get_json(), "cached": True}
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    other = transform(image_id, "w=9", headers=key)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")


def test_a_file_that_is_made_anew_is_no_replay(make: Make, transform: Transform, execute: Callable[[Any], None]) -> None:
    image_id, key = make(), {"Idempotency-Key": str(new_id())}
    transform(image_id, "w=8", headers=key)
    execute(sa.delete(DerivedFile))
    again = transform(image_id, "w=8", headers=key)
    assert (again.status_code, again.get_json()["cached"], "Idempotency-Replayed" in again.headers) == (200, False, False)
    assert transform(image_id, "w=8", headers=key).headers["Idempotency-Replayed"] == "true"


def test_of_two_at_once_with_one_key_both_are_answered(
    backend: Backend, make: Make, transform: Transform, watched: Watched, watched_client: FlaskClient, execute: Callable[[Any], None]
) -> None:
    image_id, key = make(), {"Idempotency-Key": str(new_id())}
    assert transform(image_id, "w=8", headers=key, accept="image/*").status_code == 200
    with backend.app.app_context(), db.engine.connect() as connection:
        used = dict(connection.execute(sa.select(IdempotencyKey)).mappings().one())
    # As if the other had come while this one renders.
    execute(sa.delete(IdempotencyKey))
    execute(sa.delete(DerivedFile))
    watched.meanwhile = lambda: execute(sa.insert(IdempotencyKey).values(used))
    answer = transform(image_id, "w=8", headers=key, accept="image/*", through=watched_client)
    assert (answer.status_code, answer.content_type, len(watched.orders)) == (200, "image/webp", 1)
