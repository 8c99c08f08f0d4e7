"""What a recipe costs: what is decoded, and all that is made on the way to the result."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from aizen.imaging.prediction import predict
from aizen.transformations import costs
from aizen.transformations.recipe import read_url
from tests import pictures
from tests.transformations.conftest import Make, Transform, field_error

MOST = 4096
SIZE = (200, 100)

MADE = {
    "": 20_000,
    "w=100": 5_000,
    "w=100/fx=sepia/fx=invert": 15_000,
    "w=4096,h=4096,fit=stretch,el=1/fx=sepia/w=1": 2 * MOST * MOST + 1,
    # What only the pixels can tell counts as the most that it can be.
    "trim=10": 20_000,
    "trim=10/w=100": 40_000,
    "trim=10/w=100,el=1": 20_000 + 100 * MOST,
    "trim=10/w=4096,el=1": 20_000 + MOST * MOST,
    "trim=10/w=4096,el=1/fx=sepia/w=8": 20_000 + 3 * MOST * MOST,
    "trim=10/ar=1:1,fit=pad": 20_000 + MOST * MOST,
    "trim=10/pd=10": 20_000 + 220 * 120,
    "trim=10/rot=90": 40_000,
    "trim=10/w=50,h=40,el=1,fit=cover": 22_000,
}


@pytest.mark.parametrize("recipe", MADE)
def test_every_step_costs_what_it_makes(recipe: str) -> None:
    steps = read_url(recipe, {}).recipe.steps
    prediction = predict(steps, SIZE, max_side=MOST)
    assert costs.made_pixels(steps, SIZE, prediction, max_side=MOST) == MADE[recipe]


@pytest.mark.parametrize(("pixels", "megapixels"), [(0, 1), (1_000_000, 1), (1_000_001, 2)])
def test_a_megapixel_that_is_begun_is_one(pixels: int, megapixels: int) -> None:
    assert costs.megapixels(pixels) == megapixels


def test_what_is_made_in_between_is_charged_for_each_frame(
    make: Make, transform: Transform, watched_with: Callable[..., FlaskClient]
) -> None:
    moving, client = make(pictures.gif(frames=3), "a.gif"), watched_with(rate_limit_transform="1000 per minute")
    large = "w=1000,h=1000,fit=stretch,el=1"
    answers = [transform(moving, recipe, through=client) for recipe in (f"{large}/w=9", f"{large}/w=9/frame=0")]
    # Three frames, and what is decoded; then a still.
    assert [answer.headers["RateLimit"].partition(";t")[0] for answer in answers] == ['"transform";r=996', '"transform";r=994']


def test_every_watermark_that_is_decoded_counts_towards_what_a_request_waits_for(
    make: Make, transform: Transform, watched_with: Callable[..., FlaskClient]
) -> None:
    image_id, first, second = make(), make(), make()
    # Each has 0.0192 megapixels.
    small = watched_with(sync_max_megapixels=0.05)
    mark = "fx=sepia/wm={},ws=1"
    assert transform(image_id, mark.format(first), through=small, mode="sync").status_code == 200
    for recipe in (f"{mark.format(first)}/wm={second},ws=1", f"{mark.format(first)}/wm={first},ws=1"):
        assert field_error(transform(image_id, recipe, through=small, mode="sync")) == ("/mode", "too_large_for_sync")
        assert transform(image_id, recipe, through=small).status_code == 202
