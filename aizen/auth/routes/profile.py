"""/auth/profile and /user: who one is, what one changes of it, and the end of it."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from aizen.auth import accounts, closing, cookie_mode, profiles
from aizen.auth.accounts import Account
from aizen.auth.cookie_mode import SESSION_HEADER, SET_COOKIE
from aizen.auth.examples import PASSWORD_EXAMPLE, PROFILE_CHANGES_EXAMPLE, PROFILE_EXAMPLE, USER_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint, origin_of_request
from aizen.auth.schemas import PasswordSchema, ProfileChangesSchema, ProfileSchema, UserSchema
from aizen.web import adapters
from aizen.web.answers import nothing
from aizen.web.caller import caller, needs
from aizen.web.limits import limited_by_failures
from aizen.web.openapi import ProblemSchema
from aizen.web.preconditions import body_etag, entity_tag, if_match_header, versions_asked_for

user = account_blueprint("user", "/api/v1/user", "The signed-in user")
profile = account_blueprint("profile", "/api/v1/auth/profile", "Change one's account, or close it")

IF_MATCH_HEADER = if_match_header("the profile")
STALE = "The profile has changed since the ETag of If-Match"
TAKEN = "The username is taken"
REFUSED = "The current password, which another e-mail address takes, is wrong, or the caller lacks the scope"


@user.route("/info", methods=["GET"])
@needs("account:read")
@user.response(200, UserSchema, example=USER_EXAMPLE)
def show_user_info() -> Account:
    """Show the signed-in user."""
    return accounts.find(caller().user_id, adapters().settings)


@profile.route("", methods=["GET"])
@needs("account:read")
@profile.response(200, UserSchema, example=USER_EXAMPLE)
@profile.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
def show_profile() -> Response:
    """Show your profile."""
    answer = _shown(accounts.find(caller().user_id, adapters().settings))
    answer.make_conditional(request)
    return answer


@profile.route("", methods=["PUT"])
@needs("account:write")
@limited_by_failures("login")
@profile.doc(parameters=[IF_MATCH_HEADER])
@profile.arguments(ProfileSchema, example=PROFILE_EXAMPLE)
@profile.response(200, UserSchema, example=USER_EXAMPLE)
@profile.alt_response(403, schema=ProblemSchema, description=REFUSED)
@profile.alt_response(409, schema=ProblemSchema, description=TAKEN)
@profile.alt_response(412, schema=ProblemSchema, description=STALE)
def replace_profile(sent: dict[str, Any]) -> Response:
    """Write your profile anew."""
    return _changed(sent)


@profile.route("", methods=["PATCH"])
@needs("account:write")
@limited_by_failures("login")
@profile.doc(parameters=[IF_MATCH_HEADER])
@profile.arguments(ProfileChangesSchema, required=False, example=PROFILE_CHANGES_EXAMPLE)
@profile.response(200, UserSchema, example=USER_EXAMPLE)
@profile.alt_response(403, schema=ProblemSchema, description=REFUSED)
@profile.alt_response(409, schema=ProblemSchema, description=TAKEN)
@profile.alt_response(412, schema=ProblemSchema, description=STALE)
def edit_profile(sent: dict[str, Any]) -> Response:
    """Change something of your profile."""
    return _changed(sent)


@profile.route("", methods=["DELETE"])
@needs("account:write")
@limited_by_failures("login")
@profile.doc(parameters=[IF_MATCH_HEADER, SESSION_HEADER])
@profile.arguments(PasswordSchema, example=PASSWORD_EXAMPLE)
@profile.response(204, headers=SET_COOKIE)
@profile.alt_response(409, schema=ProblemSchema, description="You are the last administrator")
@profile.alt_response(412, schema=ProblemSchema, description=STALE)
def close_account(proof: dict[str, Any]) -> Response:
    """Close your account for good, and remove its images."""
    cookie_mode.is_asked_for()  # an unknown mode is refused before anything is closed
    who = caller()
    closing.close(
        who.user_id,
        proof["password"],
        network=origin_of_request().network,
        session_id=who.session_id,
        if_versions=versions_asked_for(),
        adapters=adapters(),
    )
    cookie_mode.clear_cookie()
    return nothing()


def _changed(sent: dict[str, Any]) -> Response:
    who = caller()
    changed = profiles.change(
        who.user_id,
        sent,
        network=origin_of_request().network,
        session_id=who.session_id,
        if_versions=versions_asked_for(),
        adapters=adapters(),
    )
    return _shown(changed)


def _shown(account: Account) -> Response:
    body = UserSchema().dump(account)
    answer = jsonify(body)
    answer.set_etag(entity_tag(profiles.version(account.updated_at), body_etag(body)))
    return answer
