"""What the routes of accounts have in common."""

from __future__ import annotations

from flask import request

from aizen.auth import sessions
from aizen.auth.sessions import Origin
from aizen.web.answers import never_stored
from aizen.web.legacy_routes import by_old_address
from aizen.web.limits import client_address
from aizen.web.parsing import Blueprint


def account_blueprint(name: str, prefix: str, description: str) -> Blueprint:
    """A blueprint whose answers are never stored: what stands in them is somebody's own, or opens their account."""
    blueprint = Blueprint(name, __name__, url_prefix=prefix, description=description)
    blueprint.after_request(never_stored)
    return blueprint


def origin_of_request() -> Origin:
    """Where the current request comes from, as a session remembers it."""
    return sessions.origin_of(request.headers.get("User-Agent", ""), client_address(), is_old_client=by_old_address())
