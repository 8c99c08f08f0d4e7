"""More who want a rendering than there are children and places to wait for one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from aizen.app import create_app
from aizen.database import db
from aizen.imaging.children import Bounds
from aizen.imaging.renderers import ChildRenderer
from tests.conftest import Backend
from tests.imaging import hostile_work
from tests.imaging.test_decoder import wait_until
from tests.transformations.conftest import Make, Rows, Transform


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


@pytest.fixture
def narrow(backend: Backend, gate: Path) -> Iterator[Flask]:
    """An application with one rendering child, which waits at the gate, and one place to wait for it."""
    bounds = Bounds(seconds=30, memory_bytes=backend.settings.transform_memory, processes=1, waiting=1)
    renderer = ChildRenderer(partial(hostile_work.render_when_released, gate=str(gate)), bounds)
    app = create_app(backend.settings, replace(backend.adapters, renderer=renderer))
    yield app
    renderer.close()
    with app.app_context():
        db.engine.dispose()


def test_one_more_than_may_wait_is_told_to_come_again_and_then_served(
    make: Make, transform: Transform, narrow: Flask, gate: Path, rows: Rows
) -> None:
    image_id = make()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(transform, image_id, "w=80", through=narrow.test_client())
        wait_until(Path(f"{gate}.begun").exists)
        # One is rendered and one may wait: whichever of these two comes in last is refused, and the other cannot be done yet.
        others = [threads.submit(transform, image_id, recipe, through=narrow.test_client()) for recipe in ("w=81", "w=82")]
        refused, waiting = wait(others, timeout=20, return_when=FIRST_COMPLETED)
        Path(f"{gate}.released").touch()
        [busy] = [each.result() for each in refused]
        assert (busy.status_code, busy.get_json()["code"], busy.headers["Retry-After"]) == (503, "renderer_busy", "15")
        assert [each.result().status_code for each in (first, *waiting)] == [200, 200]
    assert len(rows()) == 2
    assert [transform(image_id, recipe, through=narrow.test_client()).status_code for recipe in ("w=81", "w=82")] == [200, 200]
