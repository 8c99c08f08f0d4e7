"""Aizen's side: the application that gunicorn serves, asked in this process, prepared as gunicorn.conf.py prepares it."""

from __future__ import annotations

import gc

from benchmarks.list.driver import serve
from wsgi import app

if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    serve(app)
