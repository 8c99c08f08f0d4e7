"""Whether the web server, worker or clock of this host is alive: ``python -m aizen.alive web``, for the health checks of containers.

It imports nothing of the application: it is run every half minute beside each part.
"""

from __future__ import annotations

import http.client
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from aizen import queue
from aizen.settings import Settings

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not listened on, but asked about


class NotAlive(Exception):
    """The part gives no sign of life; the message says which was missed."""


def web(settings: Settings) -> None:
    """Return when the web server answers /healthz; raises NotAlive. Database and storage are not asked: a new start mends neither."""
    connection = http.client.HTTPConnection(EVERYWHERE.get(settings.host, settings.host), settings.port, timeout=settings.request_seconds)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotAlive(f"nothing answers at port {settings.port}: {type(error).__name__}") from error
    finally:
        connection.close()
    if status != 200:
        raise NotAlive(f"/healthz answers {status}")


def worker(settings: Settings) -> None:
    """Return when a worker of this host has told the queue lately that it works or waits; raises NotAlive."""
    try:
        seen = queue.last_heartbeat(settings.redis_url, host=socket.gethostname(), seconds=settings.request_seconds)
    except queue.HintLost as error:
        raise NotAlive(f"the queue does not answer: {error}") from error
    if seen is None:
        raise NotAlive(f"the queue knows no worker on the host {socket.gethostname()}")
    _require_recent(seen.timestamp(), settings)


def clock(settings: Settings) -> None:
    """Return when the clock has touched PULSE_FILE lately; raises NotAlive."""
    if settings.pulse_file is None:
        raise NotAlive("PULSE_FILE is not set, for the clock and for this check")
    try:
        seen = settings.pulse_file.stat().st_mtime
    except OSError as error:
        raise NotAlive(f"{settings.pulse_file}: {error.strerror}") from error
    _require_recent(seen, settings)


def _require_recent(seen: float, settings: Settings) -> None:
    silent = time.time() - seen
    if silent > settings.alive_seconds:
        raise NotAlive(f"no sign of life for {silent:.0f} s; ALIVE_SECONDS allows {settings.alive_seconds:.0f}")


PARTS: Mapping[str, Callable[[Settings], None]] = {"web": web, "worker": worker, "clock": clock}


def main(arguments: Sequence[str]) -> None:
    """The named part is alive; else the program ends with 1 and a sentence."""
    if len(arguments) != 1 or arguments[0] not in PARTS:
        raise SystemExit(f"usage: python -m aizen.alive {'|'.join(PARTS)}")
    try:
        PARTS[arguments[0]](Settings.or_exit())
    except NotAlive as error:
        raise SystemExit(f"{arguments[0]}: {error}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
