"""The clock: what is due again, what has crashed too often, what is to be removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from aizen.database import clock_ms, db, new_id, reading
from aizen.errors import Unavailable
from aizen.work import clock, items, jobs, kinds
from tests.fakes import HintList
from tests.work.conftest import Drill

pytestmark = pytest.mark.every_backend


def now() -> int:
    with reading():
        return db.session.scalar(sa.select(clock_ms())) or 0


def test_what_was_hinted_just_now_is_not_hinted_again(drill: Drill, queue: HintList) -> None:
    drill.put_off()
    queue.take()
    assert clock.tick(drill.adapters).hinted == 0
    assert queue.take() == []


def test_a_hint_that_was_lost_is_given_again(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    queue.take()
    drill.change(subject, hinted_at=now() - 61_000)
    assert clock.tick(drill.adapters).hinted == 1
    assert queue.take() == [str(drill.item(subject).id)]


def test_work_is_hinted_when_its_pause_is_over_and_not_before(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    queue.take()
    drill.change(subject, hinted_at=None, not_before=now() + 60_000)
    assert clock.tick(drill.adapters).hinted == 0
    drill.change(subject, not_before=now())
    assert clock.tick(drill.adapters).hinted == 1


def test_while_redis_is_down_nothing_counts_as_hinted(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    queue.take()
    drill.change(subject, hinted_at=None)
    queue.is_down = True
    assert clock.tick(drill.adapters).hinted == 0
    queue.is_down = False
    assert clock.tick(drill.adapters).hinted == 1


def test_work_whose_holder_died_is_given_to_the_next(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    items.claim(drill.item(subject).id, drill.adapters.settings)
    drill.change(subject, lease_until=now() - 1, hinted_at=now() - 61_000)
    queue.take()
    clock.tick(drill.adapters)
    jobs.perform(queue.take()[0])
    assert drill.recorded == [subject]
    assert drill.item(subject).attempts == 2


def test_work_that_took_its_process_down_each_time_is_failed(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    settings = drill.adapters.settings
    for _ in range(settings.job_attempts):
        assert items.claim(drill.item(subject).id, settings) is not None
        drill.change(subject, lease_until=now() - 1)
    assert items.claim(drill.item(subject).id, settings) is None
    assert clock.tick(drill.adapters).failed == 1
    assert (drill.item(subject).state, drill.item(subject).error_code) == ("failed", "crashed")
    assert drill.failed == [(subject, "crashed")]
    assert clock.tick(drill.adapters).failed == 0


def test_one_owner_has_only_their_share_hinted_at_a_time(drill: Drill, queue: HintList) -> None:
    adapters = replace(drill.adapters, settings=replace(drill.adapters.settings, jobs_per_owner=2))
    busy, other = new_id(), new_id()
    first, second, third = (drill.put_off(owner_id=busy) for _ in range(3))
    alone = drill.put_off(owner_id=other)
    queue.take()
    for subject in (first, second, third, alone):
        drill.change(subject, hinted_at=None)
    clock.tick(adapters)
    assert queue.take() == [str(drill.item(subject).id) for subject in (first, second, alone)]


def test_what_is_at_work_counts_among_what_the_kind_allows_at_once(drill: Drill, queue: HintList) -> None:
    """A kind that allows one at a time: neither the clock nor whoever finishes another piece gives the workers a second one."""
    kinds.register(replace(kinds.find("drill"), at_once=lambda _settings: 1, is_slow=True))
    owner = new_id()
    first, second, third = (drill.put_off(owner_id=owner) for _ in range(3))
    (hint,) = queue.take()
    assert hint in queue.slow
    lease = items.claim(drill.item(first).id, drill.adapters.settings)
    assert lease is not None
    assert clock.tick(drill.adapters).hinted == 0
    items.hint_next(lease, drill.adapters)
    assert queue.take() == []
    # It failed and waits for its next try: that is the turn of the next.
    drill.change(first, state="pending", not_before=now() + 60_000, hinted_at=None)
    items.hint_next(lease, drill.adapters)
    assert queue.take() == [str(drill.item(second).id)]
    drill.change(first, not_before=now())
    drill.change(second, hinted_at=now() - 61_000)
    # Whoever is at work goes before those whose hint was lost, and these before all others.
    drill.change(third, state="working", lease_until=now() + 60_000)
    assert clock.tick(drill.adapters).hinted == 0
    drill.change(third, state="pending", lease_until=None)
    assert clock.tick(drill.adapters).hinted == 1
    jobs.perform(str(drill.item(second).id))
    jobs.perform(str(drill.item(first).id))
    assert queue.take() == [str(drill.item(each).id) for each in (second, first, third)]


def test_two_clocks_at_once_do_no_harm(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    queue.take()
    drill.change(subject, hinted_at=None)
    clock.tick(drill.adapters)
    drill.change(subject, hinted_at=None)
    clock.tick(drill.adapters)
    for hint in queue.take():
        jobs.perform(hint)
    assert drill.recorded == [subject]


def test_a_sweep_that_fails_does_not_stop_the_others(drill: Drill) -> None:
    def broken(_adapters: object) -> int:
        raise Unavailable

    sweeps: tuple[Callable[..., int], ...] = (broken, lambda _adapters: 3)
    assert clock.tick(drill.adapters, sweeps=sweeps).swept == 3


def test_an_accident_in_one_part_does_not_stop_the_clock(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    queue.take()
    drill.change(subject, hinted_at=None)

    def broken(_adapters: object) -> int:
        raise ZeroDivisionError

    tick = clock.tick(drill.adapters, sweeps=(broken, lambda _adapters: 3))
    assert (tick.hinted, tick.swept) == (1, 3)


def test_work_of_a_kind_that_this_release_does_not_know_is_left_alone(drill: Drill, queue: HintList) -> None:
    strange, known = drill.put_off(), drill.put_off()
    attempts = drill.adapters.settings.job_attempts
    for subject, kind in ((strange, "of_tomorrow"), (known, "drill")):
        drill.change(subject, kind=kind, state="working", attempts=attempts, lease_until=now() - 1)
    assert clock.tick(drill.adapters).failed == 1
    assert (drill.item(strange).state, drill.item(known).state) == ("working", "failed")


def test_work_that_waits_for_an_attempt_which_is_not_allowed_any_more_is_failed(drill: Drill) -> None:
    subject = drill.put_off()
    drill.change(subject, attempts=drill.adapters.settings.job_attempts)
    assert clock.tick(drill.adapters).failed == 1
    assert drill.item(subject).state == "failed"
