"""Every describer that talks to a provider, beside a stand-in for that provider that understands the same few verbs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from aizen.ai import Describer, Sight, open_describers

from .fake_gemini import FakeGemini
from .fake_openai import FakeOpenAI

KEY = "test-key-A1b2C3d4"
SDKS = {"gemini": "google-generativeai", "genai": "google-genai"}


@dataclass(frozen=True)
class FewSettings:
    """What ``aizen.ai`` reads of the settings, and nothing else."""

    describers: tuple[str, ...] = ("offline",)
    gemini_api_key: str | None = None
    gemini_model: str = "gemini-2.5-flash"
    gemini_base_url: str | None = None
    gemini_sdk: str = "google-generativeai"
    openai_api_key: str | None = None
    openai_model: str = "gpt-6-luna"
    openai_base_url: str | None = None
    ai_seconds: float = 20.0


@dataclass(frozen=True)
class Provider:
    """A stand-in that runs, and the way to a real adapter that calls it."""

    server: FakeGemini | FakeOpenAI
    settings: FewSettings

    def describer(self, *, seconds: float = 20.0, **changes: str | None) -> Describer:
        """The adapter with another ``api_key``, ``model`` or ``base_url``."""
        (name,) = self.settings.describers
        own = {f"{name}_{setting}": value for setting, value in changes.items()}
        (describer,) = open_describers(replace(self.settings, ai_seconds=seconds, **own))  # type: ignore[arg-type]
        return describer


def _running(name: str) -> Iterator[Provider]:
    if name == "openai":
        with FakeOpenAI().running() as openai:
            yield Provider(openai, FewSettings(describers=(name,), openai_api_key=KEY, openai_base_url=openai.base_url))
    else:
        with FakeGemini().running() as gemini:
            few = FewSettings(describers=("gemini",), gemini_api_key=KEY, gemini_base_url=gemini.base_url, gemini_sdk=SDKS[name])
            yield Provider(gemini, few)


@pytest.fixture(params=["gemini", "genai", "openai"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """Each describer that asks a provider."""
    yield from _running(request.param)


@pytest.fixture(params=["gemini", "genai"])
def google(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """Gemini, by either of Google's libraries."""
    yield from _running(request.param)


@pytest.fixture
def openai() -> Iterator[Provider]:
    """OpenAI, or a server that speaks as it does."""
    yield from _running("openai")


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
