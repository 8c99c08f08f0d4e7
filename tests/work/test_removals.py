"""Object removals: nothing that belongs is taken, nothing that does not is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from aizen.adapters import Adapters
from aizen.database import clock_ms, db, reading, transaction
from aizen.errors import Unavailable
from aizen.work import removals
from aizen.work.models import ObjectRemoval
from tests.conftest import Backend

pytestmark = pytest.mark.every_backend


@pytest.fixture
def parts(app: Flask, backend: Backend) -> Adapters:
    return backend.adapters


def put(parts: Adapters, key: str) -> None:
    removals.reserve([key], parts.settings)
    parts.storage.put(key, b"bytes", media_type="image/png")


def stored(parts: Adapters) -> list[str]:
    return sorted(each.key for each in parts.storage.objects())


def let_time_pass(seconds: float) -> None:
    with transaction():
        db.session.execute(sa.update(ObjectRemoval).values(not_before=ObjectRemoval.not_before - int(seconds * 1000)))


def let_leases_run_out() -> None:
    with transaction():
        db.session.execute(sa.update(ObjectRemoval).values(lease_until=1))


def test_an_object_that_nobody_kept_is_removed_after_the_grace_and_not_before(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        put(parts, "images/a")
        assert removals.drain(parts) == 0
        let_time_pass(parts.settings.removal_grace_seconds)
        assert removals.drain(parts) == 0
        let_time_pass(parts.settings.removal_margin_seconds + 1)
        assert removals.drain(parts) == 1
        assert stored(parts) == []


def test_an_object_that_was_kept_stays(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        put(parts, "images/a")
        with transaction():
            removals.keep(["images/a"])
        let_time_pass(100_000)
        assert removals.drain(parts) == 0
        assert stored(parts) == ["images/a"]


def test_nothing_is_kept_that_the_clock_may_have_taken(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        put(parts, "images/a")
        let_time_pass(parts.settings.removal_grace_seconds + 1)
        with pytest.raises(Unavailable), transaction():
            removals.keep(["images/a"])


def test_of_several_objects_all_are_kept_or_none(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        put(parts, "images/a")
        with pytest.raises(Unavailable), transaction():
            removals.keep(["images/a", "images/never-reserved"])
        with reading():
            assert db.session.scalars(sa.select(ObjectRemoval.key)).all() == ["images/a"]


def test_what_is_given_up_goes_with_the_next_tick(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        put(parts, "images/a")
        removals.give_up(["images/a"], parts.settings, settled=True)
        assert removals.drain(parts) == 1
        assert stored(parts) == []


def test_what_is_given_up_after_it_was_kept_stays(app: Flask, parts: Adapters) -> None:
    """A commit whose answer was lost looks like a failure to whoever asked for it."""
    with app.app_context():
        put(parts, "images/a")
        with transaction():
            removals.keep(["images/a"])
        removals.give_up(["images/a"], parts.settings, settled=True)
        assert removals.drain(parts) == 0
        assert stored(parts) == ["images/a"]


def test_a_late_write_to_what_was_given_up_is_removed_too(app: Flask, parts: Adapters) -> None:
    """A PUT that timed out may land after all."""
    with app.app_context():
        removals.reserve(["images/a"], parts.settings)
        removals.give_up(["images/a"], parts.settings, settled=False)
        assert removals.drain(parts) == 0
        parts.storage.put("images/a", b"late", media_type="image/png")
        let_time_pass(parts.settings.removal_margin_seconds + 1)
        assert removals.drain(parts) == 1
        assert stored(parts) == []


class Stubborn:
    """A storage that does not remove the objects of these keys."""

    def __init__(self, parts: Adapters, *keys: str) -> None:
        self._real, self._keys = parts.storage, keys
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def delete(self, key: str) -> None:
        self.asked.append(key)
        if key in self._keys:
            raise Unavailable(code="storage_misconfigured")
        self._real.delete(key)


def remove(parts: Adapters, *keys: str) -> None:
    with transaction():
        removals.remove(keys, parts.settings)


def test_an_object_that_cannot_be_removed_holds_up_no_other_and_is_tried_again(app: Flask, parts: Adapters) -> None:
    stubborn = Stubborn(parts, "images/a")
    with app.app_context():
        put(parts, "images/a")
        put(parts, "images/b")
        remove(parts, "images/a", "images/b")
        assert removals.drain(replace(parts, storage=stubborn)) == 1
        assert stored(parts) == ["images/a"]
        let_time_pass(parts.settings.removal_margin_seconds + 1)
        assert removals.drain(parts) == 1
        assert stored(parts) == []


def test_a_storage_that_refuses_everything_is_not_asked_for_everything(app: Flask, parts: Adapters) -> None:
    keys = [f"images/{number}" for number in range(20)]
    stubborn = Stubborn(parts, *keys)
    with app.app_context():
        remove(parts, *keys)
        assert removals.drain(replace(parts, storage=stubborn)) == 0
        assert len(stubborn.asked) == removals.MOST_REFUSALS


def test_a_key_that_is_none_holds_up_no_other(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        put(parts, "images/b")
        remove(parts, "../etc/passwd", "images/b")
        assert removals.drain(parts) == 1
        assert stored(parts) == []


def test_removing_twice_is_no_error(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        for _ in range(2):
            with transaction():
                removals.remove(["images/gone"], parts.settings)
        assert removals.drain(parts) == 1


def test_times_are_those_of_the_database(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        removals.reserve(["images/a"], parts.settings)
        with reading():
            row = db.session.execute(sa.select(ObjectRemoval.not_before, clock_ms().label("now"))).one()
        assert abs(row.not_before - row.now - parts.settings.removal_grace_seconds * 1000) < 5000


# -- claims


def claimed(parts: Adapters, *, busy_seconds: float = 60) -> removals.Claim | None:
    with transaction():
        return removals.claim("derived/a", parts.settings, busy_seconds=busy_seconds)


def kept(claim: removals.Claim | None) -> bool:
    assert claim is not None
    try:
        with transaction():
            removals.keep_claimed(claim)
    except Unavailable:
        return False
    return True


def test_a_key_is_one_attempts_at_a_time(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        first = claimed(parts)
        assert claimed(parts) is None
        assert kept(first)
        assert claimed(parts) is not None


def test_an_attempt_that_was_given_up_passes_to_the_next_who_alone_may_keep_its_object(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        first = claimed(parts)
        assert first is not None
        let_time_pass(61)
        # What is known of a reservation is its time, so that is turned back for whoever holds it too.
        first = replace(first, due=first.due - 61_000)
        second = claimed(parts)
        assert second is not None
        assert not kept(first)
        with pytest.raises(Unavailable):
            removals.prolong(first, parts.settings)
        removals.give_up_claim(first, parts.settings, settled=True)
        with transaction():
            removals.drop_claim(first)
        assert kept(second)


def test_an_attempt_that_goes_on_is_taken_over_by_nobody(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        first = claimed(parts)
        assert first is not None
        let_time_pass(61)
        first = removals.prolong(replace(first, due=first.due - 61_000), parts.settings)
        assert claimed(parts) is None
        assert kept(first)


def test_an_attempt_that_wrote_nothing_leaves_the_key_to_the_next(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        first = claimed(parts)
        assert first is not None
        with transaction():
            removals.drop_claim(first)
        assert claimed(parts) is not None


def test_what_is_due_belongs_to_the_clock(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        first = claimed(parts)
        assert first is not None
        parts.storage.put("derived/a", b"bytes", media_type="image/png")
        removals.give_up_claim(first, parts.settings, settled=True)
        assert claimed(parts, busy_seconds=0) is None
        assert removals.drain(parts) == 1
        assert stored(parts) == []
        assert claimed(parts) is not None


def test_a_claim_that_was_kept_too_late_is_not_kept(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        first = claimed(parts)
        assert first is not None
        let_time_pass(parts.settings.removal_grace_seconds + 1)
        assert not kept(replace(first, due=first.due - int((parts.settings.removal_grace_seconds + 1) * 1000)))


# -- several clocks


class Halting:
    """A storage at which a deletion arrives and waits, until it is let go on."""

    def __init__(self, parts: Adapters) -> None:
        self._real = parts.storage
        self.arrived, self.may_go_on = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def delete(self, key: str) -> None:
        self.arrived.set()
        assert self.may_go_on.wait(20)
        self._real.delete(key)


@contextmanager
def another_clock(app: Flask, parts: Adapters) -> Iterator[Callable[[], int]]:
    """It has taken what is due and is about to delete the first of it; told to go on, it answers how many objects it has removed."""
    halting = Halting(parts)

    def drain() -> int:
        with app.app_context():
            return removals.drain(replace(parts, storage=halting))

    with ThreadPoolExecutor(1) as threads:
        draining = threads.submit(drain)
        assert halting.arrived.wait(20)

        def finish() -> int:
            halting.may_go_on.set()
            return draining.result(20)

        try:
            yield finish
        finally:
            halting.may_go_on.set()


def make(parts: Adapters) -> removals.Claim:
    """An object has been written under a claim that nobody has kept yet."""
    claim = claimed(parts)
    assert claim is not None
    parts.storage.put("derived/a", b"bytes", media_type="image/png")
    return claim


def test_what_one_clock_is_about_to_delete_is_left_alone_by_the_other_and_by_whoever_would_write_there(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        assert kept(make(parts))
        remove(parts, "derived/a")
        with another_clock(app, parts) as finish:
            assert removals.drain(parts) == 0
            assert claimed(parts, busy_seconds=0) is None
            assert finish() == 1
        assert kept(make(parts))
        assert removals.drain(parts) == 0
        assert stored(parts) == ["derived/a"]


def test_a_claim_that_the_clock_has_taken_is_neither_prolonged_nor_dropped_nor_kept(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        claim = make(parts)
        late = int((parts.settings.removal_grace_seconds + parts.settings.removal_margin_seconds + 1) * 1000)
        let_time_pass(late / 1000)
        claim = replace(claim, due=claim.due - late)
        with another_clock(app, parts) as finish:
            with pytest.raises(Unavailable):
                removals.prolong(claim, parts.settings)
            with transaction():
                removals.drop_claim(claim)
            assert claimed(parts, busy_seconds=0) is None
            assert not kept(claim)
            assert finish() == 1
        assert claimed(parts) is not None


def test_what_is_given_up_while_a_clock_is_at_it_is_removed_once_more(app: Flask, parts: Adapters) -> None:
    """The PUT that timed out may land after the clock's deletion."""
    with app.app_context():
        put(parts, "derived/a")
        let_time_pass(parts.settings.removal_grace_seconds + parts.settings.removal_margin_seconds + 1)
        with another_clock(app, parts) as finish:
            removals.give_up(["derived/a"], parts.settings, settled=False)
            assert finish() == 1
        parts.storage.put("derived/a", b"late", media_type="image/png")
        let_time_pass(parts.settings.removal_margin_seconds + 1)
        assert removals.drain(parts) == 1
        assert stored(parts) == []


