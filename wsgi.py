"""The WSGI application, for gunicorn and for the ``flask`` command."""

from __future__ import annotations

from aizen.app import create_app_or_exit
from aizen.settings import Settings

app = create_app_or_exit(Settings.or_exit())
