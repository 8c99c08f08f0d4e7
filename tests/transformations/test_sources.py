"""From which file a rendering starts, and what happens where that is lost or broken."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from aizen.database import db
from aizen.work.models import WorkItem
from tests import pictures
from tests.conftest import Backend
from tests.transformations.conftest import Make, Planned, Rows, Transform


@pytest.mark.parametrize(
    ("recipe", "width"),
    [
        ("w=80", 512),
        ("w=600", 1024),
        ("w=1100", 1400),
        ("crop=0:0:300:300/w=100", 512),
        ("crop=0:0:300:300/w=250", 1400),
        ("fx=sepia/w=80", 1400),
        ("rot=90/w=80", 512),
        ("w=80/fx=sepia/bo=2", 512),
        ("", 1400),
    ],
)
def test_the_smallest_level_that_has_all_that_is_needed_is_started_from(make: Make, planned: Planned, recipe: str, width: int) -> None:
    assert planned(make(pictures.jpeg(1400, 1000)), recipe).source.width == width


def test_a_watermark_is_taken_from_a_level_too(make: Make, planned: Planned) -> None:
    mark = make(pictures.jpeg(1400, 1000))
    plan = planned(make(), f"w=80/wm={mark}")
    assert [source.width for source in plan.watermarks.values()] == [512]
    assert plan.megapixels == 1


def test_a_frame_is_taken_from_the_original(make: Make, planned: Planned) -> None:
    plan = planned(make(pictures.gif(frames=5), "a.gif"), "w=10/frame=2")
    assert (plan.source.key, plan.source.frames) == (plan.image.key, 3)


@pytest.mark.every_backend
def test_the_original_does_for_a_level_that_is_lost(
    backend: Backend, make: Make, transform: Transform, planned: Planned, rows: Rows
) -> None:
    image_id = make(pictures.jpeg(700, 500))
    plan = planned(image_id, "w=80")
    assert plan.source.key != plan.image.key
    backend.adapters.storage.delete(plan.source.key)
    assert transform(image_id, "w=80").get_json()["width"] == 80
    assert len(rows()) == 1


@pytest.mark.every_backend
@pytest.mark.parametrize("as_mark", [False, True])
def test_an_original_that_is_lost_is_told_and_will_not_come_back(
    backend: Backend, make: Make, transform: Transform, planned: Planned, rows: Rows, work: Callable[[], int], as_mark: bool
) -> None:
    image_id = make()
    plan = planned(image_id, "fx=sepia")
    assert plan.image.key is not None
    backend.adapters.storage.delete(plan.image.key)
    wanted, recipe = (make(), f"fx=sepia/wm={image_id},ws=1") if as_mark else (image_id, "fx=sepia")
    answer = transform(wanted, recipe)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "original_missing")
    job = transform(wanted, recipe, mode="async").headers["Location"]
    work()
    with backend.app.app_context(), db.engine.connect() as connection:
        item = connection.execute(sa.select(WorkItem).where(WorkItem.id == uuid.UUID(job.rpartition("/")[2]))).one()
    assert (item.state, item.error_code, item.attempts) == ("failed", "original_missing", 1)
    assert rows() == []


def test_a_source_that_cannot_be_read_is_422(backend: Backend, make: Make, transform: Transform, planned: Planned) -> None:
    image_id = make()
    backend.adapters.storage.put(planned(image_id, "w=80").source.key, b"not a picture", media_type="image/jpeg")
    assert transform(image_id, "w=80").status_code in (415, 422)
