"""No database connection is checked out while we wait for something else: a storage, a decoder, a describer, Redis, a mail server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from flask import Flask

from aizen.ai import Describer
from aizen.ai.painting import Painter
from aizen.app import SWEEPS, create_app
from aizen.database import db
from aizen.imaging import Decoder, Renderer
from aizen.storage import Storage
from aizen.web import adapters
from aizen.work import clock, jobs
from tests import pictures
from tests.conftest import Backend, People

pytestmark = pytest.mark.every_backend


@dataclass
class Watch:
    """What was asked of the outside, and how many connections were checked out at that moment."""

    held: dict[str, set[int]] = field(default_factory=dict)

    def saw(self, verb: str) -> None:
        self.held.setdefault(verb, set()).add(db.engine.pool.checkedout())  # type: ignore[attr-defined]


class Watched:
    """A part of the outside that is itself, but tells the watch of every call."""

    def __init__(self, part: object, watch: Watch) -> None:
        self._part = part
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._watch.saw(name)
            return found(*args, **kwargs)

        return call


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def watched_app(backend: Backend, watch: Watch) -> Iterator[Flask]:
    """The application of the backend, with every outside part watched."""
    parts = replace(
        backend.adapters,
        storage=cast(Storage, Watched(backend.adapters.storage, watch)),
        decoder=cast(Decoder, Watched(backend.adapters.decoder, watch)),
        renderer=cast(Renderer, Watched(backend.adapters.renderer, watch)),
        describers=tuple(cast(Describer, Watched(each, watch)) for each in backend.adapters.describers),
        painters=tuple(cast(Painter, Watched(each, watch)) for each in backend.adapters.painters),
        queue=cast(Any, Watched(backend.adapters.queue, watch)),
        mailer=cast(Any, Watched(backend.adapters.mailer, watch)),
    )
    app = create_app(backend.settings, parts)
    yield app
    with app.app_context():
        db.engine.dispose()


def work_off(app: Flask, backend: Backend) -> None:
    with app.app_context():
        while hints := backend.queue.take():
            for hint in hints:
                jobs.perform(hint)


def test_no_connection_is_checked_out_while_the_outside_is_waited_for(watched_app: Flask, backend: Backend, watch: Watch) -> None:
    client = watched_app.test_client()
    headers = People(client).owner.headers
    assert client.post("/api/v1/auth/verify-email/resend", json={}, headers=headers).status_code == 202
    made = client.post("/api/v1/images", headers=headers, data={"image": (io.BytesIO(pictures.jpeg(400, 300)), "blue.jpg")})
    assert made.status_code == 201
    work_off(watched_app, backend)
    image: dict[str, Any] = client.get(made.headers["Location"], headers=headers).get_json()
    assert (image["status"], image["ai"]["status"]) == ("ready", "done")
    for path in (f"{made.headers['Location']}/file", f"{made.headers['Location']}/variants/w160.webp", image["image"]):
        with client.get(path, headers=headers) as answer:
            assert answer.status_code in (200, 302)
    assert client.get("/readyz").status_code == 200
    assert client.delete(made.headers["Location"], headers=headers).status_code == 204
    with watched_app.app_context():
        assert clock.tick(adapters(), sweeps=SWEEPS).removed > 0

    assert {"inspect", "put", "open", "path", "describe", "hint", "length", "check", "delete", "send"} <= watch.held.keys()
    assert {verb: counts for verb, counts in watch.held.items() if counts != {0}} == {}
