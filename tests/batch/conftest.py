"""Images of two people, and the batches that are sent about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import People, Person
from tests.images.conftest import URL, app_with, ready, shelve, traces, upload

__all__ = ["app_with", "ready", "shelve", "traces", "upload"]

BATCH = f"{URL}/batch"
Batch = Callable[..., TestResponse]


@pytest.fixture
def batch(client: FlaskClient, people: People) -> Batch:
    """Sends a batch as the owner, or as ``person``."""

    def send(
        action: str,
        ids: Sequence[str],
        *,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        through: FlaskClient | None = None,
        **members: Any,
    ) -> TestResponse:
        sent = {"action": action, "ids": list(ids), **members}
        return (through or client).post(BATCH, headers=headers or (person or people.owner).headers, json=sent)

    return send


def statuses(answer: TestResponse) -> list[str]:
    """What has come of each image, in the order of the answer; of those that failed the code of the reason."""
    assert answer.status_code == 200, answer.text
    return [each["error"]["code"] if each["error"] else each["status"] for each in answer.get_json()["results"]]
