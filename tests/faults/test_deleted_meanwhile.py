"""An image that is deleted while its work is under way: it stays deleted, and no object comes back."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_comes_back_of_an_image_that_is_deleted_before(moment: str, installation: Installation, user: User) -> None:
    installation.wait_until_settled()
    with installation.gates.held(MOMENTS[moment]):
        image_id = user.upload(pictures.jpeg(200, 100), describe="true")
        horse = installation.gates.wait_for_one(MOMENTS[moment])
        user.delete(image_id)
    eventually(lambda: not is_running(horse), what="the work-horse ends")
    installation.wait_until_settled()
    assert user.request("GET", f"/api/v1/images/{image_id}").status_code == 404
    for table, column in (("images", "id"), ("variants", "image_id"), ("work_items", "subject_id")):
        assert installation.rows(f"SELECT * FROM {table} WHERE {column} = '{image_id}'") == []
    assert [name for name in installation.files() if image_id in name] == []
