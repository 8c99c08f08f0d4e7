"""The integrity report, ``flask doctor``: each kind of fault is found, and nothing else."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from aizen.adapters import Adapters
from aizen.database import clock_ms, db, new_id, transaction
from aizen.images import integrity
from aizen.images.integrity import Report
from aizen.images.models import Image, Variant
from aizen.storage import StoredObject
from aizen.work import clock, items, removals
from aizen.work.models import ObjectRemoval, WorkItem
from tests import pictures
from tests.conftest import Backend, People
from tests.images.conftest import Passing, Upload, opened, work_off
from tests.images.test_variants import key_of

every_backend = pytest.mark.every_backend
Ready = Callable[..., dict[str, Any]]
Examine = Callable[..., Report]
LONG_AGO = 3_600_000


@pytest.fixture
def examine(backend: Backend) -> Examine:
    def once(**options: Any) -> Report:
        with backend.app.app_context():
            return integrity.examine(backend.adapters, **options)

    return once


@pytest.fixture
def change(backend: Backend) -> Callable[[Any], None]:
    """Runs one statement behind Aizen's back."""

    def run(statement: Any) -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(statement)

    return run


def faults(report: Report) -> dict[str, tuple[str, ...]]:
    """What was found, without the kinds of which there was nothing."""
    names = [field.name for field in fields(report) if isinstance(getattr(report, field.name), tuple)]
    return {name: getattr(report, name) for name in names if getattr(report, name)}


@every_backend
def test_an_installation_in_order_is_clean(
    client: FlaskClient, people: People, ready: Ready, upload: Upload, examine: Examine, tick: Callable[[], clock.Tick]
) -> None:
    assert examine().is_clean
    ready(pictures.jpeg(400, 300))
    ready(pictures.gif())
    ready(pictures.png())
    upload()  # not worked on yet
    gone = ready()
    client.delete(gone["links"]["self"], headers=people.owner.headers)
    for report in (examine(), examine(checksums=True)):
        assert faults(report) == {}
        assert (report.images, report.is_clean) == (4, True)
    # The deleted image's objects are on their way out: no orphans, even before the clock has ticked.
    before = examine().objects
    tick()
    assert examine().objects == before - 4
    assert faults(examine()) == {}


@every_backend
def test_an_object_of_nobody_is_an_orphan(backend: Backend, ready: Ready, examine: Examine) -> None:
    ready()
    backend.adapters.storage.put("images/somebody/lost.jpg", b"lost", media_type="image/jpeg")
    assert faults(examine()) == {"orphan_objects": ("images/somebody/lost.jpg",)}


@every_backend
def test_an_object_that_is_gone_is_missing(backend: Backend, ready: Ready, examine: Examine) -> None:
    image = ready()
    keys = sorted([key_of(image["image_url"]), key_of(image["variants"][0]["url"])])
    for key in keys:
        backend.adapters.storage.delete(key)
    assert faults(examine()) == {"missing_objects": tuple(keys)}


@every_backend
@pytest.mark.parametrize("which", ["original", "variant"])
def test_an_object_of_another_size_is_a_mismatch(backend: Backend, ready: Ready, examine: Examine, which: str) -> None:
    image = ready()
    key = key_of(image["image_url"] if which == "original" else image["variants"][0]["url"])
    backend.adapters.storage.put(key, b"short", media_type="image/jpeg")
    assert faults(examine()) == {"mismatched_objects": (key,)}


@every_backend
def test_another_content_of_the_same_size_is_a_mismatch_of_checksums(backend: Backend, ready: Ready, examine: Examine) -> None:
    image = ready()
    key = key_of(image["image_url"])
    backend.adapters.storage.put(key, b"\0" * image["bytes"], media_type="image/jpeg")
    assert examine().is_clean
    assert not examine().checksums_compared
    assert faults(examine(checksums=True)) == {"mismatched_objects": (key,)}


