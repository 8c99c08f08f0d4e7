"""``wsgi.py`` with a storage that stumbles, for gunicorn."""

from __future__ import annotations

from aizen.adapters import open_adapters
from aizen.app import create_app
from aizen.settings import Settings
from tests.faults.stumbling import stumbling

_settings = Settings.from_environ()
app = create_app(_settings, stumbling(open_adapters(_settings)))
