"""/setup: the first administrator, while there is none."""

from __future__ import annotations

from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Response, request

from aizen.admin import examples, first_administrator
from aizen.admin.routes.blueprint import admin_blueprint
from aizen.admin.schemas import SetupSchema
from aizen.auth import cookie_mode, sessions
from aizen.auth.examples import TOKENS_EXAMPLE
from aizen.auth.schemas import JoinedSchema
from aizen.errors import NotAllowed
from aizen.web import adapters, frontend
from aizen.web.caller import PUBLIC, needs
from aizen.web.limits import admit, client, client_address, count, limited_by_failures
from aizen.web.openapi import ProblemSchema

setup = admin_blueprint("setup", "/api/v1/setup", "The first administrator")
page = PlainBlueprint("setup_page", __name__)


@setup.route("", methods=["POST"])
@needs(PUBLIC)
@limited_by_failures("setup")
@setup.doc(parameters=[cookie_mode.SESSION_HEADER])
@setup.arguments(SetupSchema, example=examples.SETUP)
@setup.response(201, JoinedSchema, example={"user": examples.ADMIN, "tokens": TOKENS_EXAMPLE}, headers=cookie_mode.SET_COOKIE)
@setup.alt_response(403, schema=ProblemSchema, description="The set-up link is not valid")
@setup.alt_response(409, schema=ProblemSchema, description="The e-mail address or the username is taken")
@setup.alt_response(410, schema=ProblemSchema, description="There is an administrator already")
def set_up(body: dict[str, Any]) -> dict[str, Any]:
    """Make the first administrator, by the set-up link, and sign in."""
    cookie_mode.is_asked_for()  # an unknown mode is refused before there is an account
    settings = adapters().settings
    try:
        first_administrator.require_open(body["token"], settings)
    except NotAllowed:
        admit(count("setup", client()))
        raise
    origin = sessions.origin_of(request.headers.get("User-Agent", ""), client_address())
    joined = first_administrator.set_up(body["email"], body["password"], username=body.get("username"), origin=origin, settings=settings)
    return {"user": joined.user, "tokens": cookie_mode.handed_over(joined.tokens)}


@page.get("/setup")
@needs(PUBLIC)
def setup_page() -> Response:
    """The page, where whoever has the set-up link makes the account; 410 once there is an administrator, as ``make run`` wants to know."""
    return frontend.page(status=200 if first_administrator.is_wanted() else 410)
