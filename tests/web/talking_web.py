"""``wsgi.py`` with addresses that answer in every way that WSGI knows, for gunicorn."""

from __future__ import annotations

import os
from pathlib import Path

from aizen.adapters import open_adapters
from aizen.app import create_app
from aizen.settings import Settings
from tests.faults.gates import FOLDER_VARIABLE
from tests.web.talking import Talking

_settings = Settings.from_environ()
app = create_app(_settings, open_adapters(_settings))
app.wsgi_app = Talking(app.wsgi_app, Path(os.environ[FOLDER_VARIABLE]))  # type: ignore[method-assign]
