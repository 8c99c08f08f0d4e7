"""Describing pictures: one protocol, and the adapters behind it.

Importing this package imports no SDK: an adapter's module, and its SDK with it, is imported when that adapter is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from aizen.ai.answers import ALT_LIMIT, DESCRIPTION_LIMIT, TAG_LIMIT, TAGS_LIMIT, Answer, bounded, read_answer

__all__ = [
    "ALT_LIMIT",
    "DESCRIPTION_LIMIT",
    "OFFLINE",
    "TAGS_LIMIT",
    "TAG_LIMIT",
    "Answer",
    "Describer",
    "DescriberSettings",
    "Sight",
    "bounded",
    "open_describers",
    "read_answer",
]


# The describer that looks at nothing: what it says is no description, and no alt text to be suggested.
OFFLINE = "offline"


@dataclass(frozen=True)
class Sight:
    """What a describer may look at: a bounded JPEG without metadata, and facts that were measured on the whole picture."""

    jpeg: bytes = field(repr=False)
    width: int
    """Pixels of the picture as it is shown, not of the JPEG."""
    height: int
    orientation: str
    """``landscape``, ``portrait`` or ``square``."""
    brightness: float
    """Mean lightness, 0 (black) to 1 (white)."""
    colors: tuple[tuple[str, float], ...]
    """Main colours, the largest first: sRGB as ``#rrggbb``, and the share of the picture, 0 to 1."""
    is_photograph: bool
    """False for drawings, screenshots and other graphics."""
    detail: float
    """0 (one flat surface) to 1 (fine structure everywhere)."""
    frames: int = 1
    has_alpha: bool = False


class Describer(Protocol):
    """Somebody or something that says what a picture shows."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    def describe(self, sight: Sight) -> Answer:
        """The picture is described in plain, bounded text.

        Raises nothing but ``TryAgain`` (``rate_limited``, ``provider_unavailable``, ``provider_timeout``) and ``Final`` (``blocked``,
        ``bad_key``, ``out_of_credit``, ``unknown_model``, ``malformed_answer``, ``empty_answer``, ``provider_refused``), each with one of
        these codes.
        """
        ...


class DescriberSettings(Protocol):
    """What this package reads of the settings."""

    @property
    def describers(self) -> tuple[str, ...]: ...

    @property
    def gemini_api_key(self) -> str | None: ...

    @property
    def gemini_model(self) -> str: ...

    @property
    def gemini_base_url(self) -> str | None: ...

    @property
    def gemini_sdk(self) -> str: ...

    @property
    def openai_api_key(self) -> str | None: ...

    @property
    def openai_model(self) -> str: ...

    @property
    def openai_base_url(self) -> str | None: ...

    @property
    def ai_seconds(self) -> float: ...


def open_describers(settings: DescriberSettings) -> tuple[Describer, ...]:
    """The describers of the settings are ready, in order, and their SDKs imported; nothing is sent yet.

    Raises ``ValueError`` for an unknown name, or for settings with which an adapter cannot be opened.
    """
    unknown = [name for name in settings.describers if name not in _OPENERS]
    if unknown:
        raise ValueError(f"Unknown describers: {', '.join(unknown)}. Known: {', '.join(_OPENERS)}.")
    return tuple(_OPENERS[name](settings) for name in settings.describers)


class _Opener(Protocol):
    def __call__(self, settings: DescriberSettings, /) -> Describer: ...


def _open_gemini(settings: DescriberSettings) -> Describer:
    adapter: type[GeminiDescriber] | type[GenaiDescriber]
    if settings.gemini_sdk == "google-genai":
        from aizen.ai.genai import GenaiDescriber

        adapter = GenaiDescriber
    else:
        from aizen.ai.gemini import GeminiDescriber

        adapter = GeminiDescriber
    return adapter(
        api_key=settings.gemini_api_key or "",
        model=settings.gemini_model,
        base_url=settings.gemini_base_url,
        seconds=settings.ai_seconds,
    )


def _open_openai(settings: DescriberSettings) -> Describer:
    from aizen.ai.openai import OpenAIDescriber

    return OpenAIDescriber(
        api_key=settings.openai_api_key,
        model=settings.openai_model,
        base_url=settings.openai_base_url,
        seconds=settings.ai_seconds,
    )


def _open_offline(_settings: DescriberSettings) -> Describer:
    from aizen.ai.offline import OfflineDescriber

    return OfflineDescriber()


_OPENERS: Mapping[str, _Opener] = MappingProxyType({"gemini": _open_gemini, "openai": _open_openai, OFFLINE: _open_offline})
