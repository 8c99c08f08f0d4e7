"""The addresses of administration, a file for each thing that is looked after."""

from __future__ import annotations

from aizen.admin.routes.setup import page, setup

BLUEPRINTS = (setup,)
PAGES = (page,)
