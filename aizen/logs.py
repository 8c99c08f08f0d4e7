"""The log: one JSON line an event on standard error, with the id of the request or of the work item in each."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_DETAIL = re.compile(r"DETAIL: .*")
SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key", "cookie")


def _without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    for name in event:
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = "[removed]"
    return event


def _without_details(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """PostgreSQL tells the content of the row that it refused in a line of its own; that content is somebody's."""
    if isinstance(event.get("exception"), str):
        event["exception"] = _DETAIL.sub("DETAIL:  [removed]", event["exception"])
    return event


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
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_details,
            structlog.processors.JSONRenderer(),
        ],
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
    for chatty in ("botocore", "boto3", "urllib3", "PIL", "s3transfer", "google"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
