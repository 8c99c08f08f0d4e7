"""Every describer that talks to a provider, beside a stand-in for that provider that understands the same few verbs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from aizen.ai import Describer, Sight, open_describers

from .fake_gemini import FakeGemini

KEY = "test-key-A1b2C3d4"


@dataclass(frozen=True)
class FewSettings:
    """What ``aizen.ai`` reads of the settings, and nothing else."""

    ai_describers: tuple[str, ...] = ("auto",)
    gemini_api_key: str | None = None
    gemini_model: str = "gemini-2.5-flash"
    gemini_base_url: str | None = None
    ai_seconds: float = 20.0


@dataclass(frozen=True)
class Provider:
    """A stand-in that runs, and the way to a real adapter that calls it."""

    server: FakeGemini
    settings: FewSettings

    def describer(self, **changes: object) -> Describer:
        (describer,) = open_describers(replace(self.settings, **changes))  # type: ignore[arg-type]
        return describer


@pytest.fixture(params=["gemini"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    with FakeGemini().running() as server:
        yield Provider(server, FewSettings(ai_describers=(request.param,), gemini_api_key=KEY, gemini_base_url=server.url))


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
