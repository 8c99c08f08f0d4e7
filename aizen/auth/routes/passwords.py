"""/auth/password: a new password for who forgot theirs, or wants another."""

from __future__ import annotations

from typing import Any

from aizen.auth import new_passwords, throttles
from aizen.auth.examples import PASSWORD_CHANGE_EXAMPLE, RESET_EXAMPLE, RESET_REQUEST_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint, origin_of_request
from aizen.auth.schemas import NothingSchema, PasswordChangeSchema, ResetRequestSchema, ResetSchema
from aizen.web import adapters
from aizen.web.caller import PUBLIC, caller, needs
from aizen.web.limits import limited, limited_by_failures
from aizen.web.openapi import ProblemSchema

new_password = account_blueprint("passwords", "/api/v1/auth/password", "A new password")


@new_password.route("/reset/request", methods=["POST"])
@needs(PUBLIC)
@limited("email")
@new_password.arguments(ResetRequestSchema, example=RESET_REQUEST_EXAMPLE)
@new_password.response(202, NothingSchema, example={})
def request_password_reset(body: dict[str, Any]) -> dict[str, Any]:
    """Have a link sent by which a new password can be chosen.

    The answer is the same whether or not anybody has the address. While the last link is young and unused, no other is sent.
    """
    throttles.admit_letter("reset", body["email"], network=origin_of_request().network)
    new_passwords.ask_for_reset(body["email"], adapters())
    return {}


@new_password.route("/reset/confirm", methods=["POST"])
@needs(PUBLIC)
@limited_by_failures("one_time_token")
@new_password.arguments(ResetSchema, example=RESET_EXAMPLE)
@new_password.response(200, NothingSchema, example={})
@new_password.alt_response(422, schema=ProblemSchema, description="The link is not valid, or the password may not be chosen")
def reset_password(body: dict[str, Any]) -> dict[str, Any]:
    """Choose a new password by the token of a link.

    The token is used up, every session of the account ends, and nobody is signed in.
    """
    with throttles.try_of_token():
        new_passwords.reset(body["token"], body["password"], origin=origin_of_request(), adapters=adapters())
    return {}


@new_password.route("/change", methods=["POST"])
@needs("account:write")
@limited_by_failures("login")
@new_password.arguments(PasswordChangeSchema, example=PASSWORD_CHANGE_EXAMPLE)
@new_password.response(200, NothingSchema, example={})
@new_password.alt_response(403, schema=ProblemSchema, description="The current password is wrong, or the caller lacks the scope")
def change_password(body: dict[str, Any]) -> dict[str, Any]:
    """Choose a new password, knowing the current one.

    Every other session of the account ends. A wrong current password counts as a failed sign-in.
    """
    who = caller()
    new_passwords.change(
        who.user_id,
        current=body["current_password"],
        password=body["password"],
        network=origin_of_request().network,
        session_id=who.session_id,
        adapters=adapters(),
    )
    return {}