class Broken:
    """A storage at which the clock comes to grief."""

    def delete(self, key: str) -> None:
        raise RuntimeError(key)


def test_what_a_clock_had_taken_when_it_was_killed_is_anothers_once_its_lease_is_over(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        put(parts, "images/a")
        remove(parts, "images/a")
        with pytest.raises(RuntimeError):
            removals.drain(replace(parts, storage=Broken()))  # type: ignore[arg-type]
        assert removals.drain(parts) == 0
        let_leases_run_out()
        assert removals.drain(parts) == 1
        assert stored(parts) == []


def test_a_clock_that_was_away_for_longer_than_its_lease_lets_go_of_nothing_that_is_not_its_own(app: Flask, parts: Adapters) -> None:
    with app.app_context():
        assert kept(make(parts))
        remove(parts, "derived/a")
        with another_clock(app, parts) as finish:
            let_leases_run_out()
            assert removals.drain(parts) == 1
            claim = claimed(parts)
            finish()
        assert kept(claim)


def test_what_a_storage_out_of_reach_was_not_asked_for_waits_for_no_lease(app: Flask, parts: Adapters) -> None:
    keys = [f"images/{number}" for number in range(10)]
    with app.app_context():
        remove(parts, *keys)
        assert removals.drain(replace(parts, storage=Stubborn(parts, *keys))) == 0
        assert removals.drain(parts) == len(keys) - removals.MOST_REFUSALS


class Empty:
    """A storage in which nothing is."""

    def delete(self, key: str) -> None:
        """It is gone already."""


def test_many_removals_take_few_statements(app: Flask, parts: Adapters) -> None:
    count, statements = 2 * removals.TAKEN_AT_A_TIME + 1, []

    def note(*told: Any) -> None:
        statements.append(told[2])

    with app.app_context():
        remove(parts, *(f"images/{number}" for number in range(count)))
        sa.event.listen(db.engine, "before_cursor_execute", note)
        assert removals.drain(replace(parts, storage=Empty())) == count  # type: ignore[arg-type]
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) <= 3 * 6
