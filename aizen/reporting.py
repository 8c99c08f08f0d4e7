"""Reports of accidents to Sentry: what is logged as an error with an unexpected exception is sent, and nothing else of anybody.

Without SENTRY_DSN nothing is sent, and the SDK is not even imported. With it, a handler of the log makes a client in each process at its
first accident: no thread and no socket has to survive a fork. The SDK's integrations are off. They would add what people sent (bodies,
headers, queries) and lines of the log; what is sent is written here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from aizen import VERSION
from aizen.errors import AizenError
from aizen.logs import cleaned, error_of
from aizen.settings import Settings

# Words of the log that lead from a report to its lines there, and to the part of the program.
TAGS = ("request_id", "work_item", "kind", "attempt", "part")
LONGEST_TEXT = 8192
MOST_WAITING = 30
# The SDK speaks to its server through urllib3: what goes wrong there must not be reported there.
NOT_REPORTED = ("sentry_sdk", "urllib3")


class Reporter(logging.Handler):
    """Hands unexpected errors of the log to Sentry's SDK, whose thread sends them. A request waits for nothing."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(logging.ERROR)
        self._settings = settings
        self._client: Any = None
        self._process = 0

    def emit(self, record: logging.LogRecord) -> None:
        told = record.msg if isinstance(record.msg, dict) else {"exc_info": record.exc_info}
        error = error_of(told.get("exc_info"))
        if error is None or isinstance(error, AizenError) or record.name.startswith(NOT_REPORTED):
            return
        try:
            self._report(error, told, record)
        except Exception as failure:  # the log has the accident; to fail because of its copy would make two of one
            logging.getLogger(__name__).warning("an accident could not be reported: %s", type(failure).__name__)

    def flush(self) -> None:
        """What waits has been sent, or SENTRY_SECONDS are over. ``logging`` calls it when a process ends in order."""
        if self._client is not None and self._process == os.getpid():
            self._client.flush(timeout=self._settings.sentry_seconds)

    def _report(self, error: BaseException, told: Mapping[str, Any], record: logging.LogRecord) -> None:
        from sentry_sdk.utils import event_from_exception

        client = self._own_client()
        event, hint = event_from_exception(error, client_options=client.options, mechanism={"type": "log", "handled": True})
        event["level"] = "error"
        event["logger"] = record.name
        event["extra"] = {"message": str(told.get("event", record.getMessage()))}
        event["tags"] = {name: str(told[name]) for name in TAGS if told.get(name) is not None}
        if told.get("route") is not None:  # not the path, whose last part may be the name of somebody's file
            event["transaction"] = f"{told.get('method')} {told['route']}"
        client.capture_event(event, hint)

    def _own_client(self) -> Any:
        if self._process != os.getpid():  # the first accident of this process; a fork leaves the client of its parent alone
            self._client = _client(self._settings)
            self._process = os.getpid()
        return self._client


def start(settings: Settings) -> None:
    """Accidents of this process and of its forks are reported, where SENTRY_DSN says to whom."""
    root = logging.getLogger()
    for former in [each for each in root.handlers if isinstance(each, Reporter)]:
        root.removeHandler(former)
    if settings.sentry_dsn:
        # Before any fork, so that no work-horse has to.
        import sentry_sdk  # noqa: F401

        root.addHandler(Reporter(settings))


def flush() -> None:
    """What this process has to report has been sent, or SENTRY_SECONDS are over: for a process that ends by os._exit."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Reporter):
            handler.flush()


def _client(settings: Settings) -> Any:
    import sentry_sdk

    return sentry_sdk.Client(
        dsn=settings.sentry_dsn,
        environment=settings.env,
        release=f"aizen@{VERSION}",
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        enable_backpressure_handling=False,
        enable_metrics=False,
        spotlight=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        max_value_length=LONGEST_TEXT,
        transport_queue_size=MOST_WAITING,
        in_app_include=["aizen"],
        # Else the SDK takes the name of this machine.
        server_name="",
        before_send=_without_secrets,
    )


def _without_secrets(event: Any, _hint: Any) -> Any:
    event.pop("server_name", None)
    event.pop("user", None)
    return cleaned(event)
