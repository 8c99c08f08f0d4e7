"""How gunicorn serves the application: read from the working directory by ``gunicorn wsgi:app``, wherever that is started."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from aizen.admin import first_administrator
from aizen.database import db
from aizen.logs import start_logging
from aizen.settings import Settings
from aizen.web import serving

settings = Settings.or_exit()
start_logging(settings.log_level)

bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
workers = settings.web_processes
worker_class = serving.worker_class(request_seconds=settings.request_seconds)
threads = settings.web_threads

# A status request may be held for LONGEST_WAIT_SECONDS; it is answered before the process ends. Heroku and Render kill after 30 s.
graceful_timeout = int(settings.longest_wait_seconds) + 5
# Longer than the idle time of the usual load balancers, so that none sends a request down a connection that we are closing.
keepalive = 75 if settings.trusted_proxies else 5

# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
# A search of the longest kind, percent-encoded, and a cursor beside it.
limit_request_line = 8190

# Loaded once and shared by the forks: half the start, and a third of the memory. Nothing that is open crosses a fork: the database pool is
# dropped in the child, S3 and Redis clients look at their process, and the decode child is started by whoever needs it first.
preload_app = True


def on_starting(server: Any) -> None:
    """Before the first fork: the administrator of the settings is made, or the log says how one is."""
    app = server.app.wsgi()
    with app.app_context():
        first_administrator.at_start(settings)
        # No fork inherits this connection.
        db.engine.dispose()


def when_ready(_server: object) -> None:
    """What the collector will not look at again stays shared with the forks."""
    gc.collect()
    gc.freeze()


# The application logs its requests itself, one JSON line each, and what gunicorn has to say goes the same way.
accesslog = None
errorlog = None
logger_class = serving.Log
loglevel = "warning"
