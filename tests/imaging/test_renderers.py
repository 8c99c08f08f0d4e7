"""Renderings in children, and in a process that is one already. What all children do is tested on the decoder's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aizen.adapters import open_adapters
from aizen.errors import AizenError, Infeasible
from aizen.imaging import Encoding, Limits, Order
from aizen.imaging.children import Bounds
from aizen.imaging.renderers import ChildRenderer, OwnProcessRenderer, failures_of
from aizen.imaging.steps import Crop, StepRefused
from aizen.settings import Settings
from aizen.web.problems import status_of
from aizen.work.items import is_worth_another_try
from tests.conftest import SECRET

from . import hostile_work
from .pictures import saved, scene, written

BOUNDS = Bounds(seconds=1.5, memory_bytes=64 * 1024 * 1024)


@pytest.fixture(scope="module")
def renderer() -> Iterator[ChildRenderer]:
    child = ChildRenderer(hostile_work.render_by_name, BOUNDS)
    yield child
    child.close()


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return ordered(written(tmp_path, saved(scene(), "PNG")), tmp_path)


def ordered(source: str, folder: Path) -> Order:
    steps = (Crop(x=0, y=0, width=10, height=0.5),)
    return Order(
        source=source,
        target=str(folder / "rendered"),
        size=(400, 300),
        steps=steps,
        encoding=Encoding(format="png"),
        limits=Limits(),
        max_side=4096,
        watermarks={"a": source},
    )


def refusal(renderer: ChildRenderer | OwnProcessRenderer, order: Order) -> AizenError:
    with pytest.raises(AizenError) as caught:
        renderer.render(order)
    return caught.value


def test_a_rendering_is_made_in_another_process(renderer: ChildRenderer, order: Order) -> None:
    made = renderer.render(order)

    assert (made.width, made.height, made.bytes) == (400, 300, Path(order.source).stat().st_size)
    assert made.warnings != (f"in {os.getpid()}",)
    assert Path(order.target).read_bytes() == Path(order.source).read_bytes()


@pytest.mark.parametrize(
    ("name", "code", "limit"),
    [
        ("hang", "render_timeout", "1.5 seconds of one rendering (TRANSFORM_SECONDS)"),
        ("allocate", "render_out_of_memory", "64 MiB of memory of one rendering (TRANSFORM_MEMORY)"),
        ("crash", "render_crashed", ""),
    ],
)
def test_a_rendering_that_costs_too_much_is_refused_for_good_and_the_next_one_works(
    name: str, code: str, limit: str, renderer: ChildRenderer, order: Order, tmp_path: Path
) -> None:
    error = refusal(renderer, ordered(str(tmp_path / name), tmp_path))

    assert isinstance(error, Infeasible)
    assert error.code == code
    assert limit in error.detail
    assert (status_of(error), is_worth_another_try(error)) == (422, False)
    assert renderer.render(order).width == 400


def test_a_step_that_is_refused_is_named_on_this_side_too(renderer: ChildRenderer, tmp_path: Path) -> None:
    error = refusal(renderer, ordered(str(tmp_path / "refuse"), tmp_path))

    assert isinstance(error, StepRefused)
    assert (error.code, error.detail, error.step, error.parameter) == ("crop_outside", "Our own sentence.", 1, "x")
    assert error.allowed == ("0", "399")


def test_a_pool_that_is_busy_or_down_says_so_in_the_words_of_rendering() -> None:
    failures = failures_of(BOUNDS)

    assert (failures.busy(5).code, failures.busy(5).retry_after, failures.down().code) == ("renderer_busy", 5, "renderer_down")


# -- in a worker


def test_a_work_horse_renders_itself(order: Order) -> None:
    renderer = OwnProcessRenderer(hostile_work.render_by_name, memory_bytes=BOUNDS.memory_bytes)

    assert renderer.render(order).warnings == (f"in {os.getpid()}",)
    renderer.close()


def test_a_work_horse_that_has_too_little_memory_does_not_try_again(order: Order) -> None:
    def allocate(_order: Order) -> Any:
        raise MemoryError

    error = refusal(OwnProcessRenderer(allocate, memory_bytes=256 * 1024 * 1024), order)

    assert isinstance(error, Infeasible)
    assert (error.code, is_worth_another_try(error)) == ("render_out_of_memory", False)
    assert "256 MiB of memory of one rendering (DECODE_MEMORY)" in error.detail


@pytest.mark.parametrize(("for_worker", "kind"), [(False, ChildRenderer), (True, OwnProcessRenderer)])
def test_a_worker_needs_no_child_to_render(tmp_path: Path, for_worker: bool, kind: type) -> None:
    adapters = open_adapters(Settings(secret_key=SECRET, data_dir=tmp_path), for_worker=for_worker)

    assert type(adapters.renderer) is kind
    adapters.close()
