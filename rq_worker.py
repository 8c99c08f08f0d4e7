"""One worker. The application and its adapters are imported whole before the first fork, so that a job costs a fork and no import."""

from __future__ import annotations

import gc
import sys

from aizen import queue, reporting
from aizen.adapters import Adapters, open_adapters
from aizen.app import create_app_or_exit
from aizen.imaging.memory import limit_memory
from aizen.settings import Settings
from aizen.work.jobs import rehearse


def main() -> None:
    """Hints are worked on until SIGTERM; with ``--burst``, until none waits."""
    settings = Settings.or_exit()
    serve(open_adapters(settings, for_worker=True), burst="--burst" in sys.argv[1:])


def serve(adapters: Adapters, *, burst: bool = False) -> None:
    """As ``main``, with these adapters."""
    settings = adapters.settings
    app = create_app_or_exit(settings, adapters)
    with app.app_context():
        rehearse()
        # What the collector does not touch stays shared with the work-horses.
        gc.collect()
        gc.freeze()
        queue.serve(
            settings.redis_url,
            queues=settings.worker_queues,
            in_work_horse=lambda: limit_memory(settings.decode_memory),
            before_it_ends=reporting.flush,
            log_level=settings.log_level,
            burst=burst,
        )


if __name__ == "__main__":
    main()