@pytest.mark.parametrize("state", ["pending", "working"])
def test_work_that_nobody_does_is_stuck(
    upload: Upload, examine: Examine, change: Callable[[Any], None], backend: Backend, state: str
) -> None:
    upload()
    assert examine().is_clean
    late = clock_ms() - LONG_AGO
    change(sa.update(WorkItem).where(WorkItem.kind == "variants").values(state=state, not_before=late, lease_until=late))
    (found,) = examine().stuck_work
    assert found.startswith("work item ")


def test_work_that_waits_its_turn_for_long_is_not_stuck_while_somebody_is_at_such_work(
    backend: Backend, examine: Examine, change: Callable[[Any], None]
) -> None:
    late, soon = clock_ms() - LONG_AGO, clock_ms() + LONG_AGO
    with backend.app.app_context(), transaction():
        first, _ = (items.put_off("generation", subject_id=new_id(), owner_id=new_id(), adapters=backend.adapters) for _ in range(2))
    change(sa.update(WorkItem).values(not_before=late))
    assert len(examine().stuck_work) == 2
    change(sa.update(WorkItem).where(WorkItem.id == first).values(state="working", lease_until=soon))
    assert examine().is_clean
    # Work that is not slow has no turn to wait for that could last so long.
    change(sa.update(WorkItem).values(kind="variants"))
    assert len(examine().stuck_work) == 1


def test_an_image_without_any_work_is_stuck(upload: Upload, examine: Examine, change: Callable[[Any], None]) -> None:
    image = upload().get_json()
    change(sa.delete(WorkItem))
    assert faults(examine()) == {"stuck_work": (f"image {image['id']}",)}


def test_a_removal_that_nobody_carries_out_is_stuck(examine: Examine, change: Callable[[Any], None]) -> None:
    change(sa.insert(ObjectRemoval).values(key="images/a/b.jpg", not_before=clock_ms() - LONG_AGO))
    assert faults(examine()) == {"stuck_work": ("object removal images/a/b.jpg",)}


def test_what_is_only_reserved_is_nothing_wrong(backend: Backend, examine: Examine) -> None:
    with backend.app.app_context():
        removals.reserve(["images/a/b.jpg"], backend.settings)
    backend.adapters.storage.put("images/a/b.jpg", b"on its way", media_type="image/jpeg")
    assert examine().is_clean


@every_backend
def test_a_variant_that_an_image_should_have_is_missing(
    backend: Backend, ready: Ready, examine: Examine, change: Callable[[Any], None]
) -> None:
    image = ready(pictures.jpeg(400, 300))
    lost = [each for each in image["variants"] if each["name"] in ("w320.webp", "w160.jpeg")]
    for each in lost:
        change(sa.delete(Variant).where(Variant.name == each["name"]))
        backend.adapters.storage.delete(key_of(each["url"]))
    assert faults(examine()) == {"missing_variants": (f"image {image['id']}: w160.jpeg, w320.webp",)}


def test_a_failed_image_misses_no_variants(ready: Ready, examine: Examine, change: Callable[[Any], None], backend: Backend) -> None:
    ready()
    change(sa.delete(Variant))
    change(sa.update(Image).values(status="failed"))
    assert examine().missing_variants == ()


class ListedTooEarly(Passing):
    """A storage in which an upload and a delete happen right after it was listed."""

    def __init__(self, adapters: Adapters, meanwhile: Callable[[], object]) -> None:
        super().__init__(adapters)
        self._meanwhile = meanwhile

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        listed = list(self._real.objects(prefix))
        self._meanwhile()
        return iter(listed)


