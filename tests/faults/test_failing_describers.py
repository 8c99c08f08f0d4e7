"""A provider that fails, seen by workers that fork a process for each description: they learn of it from one another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as count_from

import pytest

from tests import pictures
from tests.ai.fake_gemini import FakeGemini
from tests.ai.fake_openai import FakeOpenAI
from tests.faults.client import User
from tests.faults.installation import Build, Installation
from tests.services.valkey import Valkey

ENTRY = {"description": "A boat.", "alt": "A boat.", "tags": ["boat"]}
# What the other worker has begun to ask when the last failure is counted.
UNDER_WAY = 1
# Every picture has bytes of its own: what is said of the same is taken over.
WIDTHS = count_from(64)


@pytest.fixture
def gemini() -> Iterator[FakeGemini]:
    with FakeGemini().running() as server:
        yield server


@pytest.fixture
def openai() -> Iterator[FakeOpenAI]:
    with FakeOpenAI().running() as server:
        server.will_answer(ENTRY)
        yield server


@pytest.fixture
def describing(build: Build, gemini: FakeGemini, openai: FakeOpenAI) -> Iterator[Installation]:
    """An installation of two workers that asks Gemini first and OpenAI next."""
    changes = {
        "AI_DESCRIBERS": "gemini,openai",
        "GEMINI_SDK": "google-genai",
        "GEMINI_API_KEY": "test-key-A1b2C3d4",
        "GEMINI_BASE_URL": gemini.base_url,
        "OPENAI_BASE_URL": openai.base_url,
        "AI_SECONDS": "4",
        "JOB_SECONDS": "10",
    }
    with Valkey() as valkey, build(valkey, workers=2, changes=changes) as running:
        yield running


def described(user: User, count: int) -> list[str]:
    """Who has described each of so many new pictures."""
    image_ids = [user.upload(pictures.jpeg(next(WIDTHS)), describe="true") for _ in range(count)]
    return [user.wait_until("ready", image_id)["ai"]["provider"] for image_id in image_ids]


def test_workers_stop_asking_a_provider_that_failed_five_times_and_find_it_again(
    describing: Installation, gemini: FakeGemini, openai: FakeOpenAI
) -> None:
    user = describing.register()
    gemini.will_fail(503)
    assert described(user, 12) == ["openai"] * 12
    assert 5 <= len(gemini.requests) <= 5 + UNDER_WAY
    assert len(openai.requests) == 12

    gemini.will_answer(ENTRY)
    describing.rows("UPDATE provider_breakers SET left_alone_until = 0")
    assert described(user, 1) == ["gemini"]
    assert described(user, 3) == ["gemini"] * 3
    describing.assert_exact()
