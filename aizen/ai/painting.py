"""Painting pictures from words: one protocol, and the adapters behind it.

Importing this module imports no SDK: an adapter's module, and its SDK with it, is imported when that adapter is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from aizen.ai import OFFLINE


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be painted."""

    prompt: str
    negative_prompt: str | None
    """What is not to be seen; painters that know no such thing leave it out."""
    width: int
    """Pixels. A model may round them to what it can do: the picture tells how large it became."""
    height: int
    seed: int
    """The same order with the same seed is meant to give the same picture; how well that holds is the model's affair."""
    steps: int | None
    """How many steps of denoising; None leaves it to the model."""
    model: str | None
    """The painter's own model when None."""


@dataclass(frozen=True)
class Painted:
    """The picture as it came, of which nothing is known but that its first bytes are those of an image; and who painted it."""

    data: bytes = field(repr=False)
    provider: str
    model: str


class Painter(Protocol):
    """Somebody or something that makes a picture from words."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    def paint(self, order: Order) -> Painted:
        """The order is carried out, once: repeating is the work item's affair.

        The picture is a file of at most ``max_image_size`` bytes that begins as JPEG, PNG, GIF, WebP or AVIF do: whether it can be decoded,
        and at what cost, is still to be found out. Raises nothing but ``TryAgain`` (``rate_limited``, ``provider_unavailable``,
        ``provider_timeout``) and ``Final`` (``blocked``, ``bad_key``, ``out_of_credit``, ``unknown_model``, ``malformed_answer``,
        ``provider_refused``), each with one of these codes.
        """
        ...


class Draw(Protocol):
    """Who draws the picture of the offline painter: the bytes of an image file of that size, the same for the same words and seed."""

    def __call__(self, prompt: str, *, seed: int, width: int, height: int) -> bytes: ...


class LookUp(Protocol):
    """Who says where a host is that a provider's answer has named: its addresses, or none where one of them is not to be called."""

    def __call__(self, host: str, port: int) -> Sequence[str]: ...


class PainterSettings(Protocol):
    """What this module reads of the settings."""

    @property
    def painters(self) -> tuple[str, ...]: ...

    @property
    def hf_token(self) -> str | None: ...

    @property
    def hf_model(self) -> str: ...

    @property
    def hf_provider(self) -> str: ...

    @property
    def hf_base_url(self) -> str | None: ...

    @property
    def paint_seconds(self) -> float: ...

    @property
    def max_image_size(self) -> int: ...


def open_painters(settings: PainterSettings, draw: Draw, look_up: LookUp) -> tuple[Painter, ...]:
    """The painters of the settings are ready, in order, and their SDKs imported; nothing is sent yet.

    Raises ``ValueError`` for an unknown name, or for settings with which an adapter cannot be opened.
    """
    unknown = [name for name in settings.painters if name not in _OPENERS]
    if unknown:
        raise ValueError(f"Unknown painters: {', '.join(unknown)}. Known: {', '.join(_OPENERS)}.")
    return tuple(_OPENERS[name](settings, draw, look_up) for name in settings.painters)


class _Opener(Protocol):
    def __call__(self, settings: PainterSettings, draw: Draw, look_up: LookUp, /) -> Painter: ...


def _open_huggingface(settings: PainterSettings, _draw: Draw, look_up: LookUp) -> Painter:
    from aizen.ai.huggingface import HuggingFacePainter

    return HuggingFacePainter(
        token=settings.hf_token,
        model=settings.hf_model,
        provider=settings.hf_provider,
        base_url=settings.hf_base_url,
        seconds=settings.paint_seconds,
        max_bytes=settings.max_image_size,
        look_up=look_up,
    )


def _open_offline(_settings: PainterSettings, draw: Draw, _look_up: LookUp) -> Painter:
    from aizen.ai.offline_painter import OfflinePainter

    return OfflinePainter(draw)


_OPENERS: Mapping[str, _Opener] = MappingProxyType({"huggingface": _open_huggingface, OFFLINE: _open_offline})
