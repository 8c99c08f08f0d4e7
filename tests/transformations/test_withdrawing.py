"""What was made of an image is closed before it is answered that the image is withdrawn, deleted or looked at elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from aizen.errors import NotFound, Unavailable
from aizen.work import clock
from tests.conftest import Backend, People
from tests.images.conftest import Passing
from tests.transformations.conftest import URL, Make, Rows, Transform, Watched

Through = Callable[..., FlaskClient]
Change = Callable[[str, str, dict[str, Any]], None]
# What an image is before, what happens to it, and what is made of it from then on.
CHANGES: tuple[tuple[str, str, dict[str, Any], str | None], ...] = (
    ("public", "PATCH", {"visibility": "private"}, "derived/private"),
    ("public", "PATCH", {"visibility": "unlisted"}, "derived/private"),
    ("private", "PATCH", {"visibility": "public"}, "derived/public"),
    ("public", "PATCH", {"focal_point": {"x": 0.1, "y": 0.9}}, "derived/public"),
    ("public", "take-down", {"reason": "Not agreed."}, "derived/private"),
    ("public", "DELETE", {}, None),
)


@pytest.fixture
def change(client: FlaskClient, people: People) -> Change:
    """Something happens to an image of the owner's, and has been answered."""

    def run(image_id: str, how: str, body: dict[str, Any]) -> None:
        if how == "take-down":
            answer = client.post(f"/api/v1/admin/images/{image_id}/take-down", headers=people.admin.headers, json=body)
        else:
            answer = client.open(f"{URL}/{image_id}", method=how, headers=people.owner.headers, json=body or None)
        assert answer.status_code in (200, 204), answer.text

    return run


def keys_of(backend: Backend, image_id: str) -> list[str]:
    """What is stored of all that was made of the image, wherever it lies."""
    return sorted(each.key for each in backend.adapters.storage.objects("derived/") if image_id in each.key)


