"""Each describer that talks to a provider, as a fixture, and something for it to look at."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from aizen.ai import Sight

from .providers import NAMES, Provider, running


@pytest.fixture(params=NAMES)
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """Each describer that asks a provider."""
    with running(request.param) as found:
        yield found


@pytest.fixture(params=["gemini", "genai"])
def google(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """Gemini, by either of Google's libraries."""
    with running(request.param) as found:
        yield found


@pytest.fixture
def openai() -> Iterator[Provider]:
    """OpenAI, or a server that speaks as it does."""
    with running("openai") as found:
        yield found


@pytest.fixture(scope="session")
def sight() -> Sight:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "#87c2ec").save(picture, "JPEG")
    return Sight(
        jpeg=picture.getvalue(),
        width=1600,
        height=1200,
        orientation="landscape",
        brightness=0.75,
        colors=(("#8ac4ee", 0.6), ("#fbfbfb", 0.3)),
        is_photograph=True,
        detail=0.9,
    )
