"""POST /generate: the image is there at once, and its picture when a painter has answered."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image as Pillow

from aizen.generation import examples
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import ScriptedPainter
from tests.generation.conftest import IMAGES, PROMPT, URL, Generate, Look


@pytest.mark.every_backend
def test_the_image_is_there_at_once_and_its_picture_when_it_is_painted(
    client: FlaskClient, people: People, generate: Generate, look: Look, painter: ScriptedPainter, work: Callable[[], int]
) -> None:
    painter.will_paint(pictures.jpeg(640, 480))
    answer = generate(width=640, height=480, seed=7, title="River", tags=["water"])
    made = answer.get_json()
    assert answer.status_code == 202
    assert (made["status"], made["source"], made["prompt"], made["title"], made["tags"]) == (
        *("generating", "generation", PROMPT, "River", ["water"]),
    )
    nothing_yet = ("image", "image_url", "signed_url", "format", "media_type", "sha256")
    assert [made[name] for name in nothing_yet] == [None] * len(nothing_yet)
    assert (made["width"], made["height"], made["bytes"], made["variants"]) == (640, 480, 0, [])
    assert made["links"]["job"] == answer.headers["Location"]
    assert look(made["id"]) == {**made, "links": {name: each for name, each in made["links"].items() if name != "job"}}
    job = client.get(answer.headers["Location"], headers=people.owner.headers).get_json()
    assert (job["kind"], job["status"], job["links"]["image"]) == ("generation", "pending", f"{IMAGES}/{made['id']}")

    work()
    image = look(made["id"])
    assert (image["status"], image["format"], image["file_name"]) == ("ready", "jpeg", f"{PROMPT}.jpg")
    assert (image["generation"]["provider"], image["generation"]["model"], image["generation"]["seed"]) == (painter.name, painter.model, 7)
    assert image["ai"]["status"] == "done"
    assert {each["name"] for each in image["variants"]} >= {"w320.webp", "w320.jpeg", "w640.webp"}
    opened = client.get(image["image"])
    if opened.status_code == 200:
        assert Pillow.open(io.BytesIO(opened.get_data())).size == (640, 480)
    opened.close()
    job = client.get(answer.headers["Location"], headers=people.owner.headers).get_json()
    assert (job["status"], job["progress"], job["result"]["id"], job["result"]["url"]) == ("done", 100, image["id"], image["image_url"])


def test_the_answer_has_the_members_of_its_example(generate: Generate) -> None:
    assert list(generate().get_json()) == list(examples.ORDERED)


def test_the_painter_is_told_what_was_asked_for(
    generate: Generate, look: Look, painter: ScriptedPainter, work: Callable[[], int], backend: Backend
) -> None:
    model = backend.settings.painter_models[0]
    asked = {"negative_prompt": "people", "width": 512, "height": 768, "seed": 4294967295, "steps": 12, "model": model}
    generate("two\nlines, “quoted” 🌊", **asked)
    by_default = generate().get_json()
    work()
    first, second = painter.orders
    assert {name: getattr(first, name) for name in asked} == asked
    assert first.prompt == "two\nlines, “quoted” 🌊"
    assert (second.negative_prompt, second.width, second.height, second.steps, second.model) == (None, 1024, 1024, None, None)
    # A seed that nobody has named is told, so that the picture can be had again.
    assert second.seed == by_default["generation"]["seed"] == look(by_default["id"])["generation"]["seed"]
    assert by_default["generation"]["seed"] != generate().get_json()["generation"]["seed"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"prompt": None}, "/prompt", "required"),
    ({"prompt": ""}, "/prompt", "too_short"),
    ({"prompt": " \n "}, "/prompt", "too_short"),
    ({"prompt": "x" * 10_000}, "/prompt", "too_long"),
    ({"prompt": "x" * 2001}, "/prompt", "too_long"),
    ({"prompt": "a\0b"}, "/prompt", "nul_character"),
    ({"prompt": "a\ud800b"}, "/prompt", "lone_surrogate"),
    ({"prompt": "a\x07b"}, "/prompt", "control_character"),
    ({"negative_prompt": "x" * 2001}, "/negative_prompt", "too_long"),
    ({"width": 0}, "/width", "out_of_range"),
    ({"width": 63}, "/width", "out_of_range"),
    ({"height": 2049}, "/height", "out_of_range"),
    ({"height": 10**30}, "/height", "out_of_range"),
    ({"width": 512.5}, "/width", "wrong_type"),
    ({"width": "wide"}, "/width", "wrong_type"),
    ({"seed": -1}, "/seed", "out_of_range"),
    ({"seed": 2**32}, "/seed", "out_of_range"),
    ({"steps": 0}, "/steps", "out_of_range"),
    ({"steps": True}, "/steps", "wrong_type"),
    ({"model": "somebody/else"}, "/model", "not_a_choice"),
    ({"title": "x" * 201}, "/title", "too_long"),
    ({"tags": "a,b"}, "/tags", "wrong_type"),
    ({"n": 4}, "/n", "unknown_field"),
]


def test_what_cannot_be_made_is_refused_by_field_and_leaves_nothing(generate: Generate, count: Callable[[], int], backend: Backend) -> None:
    for fields, pointer, code in REFUSED:
        answer = generate(**{"prompt": PROMPT, **fields})
        (error,) = answer.get_json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code), fields
        if code == "not_a_choice":
            assert error["allowed"] == list(backend.settings.painter_models)
    assert count() == 0
    assert backend.queue.hints == []


def test_where_1024_pixels_are_too_many_the_most_are_asked_for(make_app: Callable[..., Flask], people: People) -> None:
    through = make_app(generation_max_side=512).test_client()
    made = through.post(URL, headers=people.owner.headers, json={"prompt": PROMPT})
    assert (made.status_code, made.get_json()["width"], made.get_json()["height"]) == (202, 512, 512)
    told = through.get("/api/v1/capabilities").get_json()["generation"]
    assert (told["default_side"], told["largest_side"]) == (512, 512)


def test_several_wrong_fields_are_told_at_once(generate: Generate) -> None:
    errors = generate(width=2049, height=4000, model="x").get_json()["errors"]
    assert [each["pointer"] for each in errors] == ["/width", "/height", "/model"]


def test_an_image_without_a_picture_refuses_what_needs_one(client: FlaskClient, people: People, generate: Generate) -> None:
    image_id, headers = generate().get_json()["id"], people.owner.headers
    for method, path, body, status, code in (
        ("GET", "/file", None, 404, "not_found"),
        ("GET", "/variants/w320.webp", None, 404, "not_found"),
        ("GET", "/embed", None, 409, "no_picture"),
        ("POST", "/transform", {"recipe": "w=100"}, 409, "no_picture"),
    ):
        answer = client.open(f"{IMAGES}/{image_id}{path}", method=method, headers=headers, json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (status, code), path
    signed = client.post(f"{IMAGES}/sign", headers=headers, json={"ids": [image_id], "recipes": ["w=100"]})
    assert signed.status_code == 404


def test_its_owner_finds_it_by_its_prompt_and_by_what_it_is(
    client: FlaskClient, people: People, generate: Generate, work: Callable[[], int]
) -> None:
    image_id = generate("a lighthouse in a storm").get_json()["id"]
    for when in ("generating", "ready"):
        for query in ("search=lighthouse", f"status={when}", "source=generation", f"search=lighthouse is:{when}"):
            (found,) = client.get(f"{IMAGES}?{query}", headers=people.owner.headers).get_json()
            assert found["id"] == image_id
        work()
    (found,) = client.get(f"{IMAGES}?search=storm", headers=people.owner.headers).get_json()
    assert found["matched"] == {"field": "prompt", "snippet": "a lighthouse in a storm"}
    assert client.get(f"{IMAGES}?search=lighthouse", headers=people.stranger.headers).get_json() == []


def test_words_and_tags_may_be_given_while_it_is_generated(
    client: FlaskClient, people: People, generate: Generate, look: Look, work: Callable[[], int]
) -> None:
    made = generate().get_json()
    assert (
        client.patch(f"{IMAGES}/{made['id']}", headers=people.owner.headers, json={"title": "Mine", "alt": "A river."}).status_code == 200
    )
    work()
    image = look(made["id"])
    assert (image["title"], image["alt"], image["status"]) == ("Mine", "A river.", "ready")


def test_describe_false_leaves_the_description_out(generate: Generate, look: Look, work: Callable[[], int]) -> None:
    made = generate(describe=False).get_json()
    work()
    assert look(made["id"])["ai"]["status"] == "skipped"


def test_the_day_has_a_quota_for_each_user(make_app: Callable[..., Flask], generate: Generate, people: People) -> None:
    through = make_app(generations_per_day=2).test_client()
    assert [generate(through=through).status_code for _ in range(2)] == [202, 202]
    refused = generate(through=through)
    assert (refused.status_code, refused.get_json()["code"]) == (429, "generation_quota_exceeded")
    assert 0 < int(refused.headers["Retry-After"]) <= 86400
    assert generate(through=through, person=people.stranger).status_code == 202
    # What cannot be made counts nothing.
    assert generate(through=make_app(generations_per_day=0).test_client()).status_code == 202


@pytest.mark.every_database
def test_of_many_orders_at_once_none_passes_the_quota(make_app: Callable[..., Flask], people: People, count: Callable[[], int]) -> None:
    app, headers, statuses = make_app(generations_per_day=3), people.owner.headers, list[int]()
    start = threading.Barrier(8)

    def order() -> None:
        client = app.test_client()
        start.wait()
        statuses.append(client.post(URL, headers=headers, json={"prompt": PROMPT}).status_code)

    threads = [threading.Thread(target=order) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(statuses) == [202] * 3 + [429] * 5
    assert count() == 3


def test_who_may_keep_nothing_more_orders_nothing(
    make_app: Callable[..., Flask], generate: Generate, upload: Callable[[], str], count: Callable[[], int]
) -> None:
    upload()
    through = make_app(storage_quota=100_000).test_client()
    refused = generate(through=through)
    assert (refused.status_code, refused.get_json()["code"], refused.get_json()["limit"]) == (413, "quota_exceeded", 100_000)
    assert "1024 × 1024 pixels" in refused.get_json()["detail"]
    assert generate(through=through, width=256, height=256).status_code == 202
    assert count() == 2


def test_a_repeat_with_the_same_key_orders_nothing_more(generate: Generate, count: Callable[[], int], work: Callable[[], int]) -> None:
    key = {"Idempotency-Key": "river-1"}
    first = generate(headers=key)
    work()
    again = generate(headers=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")
    assert (again.get_json()["id"], again.headers["Location"]) == (first.get_json()["id"], first.headers["Location"])
    assert again.get_json()["status"] == "ready"
    other = generate("another river", headers=key)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")
    assert count() == 1


@pytest.mark.every_database
def test_of_two_orders_with_one_key_at_once_one_is_made(app: Flask, people: People, count: Callable[[], int]) -> None:
    headers, found = {**people.owner.headers, "Idempotency-Key": "once"}, list[tuple[int, str]]()
    start = threading.Barrier(4)

    def order() -> None:
        client = app.test_client()
        start.wait()
        answer = client.post(URL, headers=headers, json={"prompt": PROMPT})
        found.append((answer.status_code, answer.get_json().get("id")))

    threads = [threading.Thread(target=order) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found)) == 1, found
    assert found[0][0] == 202
    assert count() == 1


def test_it_needs_somebody_with_a_confirmed_address_and_the_scope(
    client: FlaskClient, people: People, make_app: Callable[..., Flask], generate: Generate
) -> None:
    assert client.post(URL, json={"prompt": PROMPT}).status_code == 401
    made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "k", "scopes": ["images:write"]}).get_json()
    refused = client.post(URL, headers={"Authorization": f"Bearer {made['key']}"}, json={"prompt": PROMPT})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "scope_missing")
    unverified = generate(through=make_app(email_verification="required").test_client(), person=people.owner)
    assert (unverified.status_code, unverified.get_json()["code"]) == (403, "email_not_verified")


def test_a_key_that_only_generates_follows_its_job_and_calls_it_off(client: FlaskClient, people: People, count: Callable[[], int]) -> None:
    made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "k", "scopes": ["generate:run"]}).get_json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    job = client.post(URL, headers=headers, json={"prompt": PROMPT}).headers["Location"]
    assert client.get(job, headers=headers).get_json()["status"] == "pending"
    assert client.delete(job, headers=headers).status_code == 204
    assert count() == 0


def test_an_old_client_reads_generating(client: FlaskClient, people: People, work: Callable[[], int]) -> None:
    answer = client.post("/api/generate/", headers=people.owner.headers, json={"prompt": PROMPT, "style": "woodcut"})
    assert (answer.status_code, answer.get_json()["status"]) == (202, "GENERATING")
    status = f"/api/images/status/{answer.get_json()['id']}/"
    assert client.get(status, headers=people.owner.headers).get_json()["status"] == "GENERATING"
    work()
    assert client.get(status, headers=people.owner.headers).get_json()["status"] == "READY"
    wrong = client.post("/api/generate/", headers=people.owner.headers, json={"prompt": ""})
    assert (wrong.status_code, wrong.get_json()["prompt"]) == (400, ["Must not be empty."])


def test_the_prompt_is_told_to_its_owner_alone(client: FlaskClient, people: People, generate: Generate) -> None:
    made = generate().get_json()
    answer = client.get(f"{IMAGES}/{made['id']}", headers=people.stranger.headers)
    unknown = client.get(re.sub(r"[0-9a-f]{12}$", "0" * 12, f"{IMAGES}/{made['id']}"), headers=people.stranger.headers)
    assert answer.status_code == unknown.status_code == 404
    assert PROMPT not in answer.text
