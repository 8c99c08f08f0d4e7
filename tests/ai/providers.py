"""The real describers, each beside a stand-in for its provider that understands the same few verbs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from aizen.ai import Describer, open_describers

from .fake_gemini import FakeGemini
from .fake_openai import FakeOpenAI

KEY = "test-key-A1b2C3d4"
NAMES = ("gemini", "genai", "openai")
SDKS = {"gemini": "google-generativeai", "genai": "google-genai"}


@dataclass(frozen=True)
class FewSettings:
    """What ``aizen.ai`` reads of the settings, and nothing else."""

    describers: tuple[str, ...] = ("offline",)
    gemini_api_key: str | None = None
    gemini_model: str = "gemini-3.5-flash-lite"
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


@contextmanager
def running(name: str) -> Iterator[Provider]:
    """``gemini`` and ``genai`` (Gemini by either of Google's libraries), or ``openai``."""
    if name == "openai":
        with FakeOpenAI().running() as openai:
            yield Provider(openai, FewSettings(describers=(name,), openai_api_key=KEY, openai_base_url=openai.base_url))
    else:
        with FakeGemini().running() as gemini:
            few = FewSettings(describers=("gemini",), gemini_api_key=KEY, gemini_base_url=gemini.base_url, gemini_sdk=SDKS[name])
            yield Provider(gemini, few)
