"""Which keys follow the job of a transformation, and call it off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import People
from tests.transformations.conftest import Make, Transform, unknown
from tests.work.errands import Errands

JOBS = "/api/v1/jobs"
Key = Callable[..., dict[str, str]]


@pytest.fixture
def key(client: FlaskClient, people: People) -> Key:
    """What a request is sent with by an API key of the owner that has these scopes."""

    def make(*scopes: str) -> dict[str, str]:
        made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "k", "scopes": list(scopes)})
        return {"Authorization": f"Bearer {made.get_json()['key']}"}

    return make


def missing(answer: TestResponse) -> str:
    """The scope that a 403 names."""
    assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing")
    found: str = answer.headers["WWW-Authenticate"].partition('scope="')[2].partition('"')[0]
    assert found in answer.get_json()["detail"]
    return found


def test_a_key_that_only_transforms_follows_what_it_has_put_off_and_calls_it_off(
    client: FlaskClient, make: Make, transform: Transform, key: Key, work: Callable[[], int]
) -> None:
    image_id, headers = make(), key("transforms:run")
    done, dropped = (transform(image_id, recipe, headers=headers, mode="async").headers["Location"] for recipe in ("w=80", "w=81"))
    assert client.delete(dropped, headers=headers).status_code == 204
    assert client.get(dropped, headers=headers).status_code == 404
    work()
    answer = client.get(done, headers=headers)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "done")


def test_a_key_that_reads_or_writes_images_does_so_with_any_job(client: FlaskClient, make: Make, transform: Transform, key: Key) -> None:
    job, reader, writer = transform(make(), "w=80", mode="async").headers["Location"], key("images:read"), key("images:write")
    assert client.get(job, headers=reader).status_code == 200
    assert missing(client.delete(job, headers=reader)) == "images:write"
    assert missing(client.get(job, headers=writer)) == "images:read"
    assert client.delete(job, headers=writer).status_code == 204


@pytest.mark.parametrize(("method", "scope"), [("GET", "images:read"), ("DELETE", "images:write")])
def test_a_key_with_neither_scope_is_not_told_whether_there_is_such_a_job(
    app: Flask, client: FlaskClient, people: People, make: Make, transform: Transform, key: Key, method: str, scope: str
) -> None:
    job = transform(make(), "w=80", mode="async").headers["Location"]
    errand = f"{JOBS}/{Errands(app).ask_for(people.owner.id)}"
    nothing = f"{JOBS}/{unknown()}"
    shares, transforms = key("shares:write"), key("transforms:run")
    assert {missing(client.open(address, method=method, headers=shares)) for address in (job, errand, nothing)} == {scope}
    # An errand is not asked for by the scope that this one has.
    told = [client.open(address, method=method, headers=transforms) for address in (errand, nothing)]
    assert [(answer.status_code, answer.get_json()["code"]) for answer in told] == [(404, "not_found")] * 2
    assert client.get(errand, headers=people.owner.headers).status_code == 200


def test_a_strangers_key_reaches_no_job_of_mine(client: FlaskClient, people: People, make: Make, transform: Transform, key: Key) -> None:
    image_id = make(person=people.stranger)
    job = transform(image_id, "w=80", mode="async", person=people.stranger).headers["Location"]
    for method in ("GET", "DELETE"):
        assert client.open(job, method=method, headers=key("transforms:run")).status_code == 404
