"""Work items: put off, claimed under a lease, finished or failed by whoever holds it."""

from __future__ import annotations

import threading
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask

from aizen.database import clock_ms, db, new_id, reading, transaction
from aizen.errors import AizenError, Final, TryAgain, Unavailable
from aizen.queue import WorkTimedOut
from aizen.work import items, jobs
from aizen.work.kinds import Lease
from tests.fakes import HintList
from tests.work.conftest import Drill

pytestmark = pytest.mark.every_backend


def now() -> int:
    with reading():
        return db.session.scalar(sa.select(clock_ms())) or 0


def test_a_piece_of_work_is_hinted_once_it_stands(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    assert queue.take() == [str(drill.item(subject).id)]


def test_nothing_is_hinted_of_a_transaction_that_was_undone(drill: Drill, queue: HintList) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        items.put_off("drill", subject_id=new_id(), owner_id=new_id(), adapters=drill.adapters)
        raise ZeroDivisionError
    assert queue.take() == []


def test_a_lost_hint_loses_no_work(drill: Drill, queue: HintList) -> None:
    queue.is_down = True
    subject = drill.put_off()
    assert (drill.item(subject).state, drill.item(subject).hinted_at) == ("pending", None)


def test_work_that_is_hinted_five_times_has_one_effect(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    (hint,) = queue.take()
    for _ in range(5):
        jobs.perform(hint)
    assert drill.recorded == [subject]
    assert len(drill.started) == 1
    assert drill.item(subject).state == "done"


def test_a_hint_of_something_that_is_gone_does_nothing(drill: Drill) -> None:
    jobs.perform(str(new_id()))
    assert drill.started == []


def test_nobody_claims_what_another_holds_or_what_is_not_due(drill: Drill) -> None:
    held, later, waiting = drill.put_off(), drill.put_off(), drill.put_off(waiting=True)
    settings = drill.adapters.settings
    assert items.claim(drill.item(held).id, settings) is not None
    drill.change(later, not_before=now() + 60_000)
    for subject in (held, later, waiting):
        assert items.claim(drill.item(subject).id, settings) is None


def test_an_expired_lease_passes_on_and_its_former_holder_records_nothing(drill: Drill) -> None:
    subject = drill.put_off()
    settings = drill.adapters.settings
    first = items.claim(drill.item(subject).id, settings)
    drill.change(subject, lease_until=now() - 1)
    second = items.claim(drill.item(subject).id, settings)
    assert first is not None
    assert second is not None
    assert second.attempts == 2
    with pytest.raises(items.LeaseLost), transaction():
        items.finish(first)
    with transaction():
        items.finish(second)
    assert drill.item(subject).state == "done"


def test_a_lease_lasts_for_the_work_and_its_margin(drill: Drill) -> None:
    subject = drill.put_off()
    items.claim(drill.item(subject).id, drill.adapters.settings)
    lease = drill.item(subject).lease_until
    assert lease is not None
    assert abs(lease - now() - drill.adapters.settings.lease_seconds * 1000) < 5000


def test_a_result_of_a_lost_lease_is_not_recorded(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()

    def lose(lease: Lease) -> None:
        drill.change(subject, lease_token=uuid.uuid4())

    drill.meanwhile = lose
    jobs.perform(queue.take()[0])
    assert drill.recorded == []
    assert drill.item(subject).state == "working"


def failing(error: BaseException) -> object:
    def fail(_lease: Lease) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    "passing",
    [
        TryAgain(code="rate_limited"),
        Unavailable(code="storage_unavailable"),
        AizenError(code="internal_error"),
        ValueError("a bug"),
        MemoryError(),
        WorkTimedOut(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_that_may_pass_is_tried_again_after_a_pause(drill: Drill, queue: HintList, passing: BaseException) -> None:
    subject = drill.put_off()
    drill.meanwhile = failing(passing)  # type: ignore[assignment]
    jobs.perform(queue.take()[0])
    item = drill.item(subject)
    assert (item.state, item.attempts) == ("pending", 1)
    assert item.error_code is not None
    assert 0 < item.not_before - now() <= drill.adapters.settings.job_retry_seconds * 1000
    assert drill.told == ["working", "pending"]
    assert drill.failed == []


def test_the_providers_own_pause_is_kept_within_bounds(drill: Drill, queue: HintList) -> None:
    asked = {30.0: 30.0, 7200.0: items.LONGEST_RETRY_SECONDS}
    for wish, kept in asked.items():
        subject = drill.put_off()
        drill.meanwhile = failing(TryAgain(code="rate_limited", retry_after=wish))  # type: ignore[assignment]
        jobs.perform(queue.take()[0])
        assert abs(drill.item(subject).not_before - now() - kept * 1000) < 5000


def test_the_pause_doubles_with_each_try(drill: Drill) -> None:
    subject = drill.put_off()
    drill.meanwhile = failing(TryAgain())  # type: ignore[assignment]
    pauses = []
    for _ in range(3):
        drill.change(subject, not_before=0)
        jobs.perform(str(drill.item(subject).id))
        pauses.append(drill.item(subject).not_before - now())
    first = drill.adapters.settings.job_retry_seconds * 1000
    assert [round(pause / first) for pause in pauses] == [1, 2, 4]


def test_after_the_last_try_the_work_is_failed_with_its_reason(drill: Drill) -> None:
    subject = drill.put_off()
    drill.meanwhile = failing(TryAgain("They are busy.", code="rate_limited"))  # type: ignore[assignment]
    for _ in range(drill.adapters.settings.job_attempts):
        drill.change(subject, not_before=0)
        jobs.perform(str(drill.item(subject).id))
    item = drill.item(subject)
    assert (item.state, item.error_code, item.error_detail) == ("failed", "rate_limited", "They are busy.")
    assert drill.failed == [(subject, "rate_limited")]


def test_a_final_failure_is_not_tried_again(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    drill.meanwhile = failing(Final(code="blocked"))  # type: ignore[assignment]
    jobs.perform(queue.take()[0])
    assert (drill.item(subject).state, drill.item(subject).attempts) == ("failed", 1)
    assert drill.failed == [(subject, "blocked")]


def test_failed_work_can_be_run_again_as_if_it_were_new(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()
    drill.meanwhile = failing(Final(code="blocked"))  # type: ignore[assignment]
    jobs.perform(queue.take()[0])
    drill.meanwhile = lambda _lease: None
    with transaction():
        assert items.run_again("drill", subject_id=subject, adapters=drill.adapters)
    assert (drill.item(subject).attempts, drill.item(subject).error_code) == (0, None)
    jobs.perform(queue.take()[0])
    assert drill.recorded == [subject]


def test_of_many_retries_at_once_one_has_an_effect(drill: Drill, app: Flask, queue: HintList) -> None:
    subject = drill.put_off()
    drill.change(subject, state="failed")
    queue.take()
    answers: list[bool] = []

    def again() -> None:
        with app.app_context(), transaction():
            answers.append(items.run_again("drill", subject_id=subject, adapters=drill.adapters))

    threads = [threading.Thread(target=again) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]
    assert len(queue.take()) == 1


def test_work_that_has_not_failed_is_not_run_again(drill: Drill) -> None:
    subject = drill.put_off()
    with transaction():
        assert not items.run_again("drill", subject_id=subject, adapters=drill.adapters)


def test_waiting_work_is_due_when_it_is_released(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off(waiting=True)
    assert queue.take() == []
    with transaction():
        items.release("drill", subject_id=subject, adapters=drill.adapters)
    jobs.perform(queue.take()[0])
    assert drill.recorded == [subject]


def test_withdrawn_work_is_gone_and_whoever_was_at_it_records_nothing(drill: Drill, queue: HintList) -> None:
    subject = drill.put_off()

    def withdraw(_lease: Lease) -> None:
        with transaction():
            items.withdraw([subject])

    drill.meanwhile = withdraw
    jobs.perform(queue.take()[0])
    assert drill.recorded == []
    assert items.states(subject) == []


def test_one_owner_fills_only_their_share_of_the_queue(drill: Drill, queue: HintList) -> None:
    busy, other = new_id(), new_id()
    share = drill.adapters.settings.jobs_per_owner
    for _ in range(share + 5):
        drill.put_off(owner_id=busy)
    assert len(queue.hints) == share
    drill.put_off(owner_id=other)
    assert len(queue.hints) == share + 1


def test_each_finished_piece_makes_room_for_the_owners_next(drill: Drill, queue: HintList) -> None:
    owner = new_id()
    count = drill.adapters.settings.jobs_per_owner + 5
    for _ in range(count):
        drill.put_off(owner_id=owner)
    while hints := queue.take():
        for hint in hints:
            jobs.perform(hint)
    assert len(drill.recorded) == count
