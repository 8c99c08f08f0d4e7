"""The log: one JSON line an event on standard error, in the fields of the Elastic Common Schema (ECS), and without secrets.

Each line has the id of the request or of the work item that it is about. docs/operations.md lists the fields.
"""

from __future__ import annotations

import logging
import math
import os
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextlib import nullcontext, suppress
from functools import lru_cache
from typing import Any

import ecs_logging
import structlog

Event = MutableMapping[str, Any]

REMOVED = "[removed]"
SECRET_WORDS = (
    *("password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "signature", "credential", "slug"),
    *(f"{kind}{between}key" for kind in ("api", "access", "private") for between in ("_", "-", "")),
)
# What lets somebody in is at least that long, or has a name or a place before it.
SHORT = 11
# A report to Sentry has eight levels. A value that contains itself ends somewhere too.
DEEPEST = 12
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

# A name with a value after it that lets somebody in, as settings, addresses, headers, Python and JSON write them. A name ends with one of
# the words, or goes on as in aws_secret_access_key and secretKey; "tokens: 3 of 4" is no such name, "the token is wrong" has no such value.
_NAMES = ("password", "secret", "token", "signature", "key", "credential", "authorization", "cookie", "passwd", "passphrase")
_NAMED = re.compile(
    r"""
    ( (?: (?:credential|password|secret)s? | passwd | passphrase | signature | token
        | authorization | cookie | (?:api|access|private)[_-]?key )
      (?: [_-][\w-]{0,40}+ | (?-i:[A-Z][a-z])\w{0,40}+ )?
      [\\"'\]]{0,4}+ [ \t]*+ (?: [=:]++ >? | %3D | %3A ) [ \t]*+
    | \bkey= )
    (?! %\(\w+\)s )                                                      # the place of a value in a query is none
    (?: [bru]{0,2} "(?: [^"\\] | \\. )*+ "?                               # "a text", 'a text', b'bytes'
      | [bru]{0,2} '(?: [^'\\] | \\. )*+ '?
      | (?P<sign> \\+["'] ) .*? (?: (?<!\\)(?P=sign) | \Z )              # \"a text\" of JSON in a text
      | \[ [^\]]*+ \]? | \{ [^}]*+ \}?
      | (?: [^&\s"'] | ["'](?=\w) )++                                    # anything else: to where an address or a word ends
    )
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
# PostgreSQL tells the content of the row that it refused, which is somebody's and may have many lines: up to the next thing that is told.
_ROW = re.compile(
    r"""
    DETAIL: [^\n]*+
    (?: \n (?! [ \t|]*+ (?: (?:CONTEXT|HINT|QUERY|STATEMENT|LOCATION): | \[SQL | \[parameters | \(Background\ on
                          | The\ above\ exception\ was | During\ handling\ of | Traceback\ \(most ) )
        [^\n]*+ )*+
    """,
    re.VERBOSE,
)

# The signature of an address of delivery, which lets whoever reads it open the picture.
_SIGNED_PATH = re.compile(r"^(/i/)[^/]{2,}")
_SIGNED = re.compile(r"(/i/)[\w-]{43}(?=/)")
# A token that is a part of a path: the addresses that e-mails link to, in whatever way somebody has mistaken them.
_LINK_PATH = re.compile(r"(\bverify-email/+)(?!resend/?$).+", re.IGNORECASE | re.DOTALL)
_LINK_TOKEN = re.compile(r"(\bverify-email/+)(?!<|resend/?(?![^\s?\"']))[^\s?\"']+", re.IGNORECASE)
# The slug of a share link, which shows a picture to whoever has it: where it ought to stand, and wherever something looks like one.
_SHARE_PATH = re.compile(r"((?:^|/)s/+)[^/]+", re.IGNORECASE)
_SHARED = re.compile(r"(/s/+)[0-9a-z]{26}", re.IGNORECASE)

# What gives somebody away or lets somebody in, wherever in a text it stands. The signs, in lower case, tell cheaply that it is not there.
_GIVEAWAYS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("detail:",), _ROW, f"DETAIL:  {REMOVED}"),
    (("eyj",), re.compile(r"\beyJ[\w-]{8,}+(?:\.[\w-]+){0,2}"), REMOVED),
    (("bearer ", "basic "), re.compile(r"\b(bearer|basic) +[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {REMOVED}"),
    # A header has one value to the end of its line, whatever stands in it.
    (("authorization", "cookie"), re.compile(r"\b(authorization|cookie)(:[ \t]*+)[^\s\"'][^\r\n\"']*+", re.IGNORECASE), rf"\1\2{REMOVED}"),
    (_NAMES, _NAMED, rf"\1{REMOVED}"),
    # To the last @ of the place: there are passwords with an @ in them.
    (("://",), re.compile(r"://[^/\s]*@"), f"://{REMOVED}@"),
    (("verify-email/",), _LINK_TOKEN, rf"\1{REMOVED}"),
    (("/i/",), _SIGNED, rf"\1{REMOVED}"),
    (("/s/",), _SHARED, rf"\1{REMOVED}"),
    (("aiza", "sk-", "azn_"), re.compile(r"\b(?:AIza[\w-]{20,}|sk-[\w-]{16,})|azn_[\w-]{8,}"), REMOVED),
    (("$argon2",), re.compile(r"\$argon2\S+"), REMOVED),
    # Not an image and its version, as addresses of delivery name them.
    (("@",), re.compile(r"(?<![\w.+-])(?![0-9a-f-]{36}@[0-9a-f]{8}\.)[\w.+-]++@(?:[\w-]+\.)+[A-Za-z][\w-]+"), REMOVED),
)


def without_credentials(path: str) -> str:
    """The path as it may be told: what stands in the place of a one-time token, of a signature or of a link's slug is removed."""
    for pattern in (_SIGNED_PATH, _SHARE_PATH, _LINK_PATH):
        path = pattern.sub(rf"\1{REMOVED}", path)
    return path


def scrubbed(text: str) -> str:
    """``text`` without tokens, signatures, keys, passwords in addresses, e-mail addresses, and rows that a database refused."""
    if len(text) < SHORT and not (":" in text or "=" in text or "@" in text or "%" in text):  # most words of a line
        return text
    lowered = text.lower()
    for signs, pattern, instead in _GIVEAWAYS:
        for sign in signs:
            if sign in lowered:
                text = pattern.sub(instead, text)
                break
    return text


def cleaned(value: Any, depth: int = 0) -> Any:
    """``value`` as JSON can have it, every text in it scrubbed, and nothing in it that is called a secret."""
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _cleaned_inside(value, depth + 1) if depth < DEEPEST else REMOVED
    return scrubbed(_text_of(value))


def _cleaned_inside(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {scrubbed(str(name)): REMOVED if is_secret(str(name)) else cleaned(inner, depth) for name, inner in value.items()}
    return [cleaned(inner, depth) for inner in value]


def _text_of(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # a line without one of its words is better than none
        return f"[{name_of(type(value))} without a text]"


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
        "event": scrubbed(_text_of(event.pop("event"))),
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
    value = cleaned(_text_of(value) if group == "error" else value)
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
            _write(self.format(record))
        except Exception:
            self.handleError(record)

    def write(self, line: str) -> None:
        """A line that is finished is in the log. What goes wrong with the log stops nobody."""
        with self.lock or nullcontext(), suppress(Exception):
            _write(line)


def _write(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


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