@every_backend
def test_what_comes_and_goes_during_the_listing_is_nothing_wrong(
    client: FlaskClient, people: People, backend: Backend, ready: Ready, tick: Callable[[], clock.Tick]
) -> None:
    first, second = ready(), ready(pictures.gif())

    def meanwhile() -> None:
        ready(pictures.jpeg(300, 200))
        client.delete(first["links"]["self"], headers=people.owner.headers)
        tick()
        client.delete(second["links"]["self"], headers=people.owner.headers)

    adapters = Adapters(
        settings=backend.settings,
        storage=ListedTooEarly(backend.adapters, meanwhile),
        queue=backend.queue,
        decoder=backend.adapters.decoder,
        renderer=backend.adapters.renderer,
        describers=(),
        mailer=backend.mailer,
        fetcher=backend.adapters.fetcher,
        painters=(),
    )
    with backend.app.app_context():
        report = integrity.examine(adapters, checksums=True)
    assert faults(report) == {}


def test_more_rows_than_a_page_are_all_known(ready: Ready, backend: Backend, examine: Examine, change: Callable[[Any], None]) -> None:
    image = ready(pictures.jpeg(64, 48))
    keys = [f"images/a/{number:05}" for number in range(2 * integrity.ROWS_AT_A_TIME + 1)]
    change(sa.insert(ObjectRemoval).values([{"key": key, "not_before": clock_ms() + LONG_AGO} for key in keys]))
    at_the_edges = [keys[at] for at in (0, 499, 500, 999, 1000)]
    for key in at_the_edges:
        backend.adapters.storage.put(key, b"on its way", media_type="image/jpeg")
    assert faults(examine()) == {}
    change(sa.delete(ObjectRemoval).where(ObjectRemoval.key.in_(at_the_edges)))
    row = {"image_id": uuid.UUID(image["id"]), "role": "variant", "format": "webp", "media_type": "image/webp", "width": 1, "height": 1}
    lost = [{**row, "id": new_id(), "name": key[-5:], "key": f"{key}.webp", "bytes": 1} for key in keys]
    change(sa.insert(Variant).values(lost))
    assert faults(examine()) == {"orphan_objects": tuple(at_the_edges), "missing_objects": tuple(each["key"] for each in lost)}


# -- mending


@every_backend
def test_a_new_width_is_made_for_the_images_that_there_are(
    client: FlaskClient,
    people: People,
    ready: Ready,
    backend: Backend,
    make_app: Callable[..., Flask],
    tick: Callable[[], clock.Tick],
) -> None:
    before = ready(pictures.jpeg(400, 300))
    ready(pictures.gif())  # lacks nothing
    wider = make_app(variant_widths=(160, 240, 320, 640))
    found = doctor(wider)
    assert found.exit_code == 1
    assert "missing variants: 1\n" in found.output
    assert "`flask doctor --repair` has a worker make" in found.output
    assert "The variants of 1 images are made again" in doctor(wider, "--repair").stderr
    assert "The variants of 0 images are made again" in doctor(wider, "--repair").stderr  # it waits already

    def shown() -> dict[str, Any]:
        image: dict[str, Any] = client.get(before["links"]["self"], headers=people.owner.headers).get_json()
        return image

    assert (shown()["status"], len(shown()["variants"])) == ("ready", 6)
    assert {opened(client, each["url"]).status_code for each in shown()["variants"]} <= {200, 302}
    work_off(wider, backend)
    assert doctor(wider).exit_code == 0
    after = shown()
    assert (after["status"], after["ai"]) == ("ready", before["ai"])
    assert sorted({each["width"] for each in after["variants"]}) == [160, 240, 320, 400]
    tick()
    stored = {each.key for each in backend.adapters.storage.objects()}
    assert {key_of(each["url"]) for each in after["variants"]} <= stored
    assert not stored & {key_of(each["url"]) for each in before["variants"]}
    assert json.loads(doctor(wider, "--json").stdout)["is_clean"]