@pytest.mark.every_backend
def test_nothing_that_was_made_is_left_when_the_change_is_answered(
    change: Change,
    backend: Backend,
    make: Make,
    transform: Transform,
    rows: Rows,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    is_s3 = backend.settings.storage == "s3"
    other = make(visibility="public")
    transform(other, "w=80")
    (kept,) = rows()
    for visibility, how, body, folder in CHANGES:
        image_id = make(visibility=visibility)
        for recipe in ("w=80", "w=40,h=40"):
            assert transform(image_id, recipe).status_code == 200
        made = sorted(row.key for row in rows() if str(row.image_id) == image_id)
        before = "derived/public" if visibility == "public" else "derived/private"
        assert made == keys_of(backend, image_id)
        assert all(key.startswith(f"{before}/{image_id}/") for key in made)

        change(image_id, how, body)
        assert [row.id for row in rows()] == [kept.id], body
        # S3 has no folder to be renamed: each object goes with the clock's tick.
        assert keys_of(backend, image_id) == (made if is_s3 else []), body
        assert_clean()
        tick()
        assert keys_of(backend, image_id) == [], body

        if folder is not None:
            assert transform(image_id, "w=40,h=40").get_json()["cached"] is False
            (row,) = (row for row in rows() if str(row.image_id) == image_id)
            assert row.key.startswith(f"{folder}/{image_id}/")
            assert keys_of(backend, image_id) == [row.key]
            change(image_id, "DELETE", {})
            tick()
        assert_clean()
    # What says nothing new, or moves nothing, takes nothing away.
    change(other, "PATCH", {"visibility": "public", "title": "Lake"})
    private = make()
    transform(private, "w=80")
    change(private, "PATCH", {"visibility": "unlisted"})
    assert len(rows()) == 2
    assert keys_of(backend, private) == [row.key for row in rows()[1:]]


@pytest.mark.every_backend
def test_a_rendering_that_is_under_way_leaves_no_file_of_what_the_image_was(
    change: Change,
    backend: Backend,
    make: Make,
    transform: Transform,
    watched: Watched,
    watched_client: FlaskClient,
    rows: Rows,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    for visibility, how, body, folder in (CHANGES[0], CHANGES[2], CHANGES[3], CHANGES[-1]):
        image_id, begun = make(visibility=visibility), len(watched.orders)
        watched.meanwhile = lambda: change(image_id, how, body) if len(watched.orders) == begun + 1 else None  # noqa: B023
        answer = transform(image_id, "w=80", through=watched_client)
        # No clock has ticked: whoever had put the file has deleted it.
        found = [row.key for row in rows()]
        assert keys_of(backend, image_id) == found, body
        assert (answer.status_code, len(found)) == ((404, 0) if folder is None else (200, 1)), body
        assert all(key.startswith(f"{folder}/{image_id}/") for key in found)
        if found:
            change(image_id, "DELETE", {})
        tick()
        assert_clean()


class WithdrawsLate(Passing):
    """Something happens between the change and its withdrawal."""

    def __init__(self, backend: Backend, meanwhile: Callable[[], object]) -> None:
        super().__init__(backend.adapters)
        self.meanwhile = meanwhile

    def withdraw(self, folder: str) -> bool:
        self.meanwhile()
        self.meanwhile = lambda: None
        return bool(self._real.withdraw(folder))


def test_what_was_made_between_the_change_and_the_withdrawal_is_no_lost_file(
    people: People,
    backend: Backend,
    make: Make,
    transform: Transform,
    rows: Rows,
    watched_with: Through,
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    made: list[Any] = []
    storage = WithdrawsLate(backend, lambda: made.append(transform(image_id, "w=80").get_json()))
    late = watched_with(storage=storage)
    focal_point = {"focal_point": {"x": 0.1, "y": 0.9}}
    assert late.patch(f"{URL}/{image_id}", headers=people.owner.headers, json=focal_point).status_code == 200
    assert (made[0]["cached"], rows(), keys_of(backend, image_id)) == (False, [], [])
    assert_clean()
    assert transform(image_id, "w=80").get_json()["cached"] is False


class WithdrawnAfterPut(Passing):
    """A withdrawal that was begun before comes through just after the first object is stored."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend.adapters)
        self.is_over = False

    def put(self, key: str, content: Any, **told: Any) -> None:
        self._real.put(key, content, **told)
        if not self.is_over:
            self._real.withdraw(key.rpartition("/")[0])
            self.is_over = True


def test_a_file_that_is_withdrawn_before_it_is_recorded_is_made_again(
    backend: Backend,
    make: Make,
    transform: Transform,
    rows: Rows,
    watched_with: Through,
    assert_clean: Callable[[], None],
) -> None:
    image_id, storage = make(), WithdrawnAfterPut(backend)
    answer = transform(image_id, "w=80", through=watched_with(storage=storage))
    assert (answer.status_code, storage.is_over) == (200, True)
    assert keys_of(backend, image_id) == [row.key for row in rows()]
    assert len(rows()) == 1
    assert_clean()


class Stuck(Passing):
    """A disk on which nothing can be renamed."""

    def withdraw(self, folder: str) -> None:
        raise Unavailable(code="storage_unavailable")


def test_a_change_stands_though_the_disk_refuses_to_withdraw_and_the_clock_removes_what_it_left(
    people: People,
    backend: Backend,
    make: Make,
    transform: Transform,
    rows: Rows,
    watched_with: Through,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make(visibility="public")
    transform(image_id, "w=80")
    (key,) = keys_of(backend, image_id)
    stuck = watched_with(storage=Stuck(backend.adapters))
    with capture_logs() as logs:
        answer = stuck.patch(f"{URL}/{image_id}", headers=people.owner.headers, json={"visibility": "private"})
    assert (answer.status_code, answer.get_json()["visibility"], rows()) == (200, "private", [])
    told = [(each["key"], each["code"]) for each in logs if each["event"] == "folder left to the clock"]
    assert told == [(f"derived/{each}/{image_id}", "storage_unavailable") for each in ("public", "private")]
    tick()
    with pytest.raises(NotFound):
        backend.adapters.storage.open(key)
    assert_clean()


class Noting(Passing):
    """A storage that notes what it is told of each object."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend.adapters)
        self.told: dict[str, str | None] = {}

    def put(self, key: str, content: Any, **told: Any) -> None:
        self.told[key] = told.get("cache_control")
        self._real.put(key, content, **told)


def test_only_what_everybody_may_see_is_stored_as_public(
    backend: Backend,
    make: Make,
    transform: Transform,
    watched_with: Through,
) -> None:
    storage = Noting(backend)
    through = watched_with(storage=storage)
    for visibility in ("private", "unlisted", "public"):
        transform(make(visibility=visibility), "w=80", through=through)
    assert {key.split("/")[1]: told for key, told in storage.told.items()} == {"private": None, "public": "public, max-age=60"}
    assert len(storage.told) == 3
