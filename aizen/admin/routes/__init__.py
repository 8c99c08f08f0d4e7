"""The addresses of administration, a file for each thing that is looked after."""

from __future__ import annotations

from aizen.admin.routes import images, jobs, state, users
from aizen.admin.routes.setup import page, setup

BLUEPRINTS = (setup, users.blueprint, images.blueprint, jobs.blueprint, state.blueprint)
PAGES = (page,)
