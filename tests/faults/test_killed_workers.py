"""Workers that are killed, in whole or in part, and pictures that kill them."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import Any

from aizen.queue import HintQueue
from tests import pictures
from tests.faults.client import User
from tests.faults.gates import POISONOUS
from tests.faults.installation import Installation
from tests.faults.parts import is_running, kill
from tests.faults.waiting import eventually

PICTURE = pictures.jpeg(400, 300)
# Of a picture 400 pixels wide: what viewers may open. One more file is the mezzanine's.
VARIANTS = ["w160.webp", "w160.jpeg", "w320.webp", "w320.jpeg", "w400.webp", "w400.jpeg"]


def work_on(user: User, image_id: str, kind: str = "variants") -> dict[str, Any]:
    return next(work for work in user.progress(image_id)["work"] if work["kind"] == kind)


def assert_recorded_once(installation: Installation, image: dict[str, Any]) -> None:
    """The row has changed once since it was made: a second record would leave the same variants, and not be seen in them."""
    assert installation.rows(f"SELECT version FROM images WHERE id = '{image['id']}'") == [(2,)]
    assert_one_set_of_variants(installation, image)


def assert_one_set_of_variants(installation: Installation, image: dict[str, Any]) -> None:
    assert [each["name"] for each in image["variants"]] == VARIANTS
    stored = [row[0] for row in installation.rows(f"SELECT name FROM variants WHERE image_id = '{image['id']}'")]
    assert set(Counter(stored).values()) == {1}
    folder = [name for name in installation.files() if image["id"] in name and f"{image['id']}-" not in name]
    assert len(folder) == len(stored)


def test_work_is_done_once_by_the_next_worker_when_worker_and_work_horse_are_killed(installation: Installation, user: User) -> None:
    with installation.gates.held("variants-done"):
        image_id = user.upload(PICTURE)
        horse = installation.gates.wait_for_one("variants-done")
        installation.worker.kill()
        kill(horse)
    installation.worker.start()
    image = user.wait_until("ready", image_id)
    assert work_on(user, image_id)["attempts"] == 2
    installation.assert_clean()
    assert_recorded_once(installation, image)


def test_work_is_done_again_when_only_the_work_horse_is_killed_and_the_worker_lives(installation: Installation, user: User) -> None:
    worker = installation.worker.pid
    with installation.gates.held("after-put"):
        image_id = user.upload(PICTURE)
        kill(installation.gates.wait_for_one("after-put"))
    image = user.wait_until("ready", image_id)
    assert work_on(user, image_id)["attempts"] == 2
    assert is_running(worker)
    installation.assert_clean()
    assert_recorded_once(installation, image)


def test_one_effect_when_only_the_parent_is_killed_and_the_hint_comes_five_times(installation: Installation, user: User) -> None:
    gates = installation.gates
    with installation.logs(installation.worker, "lease lost"), gates.held("variants-done"):
        image_id = user.upload(PICTURE)
        orphan = gates.wait_for_one("variants-done")
        [(item_id,)] = installation.rows(f"SELECT id FROM work_items WHERE subject_id = '{image_id}'")
        installation.worker.kill()
        assert is_running(orphan)
        # What happens when the orphan is that slow: its lease is over, and it still believes in it.
        installation.rows(f"UPDATE work_items SET lease_until = 0 WHERE id = '{item_id}'")
        with closing(HintQueue(installation.environment["REDIS_URL"], seconds=2)) as queue:
            for attempt in range(1, 6):
                queue.hint(str(item_id), attempt=attempt, timeout=2)
        installation.worker.start()
        eventually(lambda: len(gates.arrived("variants-done")) == 2, what="a second worker has done the work too")
    image = user.wait_until("ready", image_id)
    eventually(lambda: not is_running(orphan), what="the orphaned work-horse ends")
    assert work_on(user, image_id)["attempts"] == 2
    installation.assert_clean()
    assert_recorded_once(installation, image)


def test_a_picture_that_kills_its_process_each_time_is_failed_with_a_reason_and_can_be_tried_again(
    installation: Installation, user: User
) -> None:
    worker = installation.worker.pid
    installation.gates.pour_poison()
    poisonous = user.upload(PICTURE, name=POISONOUS)
    harmless = user.upload(PICTURE)
    user.wait_until("ready", harmless)
    user.wait_until("failed", poisonous, seconds=60)
    work = work_on(user, poisonous)
    assert (work["attempts"], work["error"]["code"]) == (3, "crashed")
    assert installation.worker.pid == worker
    assert is_running(worker)

    installation.gates.remove_poison()
    assert user.request("POST", f"/api/v1/images/{poisonous}/retry").status_code == 202
    image = user.wait_until("ready", poisonous)
    installation.assert_clean()
    assert_one_set_of_variants(installation, image)
