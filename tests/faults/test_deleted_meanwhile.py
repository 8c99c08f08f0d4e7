"""An image that is deleted while its work is under way: it stays deleted, and no object comes back."""

from __future__ import annotations

from tests import pictures
from tests.faults.client import User
from tests.faults.installation import Installation
from tests.faults.parts import is_running
from tests.faults.waiting import eventually

MOMENTS = {
    "the work is claimed": "unclaimed",
    "the work begins": "variants-claimed",
    "a file is written": "before-put",
    "the rest of a file is written": "mid-put",
    "the next file is written": "after-put",
    "the work is recorded": "variants-done",
    "its description is asked for": "description-claimed",
    "its description is recorded": "description-done",
}


def test_nothing_comes_back_of_an_image_that_is_deleted_before(installation: Installation, user: User) -> None:
    installation.wait_until_settled()
    deleted = {moment: deleted_before(gate, installation, user) for moment, gate in MOMENTS.items()}
    # The grace of what was reserved is waited out once for all of them.
    installation.wait_until_settled()
    left = installation.files()
    for moment, image_id in deleted.items():
        assert user.request("GET", f"/api/v1/images/{image_id}").status_code == 404, moment
        for table, column in (("images", "id"), ("variants", "image_id"), ("work_items", "subject_id")):
            assert installation.rows(f"SELECT * FROM {table} WHERE {column} = '{image_id}'") == [], moment
        assert [name for name in left if image_id in name] == [], moment


def deleted_before(gate: str, installation: Installation, user: User) -> str:
    """The id of an image that was deleted while its work stood at the gate; the work has gone on, and ended."""
    with installation.gates.held(gate):
        image_id = user.upload(pictures.jpeg(200, 100), describe="true")
        horse = installation.gates.wait_for_one(gate)
        user.delete(image_id)
    eventually(lambda: not is_running(horse), what="the work-horse ends")
    return image_id
