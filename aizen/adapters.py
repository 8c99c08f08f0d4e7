"""The outside world as Aizen sees it: opened once for a process, handed to the domain functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from aizen.ai import Describer, open_describers
from aizen.ai.painting import Draw, Painter, open_painters
from aizen.imaging import Decoder, Limits, Renderer, engine, placards
from aizen.imaging.children import Bounds
from aizen.imaging.decoder import ChildDecoder, OwnProcessDecoder
from aizen.imaging.renderers import ChildRenderer, OwnProcessRenderer
from aizen.mail import Mailer, open_mailer
from aizen.outgoing import Fetcher, open_fetcher
from aizen.queue import HintQueue
from aizen.settings import Settings
from aizen.storage import Storage, open_storage

log = structlog.get_logger(__name__)


class Hints(Protocol):
    """Where workers hear that a work item is due."""

    def hint(self, item_id: str, *, attempt: int, timeout: float, is_slow: bool = False) -> None: ...

    def length(self) -> int: ...


@dataclass(frozen=True)
class Adapters:
    """Every outside part, and the settings that the domain functions read."""

    settings: Settings
    storage: Storage
    queue: Hints
    decoder: Decoder
    renderer: Renderer
    describers: tuple[Describer, ...]
    mailer: Mailer
    fetcher: Fetcher
    painters: tuple[Painter, ...]

    def close(self) -> None:
        """No process of these adapters is left."""
        self.decoder.close()
        self.renderer.close()


def image_limits(settings: Settings) -> Limits:
    """The limits on one image, as the imaging package takes them."""
    return Limits(
        max_bytes=settings.max_image_size,
        max_pixels=settings.max_image_pixels,
        max_frames=settings.max_image_frames,
        max_scans=settings.max_jpeg_scans,
        max_metadata_bytes=settings.max_image_metadata,
        seconds=settings.decode_seconds,
        memory_bytes=settings.decode_memory,
    )


def child_renderer(settings: Settings) -> ChildRenderer:
    """Who renders while a request waits: children with bounds of their own."""
    bounds = Bounds(
        seconds=settings.transform_seconds,
        memory_bytes=settings.transform_memory,
        processes=settings.transform_processes,
        waiting=settings.transform_waiting,
    )
    return ChildRenderer(engine.render, bounds)


def child_decoder(settings: Settings) -> ChildDecoder:
    """Who reads what is uploaded: children with bounds of their own."""
    return ChildDecoder(image_limits(settings), processes=settings.decode_processes, waiting=settings.decode_waiting)


def _placards(settings: Settings) -> Draw:
    """Who draws where no model paints, with the operator's font if there is one: it may know more scripts than ours."""
    return partial(placards.draw, font=str(settings.watermark_font) if settings.watermark_font else None)


def open_adapters(settings: Settings, *, for_worker: bool = False) -> Adapters:
    """The adapters that ``settings`` ask for.

    Only a worker opens the describers and painters: their SDKs cost a second of CPU to import. It decodes and renders in its work-horse, a
    child with its memory bounded, which the alarm of its job ends: so DECODE_SECONDS and TRANSFORM_SECONDS, what a request may wait for, do
    not bound work in the background.
    """
    fetcher = open_fetcher(settings)
    if for_worker and settings.is_production and not settings.email_host:
        log.warning("e-mails become files and are not sent: EMAIL_HOST is not set", file=str(settings.mail_folder))
    return Adapters(
        settings=settings,
        storage=open_storage(settings),
        queue=HintQueue(settings.redis_url, seconds=settings.redis_seconds),
        decoder=OwnProcessDecoder(image_limits(settings)) if for_worker else child_decoder(settings),
        renderer=OwnProcessRenderer(engine.render, memory_bytes=settings.decode_memory) if for_worker else child_renderer(settings),
        describers=open_describers(settings) if for_worker else (),
        mailer=open_mailer(settings),
        fetcher=fetcher,
        painters=open_painters(settings, _placards(settings), fetcher.look_up) if for_worker else (),
    )
