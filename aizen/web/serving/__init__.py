"""What gunicorn's threaded worker does not do by itself: bound slow clients, refuse and log in the application's own form, and cost little.

``worker`` decides who gets a thread, ``reading`` reads requests and ``writing`` writes answers.
"""

from __future__ import annotations

from aizen.web.serving.worker import Log, Worker, worker_class

__all__ = ["Log", "Worker", "worker_class"]
