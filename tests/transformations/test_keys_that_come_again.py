"""The key of a derived file follows from what it shows, and so comes again: also when the clock is about to remove what is stored there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from aizen.work import clock
from tests.conftest import People
from tests.transformations.conftest import URL, Make, Transform, Watched, opened


@pytest.mark.every_database
def test_what_was_given_up_since_its_image_changed_can_be_made_again_once_it_looks_so_again(
    client: FlaskClient,
    people: People,
    make: Make,
    transform: Transform,
    watched: Watched,
    watched_client: FlaskClient,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()

    def look_at(x: float) -> None:
        focal_point = {"focal_point": {"x": x, "y": 0.5}}
        assert client.patch(f"{URL}/{image_id}", headers=people.owner.headers, json=focal_point).status_code == 200

    look_at(0.2)
    watched.meanwhile = lambda: look_at(0.8)
    assert transform(image_id, "w=40,h=40", through=watched_client).status_code == 200
    assert [order.focal_point for order in watched.orders] == [(0.2, 0.5), (0.8, 0.5)]
    look_at(0.2)
    watched.meanwhile = lambda: None
    # What that attempt had written went with the folder, and the key is anybody's. In a bucket it is the clock's until its next tick:
    # test_derived_files.py.
    answer = transform(image_id, "w=40,h=40", through=watched_client)
    assert (answer.status_code, answer.get_json()["cached"], len(watched.orders)) == (200, False, 3)
    assert tick().removed == 0
    assert opened(transform(image_id, "w=40,h=40", accept="image/*").data).size == (40, 40)
    assert_clean()
