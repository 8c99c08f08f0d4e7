"""/setup: the first administrator, while there is none; for programs, and as a page for people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Response, request

from aizen.admin import examples, first_administrator
from aizen.admin.routes.blueprint import admin_blueprint
from aizen.admin.schemas import SetupSchema
from aizen.auth import sessions
from aizen.auth.accounts import Joined
from aizen.auth.examples import TOKENS_EXAMPLE
from aizen.auth.schemas import JoinedSchema
from aizen.errors import NotAllowed
from aizen.web import adapters, pages
from aizen.web.caller import PUBLIC, needs
from aizen.web.limits import admit, client, client_address, count, limited_by_failures
from aizen.web.openapi import ProblemSchema

setup = admin_blueprint("setup", "/api/v1/setup", "The first administrator")
page = PlainBlueprint("setup_page", __name__)

_FIELDS = (
    pages.Field("email", "E-mail address", kind="email", autocomplete="username"),
    pages.Field("username", "Username", hint="Shown beside public pictures. One is made up if you leave this empty.", is_optional=True),
    pages.Field("password", "Password", kind="password", hint="8 characters or more. Length is what counts.", autocomplete="new-password"),
    pages.Field("password2", "Password once more", kind="password", autocomplete="new-password", repeats="password"),
)

_FORM = pages.Form(
    title="Set up Aizen",
    intro="Make the account of the first administrator, who looks after users, images and the service itself.",
    posts_to="/api/v1/setup",
    fields=_FIELDS,
    button="Create administrator",
    done_title="Aizen is set up",
    done="Your account is an administrator’s now. Sign in with its e-mail address and password.",
)


@setup.route("", methods=["POST"])
@needs(PUBLIC)
@limited_by_failures("setup")
@setup.arguments(SetupSchema, example=examples.SETUP)
@setup.response(201, JoinedSchema, example={"user": examples.ADMIN, "tokens": TOKENS_EXAMPLE})
@setup.alt_response(403, schema=ProblemSchema, description="The set-up link is not valid")
@setup.alt_response(409, schema=ProblemSchema, description="The e-mail address or the username is taken")
@setup.alt_response(410, schema=ProblemSchema, description="There is an administrator already")
def set_up(body: dict[str, Any]) -> Joined:
    """Make the first administrator, by the set-up link, and sign in."""
    settings = adapters().settings
    try:
        first_administrator.require_open(body["token"], settings)
    except NotAllowed:
        admit(count("setup", client()))
        raise
    origin = sessions.origin_of(request.headers.get("User-Agent", ""), client_address())
    return first_administrator.set_up(body["email"], body["password"], username=body.get("username"), origin=origin, settings=settings)


@page.get("/setup")
@needs(PUBLIC)
def setup_page() -> Response:
    """A form for whoever has the set-up link."""
    if not first_administrator.is_wanted():
        return pages.notice(
            "Aizen is set up",
            "There is an administrator already, so this link has done its work. Administrators make others by giving them the role.",
            status=410,
        )
    return pages.page(_FORM)
