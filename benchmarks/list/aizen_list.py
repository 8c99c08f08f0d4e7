"""Aizen's side: the application that gunicorn serves, asked in this process."""

from __future__ import annotations

from benchmarks.list.driver import serve
from wsgi import app

if __name__ == "__main__":
    serve(app)
