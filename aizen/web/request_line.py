"""The line that the log has of each request, written by a short way: the very line that ``aizen.logs`` would write.

Every answer has one, and by the long way, which everything else takes, it would cost more than a picture that is sent again.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from functools import lru_cache

from ecs_logging import ECS_VERSION

from aizen.logs import SERVICE, StandardError, scrubbed

# Longer paths are looked through anew each time, or strangers would fill the memory.
LONGEST_KEPT = 512


def log_request(
    logger: logging.Logger,
    level: int,
    *,
    status: int,
    nanoseconds: int,
    request_id: str,
    method: str,
    path: str,
    route: str | None,
    old_address: str | None,
) -> None:
    """The line is in the log, if that has lines of this level."""
    if not logger.isEnabledFor(level):
        return
    form = _form if len(path) <= LONGEST_KEPT else _form.__wrapped__
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    told = (at, nanoseconds, status, os.getpid(), json.dumps(scrubbed(request_id)))
    line = form(logger.name, logging.getLevelName(level).lower(), method, path, route, old_address) % told
    for handler in logging.getLogger().handlers:
        if isinstance(handler, StandardError):
            handler.write(line)


@lru_cache(maxsize=1024)
def _form(logger: str, level: str, method: str, path: str, route: str | None, old_address: str | None) -> str:
    """The line of all such requests, with places for what differs. The fields are sorted, as ``ecs_logging`` has them."""
    own = {name: value for name, value in (("old_address", old_address), ("route", route)) if value is not None}
    return (
        f'{{"@timestamp":"%s","log.level":"{level}","message":"request",'
        + (f'"aizen":{_fixed(own)},' if own else "")
        + f'"ecs.version":{_fixed(ECS_VERSION)},"event":{{"duration":%d}},'
        + f'"http":{{"request":{{"method":{_fixed(method)}}},"response":{{"status_code":%d}}}},"log":{{"logger":{_fixed(logger)}}},'
        + f'"process":{{"pid":%d}},"service":{_fixed(SERVICE)},"trace":{{"id":%s}},"url":{{"path":{_fixed(path)}}}}}'
    )


def _fixed(value: str | dict[str, str]) -> str:
    """A value as JSON without secrets, whose percent signs are no places."""
    clean = scrubbed(value) if isinstance(value, str) else {name: scrubbed(each) for name, each in value.items()}
    return _json(clean).replace("%", "%%")


def _json(value: str | dict[str, str]) -> str:
    return json.dumps(value, separators=(",", ":"))
