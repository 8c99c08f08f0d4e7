"""``wsgi.py`` with gates in it, for gunicorn: an upload that halts where a test says so."""

from __future__ import annotations

from aizen.adapters import open_adapters
from aizen.app import create_app
from aizen.settings import Settings
from tests.faults.gates import Gates, gated

_settings = Settings.from_environ()
app = create_app(_settings, gated(open_adapters(_settings), Gates.from_environ()))
