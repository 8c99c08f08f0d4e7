"""The log: one JSON line an event on standard error, in the fields of the Elastic Common Schema (ECS), and without secrets.

Each line has the id of the request or of the work item that it is about. docs/operations.md lists the fields.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import ecs_logging
import structlog

Event = MutableMapping[str, Any]

REMOVED = "[removed]"
SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key", "cookie", "signature")
SERVICE = {"name": "aizen"}

# Where our code's words stand in ECS. Every other word stands under "aizen.", the name that is ours: ECS will never define it otherwise.
# A word has one type wherever it is used, or Elasticsearch would refuse the line of the type that came second.
FIELDS = {
    "request_id": "trace.id",
    "method": "http.request.method",
    "path": "url.path",
    "status": "http.response.status_code",
    "nanoseconds": "event.duration",
    "client": "client.address",
    "user": "user.id",
    "code": "error.code",
    "reason": "error.type",
    "detail": "error.message",
}
OWN = "aizen"

# What gives somebody away or lets somebody in, wherever in a text it stands; the word before each tells cheaply that it cannot be there.
_GIVEAWAYS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    # PostgreSQL tells the content of the row that it refused in a line of its own; that content is somebody's.
    ("DETAIL", re.compile(r"DETAIL: .*"), f"DETAIL:  {REMOVED}"),
    ("eyJ", re.compile(r"\beyJ[\w-]{4,}\.[\w-]+\.?[\w-]*"), REMOVED),
    (" ", re.compile(r"\b(bearer|basic) +[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {REMOVED}"),
    ("=", re.compile(r"\b([\w-]*(?:signature|credential|token|password|secret|api_?key)|key)=[^&\s\"']+", re.IGNORECASE), rf"\1={REMOVED}"),
    ("://", re.compile(r"://[^/\s@]+@"), f"://{REMOVED}@"),
    ("AIza", re.compile(r"\bAIza[\w-]{20,}"), REMOVED),
    ("$argon2", re.compile(r"\$argon2\S+"), REMOVED),
    ("@", re.compile(r"[\w.+-]{1,64}@(?:[\w-]+\.)+[A-Za-z][\w-]+"), REMOVED),
)


def scrubbed(text: str) -> str:
    """``text`` without tokens, signatures, keys, passwords in addresses, e-mail addresses, and rows that a database refused."""
    for sign, pattern, instead in _GIVEAWAYS:
        if sign in text:
            text = pattern.sub(instead, text)
    return text


@lru_cache(maxsize=1024)  # the words of our code: few, and asked for at each line
def is_secret(name: str) -> bool:
    """Whether what is called so is never written down."""
    lowered = name.lower()
    return any(word in lowered for word in SECRET_WORDS)


def error_of(exc_info: Any) -> BaseException | None:
    """The exception that a log call was given in one of the ways that logging knows."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if len(exc_info) == 3 else None
    return sys.exc_info()[1] if exc_info else None


def name_of(kind: type[BaseException]) -> str:
    """The name of an exception's type, with its module where that is not Python's own."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _without_secrets(_logger: Any, _method: str, event: Event) -> Event:
    for name in event:
        if is_secret(name):
            event[name] = REMOVED
    return event


def _as_ecs(_logger: Any, _method: str, event: Event) -> Event:
    """The event in nested ECS fields, as ``ecs_logging`` writes them."""
    error = error_of(event.pop("exc_info", None))
    line: dict[str, Any] = {
        "event": scrubbed(str(event.pop("event"))),
        "@timestamp": event.pop("@timestamp"),
        "log": {"level": event.pop("level"), "logger": event.pop("logger")},
        "process": {"pid": os.getpid()},
        "service": SERVICE,
    }
    for name, value in event.items():
        if value is not None:
            _put(line, FIELDS.get(name, f"{OWN}.{name}"), value)
    if error is not None:
        _put(line, "error.type", name_of(type(error)))
        told = traceback.TracebackException.from_exception(error)  # whose text is safe, also where str() of the error fails
        _put(line, "error.message", str(told))
        _put(line, "error.stack_trace", "".join(told.format()).rstrip())
    return line


def _put(line: dict[str, Any], field: str, value: Any) -> None:
    group, _, _rest = field.partition(".")
    if group == "error":
        value = scrubbed(str(value))
    if group == "event":  # until ``ecs_logging`` has made it the message, "event" is the text of the event
        line[field] = value
        return
    *groups, last = field.split(".")
    place = line
    for each in groups:
        place = place.setdefault(each, {})
    place[last] = value


class StandardError(logging.Handler):
    """Writes to whatever standard error is at that moment: a program that redirects it redirects the log too."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def _is_no_request(record: logging.LogRecord) -> bool:
    """False for the lines of Flask's development server, which tell each request once more, with all of its query."""
    return " - - [" not in str(record.msg)


def start_logging(level: str) -> None:
    """Every log line of this process, of libraries too, is one line of JSON on standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="@timestamp"),
        _without_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    write: Any = ecs_logging.StructlogFormatter()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_ecs, write],
    )
    handler = StandardError()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for former in [each for each in root.handlers if isinstance(each, StandardError)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level)
    development_server = logging.getLogger("werkzeug")
    if _is_no_request not in development_server.filters:
        development_server.addFilter(_is_no_request)
    for chatty in ("botocore", "boto3", "urllib3", "PIL", "s3transfer", "google", "alembic.runtime.plugins"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
