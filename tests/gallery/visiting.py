"""Those who look at the gallery, and those who hang something there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import Person

GALLERY = "/api/v1/images/public"


def visited(client: FlaskClient, **arguments: Any) -> TestResponse:
    """A page of the gallery, as anybody sees it."""
    answer = client.get(f"{GALLERY}?{urlencode(arguments)}")
    assert answer.status_code == 200, answer.text
    return answer


def seen(client: FlaskClient, **arguments: Any) -> list[str]:
    """The ids on that page."""
    return [image["id"] for image in visited(client, **arguments).get_json()]


def publish(client: FlaskClient, person: Person, image_id: str, *, method: str = "POST", **sent: Any) -> TestResponse:
    """Publishes the image, or does with it what ``sent`` says."""
    headers = {**person.headers, **sent.pop("headers", {})}
    return client.open(f"/api/v1/images/{image_id}/share", method=method, headers=headers, **sent)
