"""``rq_worker.py`` with gates in it: a worker that halts, or dies, where a test says so."""

from __future__ import annotations

from aizen import queue
from aizen.adapters import open_adapters
from aizen.app import create_app
from aizen.images import jobs
from aizen.imaging.memory import limit_memory
from aizen.settings import Settings
from aizen.work import kinds
from tests.faults.gates import Gates, gated, gated_kind


def main() -> None:
    """Hints are worked on until SIGTERM."""
    gates = Gates.from_environ()
    settings = Settings.from_environ()
    app = create_app(settings, gated(open_adapters(settings, for_worker=True), gates))
    for kind in jobs.KINDS:
        kinds.register(gated_kind(kind, gates))

    def in_work_horse() -> None:
        limit_memory(settings.decode_memory)
        gates.pass_through("unclaimed")

    with app.app_context():
        queue.serve(settings.redis_url, in_work_horse=in_work_horse, log_level=settings.log_level)


if __name__ == "__main__":
    main()
