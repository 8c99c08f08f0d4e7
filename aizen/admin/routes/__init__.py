"""The addresses of administration, a file for each thing that is looked after."""

from __future__ import annotations

from aizen.admin.routes import ai, images, jobs, state, users
from aizen.admin.routes.setup import page, setup

BLUEPRINTS = (setup, users.blueprint, images.blueprint, jobs.blueprint, ai.blueprint, state.blueprint)
PAGES = (page,)
