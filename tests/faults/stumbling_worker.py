"""``rq_worker.py`` with a storage that stumbles."""

from __future__ import annotations

from aizen.adapters import open_adapters
from aizen.settings import Settings
from rq_worker import serve
from tests.faults.stumbling import stumbling

if __name__ == "__main__":
    serve(stumbling(open_adapters(Settings.from_environ(), for_worker=True)))
