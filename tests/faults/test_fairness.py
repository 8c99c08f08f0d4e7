"""One user's many uploads do not stand before another's one; and a second clock does no harm."""

from __future__ import annotations

from tests.faults.client import User
from tests.faults.installation import CLOCK, Installation
from tests.faults.waiting import eventually
from tests.services.valkey import Valkey

MANY = 30
# JOBS_PER_OWNER are on the queue before the other's; each that is done makes room for the next, and the clock may have put in one more.
BEFORE_THE_OTHERS = 12


def test_one_upload_of_a_user_does_not_wait_for_thirty_of_another(installation: Installation, user: User) -> None:
    other = installation.register()
    with installation.gates.held("unclaimed"):
        many = [user.upload() for _ in range(MANY)]
        one = other.upload()
    other.wait_until("ready", one)
    for image_id in many:
        user.wait_until("ready", image_id)
    done = [str(row[0]) for row in installation.rows("SELECT id FROM images WHERE status = 'ready' ORDER BY updated_at")]
    before = [image_id for image_id in done[: done.index(one)] if image_id in many]
    assert len(before) <= BEFORE_THE_OTHERS
    installation.assert_exact()


def test_two_clocks_do_everything_once(installation: Installation, user: User, valkey: Valkey) -> None:
    second = installation.part("second-clock", CLOCK)
    second.start()
    try:
        # Nobody takes the hints, so that both clocks give them again.
        installation.worker.kill_family()
        image_ids = [user.upload() for _ in range(6)]
        for image_id in image_ids[:3]:
            user.delete(image_id)
        with valkey.client() as redis:
            redis.flushall()
            eventually(lambda: int(redis.llen("rq:queue:aizen")) >= 3, what="the clocks give the hints again")
        installation.worker.start()
        for image_id in image_ids[3:]:
            user.wait_until("ready", image_id)
            assert user.progress(image_id)["work"][0]["attempts"] == 1
        installation.assert_clean()
        assert second.stop() == 0
    finally:
        second.kill_family()
    assert "Traceback" not in second.story(last=1_000_000)