@pytest.mark.parametrize("damage", ["lost", "cut off"])
def test_a_damaged_variant_is_made_again_but_not_from_a_damaged_original(
    client: FlaskClient, people: People, ready: Ready, backend: Backend, work: Callable[[], int], damage: str
) -> None:
    mendable, lost = ready(pictures.jpeg(400, 300)), ready(pictures.jpeg(500, 300))
    storage = backend.adapters.storage
    keys = [key_of(mendable["variants"][0]["url"]), key_of(lost["variants"][0]["url"]), key_of(lost["image_url"])]
    for key in keys:
        if damage == "lost":
            storage.delete(key)
        else:
            storage.put(key, b"cut off", media_type="image/jpeg")
    told = doctor(backend.app, "--repair", "--json")
    assert told.exit_code == 1
    assert "The variants of 1 images are made again" in told.stderr
    assert json.loads(told.stdout)["is_clean"] is False
    work()
    report = json.loads(doctor(backend.app, "--json").stdout)
    assert sorted(report["missing_objects"] + report["mismatched_objects"]) == sorted(keys[1:])
    assert client.get(lost["links"]["self"], headers=people.owner.headers).get_json()["status"] == "ready"


# -- the command


def doctor(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["doctor", *arguments])


def test_the_doctor_ends_with_0_where_all_is_in_order(ready: Ready, backend: Backend) -> None:
    ready()
    result = doctor(backend.app)
    assert result.exit_code == 0
    assert result.output.startswith("1 images, 4 objects, of which 0 are noted for removal\n")
    assert "checksums: not compared" in result.output
    assert result.output.endswith("Everything is in order.\n")
    assert "not compared" not in doctor(backend.app, "--checksums").output


def test_the_doctor_ends_with_1_and_names_what_is_wrong(ready: Ready, backend: Backend) -> None:
    ready()
    backend.adapters.storage.put("images/lost.jpg", b"lost", media_type="image/jpeg")
    result = doctor(backend.app)
    assert result.exit_code == 1
    assert "orphan objects: 1\n  images/lost.jpg\n" in result.output
    assert result.output.endswith("Something is wrong.\n")


def test_an_image_that_no_search_finds_is_found_and_put_into_the_index(
    client: FlaskClient, people: People, shelve: Callable[..., str], backend: Backend, examine: Examine
) -> None:
    lost = shelve(people.owner, at=datetime(2026, 3, 1, tzinfo=UTC), status="failed")
    assert examine().unindexed_images == (lost,)
    result = doctor(backend.app, "--repair")
    assert "unindexed images: 1" in result.output
    assert examine().unindexed_images == ()
    found = client.get("/api/v1/images?search=shelved", headers=people.owner.headers).get_json()
    assert [image["id"] for image in found] == [lost]


def test_reindex_has_every_image_found_by_its_words(
    client: FlaskClient, people: People, shelve: Callable[..., str], backend: Backend
) -> None:
    made = [shelve(people.owner, at=datetime(2026, 3, day, tzinfo=UTC)) for day in (1, 2, 3)]
    for _ in range(2):
        assert backend.app.test_cli_runner().invoke(args=["reindex"]).output == "3 images are in the index.\n"
        found = client.get("/api/v1/images?search=shelved", headers=people.owner.headers).get_json()
        assert [image["id"] for image in found] == made[::-1]


def test_the_doctor_writes_json(ready: Ready, backend: Backend) -> None:
    ready()
    clean = doctor(backend.app, "--json", "--checksums")
    assert clean.exit_code == 0
    assert json.loads(clean.output) == {
        "orphan_objects": [],
        "missing_objects": [],
        "mismatched_objects": [],
        "stuck_work": [],
        "missing_variants": [],
        "unindexed_images": [],
        "miscounted_storage": [],
        "images": 1,
        "objects": 4,
        "objects_leaving": 0,
        "checksums_compared": True,
        "is_clean": True,
    }
    backend.adapters.storage.put("images/lost.jpg", b"lost", media_type="image/jpeg")
    broken = doctor(backend.app, "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.output)["orphan_objects"] == ["images/lost.jpg"]


def test_the_doctors_help_says_that_the_fault_tests_ask_it(backend: Backend) -> None:
    assert "The tests that kill processes" in " ".join(doctor(backend.app, "--help").output.split())
