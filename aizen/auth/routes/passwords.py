"""/auth/password: a new password for who forgot theirs, or wants another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from aizen.auth import new_passwords, passwords, throttles
from aizen.auth.examples import PASSWORD_CHANGE_EXAMPLE, RESET_EXAMPLE, RESET_REQUEST_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint, origin_of_request
from aizen.auth.schemas import NothingSchema, PasswordChangeSchema, ResetRequestSchema, ResetSchema
from aizen.web import adapters, pages
from aizen.web.caller import PUBLIC, caller, needs
from aizen.web.limits import limited, limited_by_failures
from aizen.web.openapi import ProblemSchema

new_password = account_blueprint("passwords", "/api/v1/auth/password", "A new password")
password_pages = Blueprint("password_pages", __name__)

_ASK = pages.Form(
    title="Forgot your password?",
    intro="Type the e-mail address of your account. A link by which you choose a new password is sent there.",
    posts_to="/api/v1/auth/password/reset/request",
    fields=(pages.Field("email", "E-mail address", kind="email", autocomplete="username"),),
    button="Send the link",
    done_title="Look into your mailbox",
    done="If there is an account with this address, a link is on its way, or one that was sent minutes ago is still good."
    " Look among the unwanted mail too.",
    secret_field="",
)
_CHOOSE = pages.Form(
    title="Choose a new password",
    intro="Everybody who is signed in to your account, on any device, is signed out by it, and your API keys are revoked.",
    posts_to="/api/v1/auth/password/reset/confirm",
    fields=(
        pages.Field(
            "password",
            "New password",
            kind="password",
            hint=f"{passwords.SHORTEST} characters or more. Length is what counts.",
            autocomplete="new-password",
        ),
        pages.Field("password2", "New password once more", kind="password", autocomplete="new-password", repeats="password"),
    ),
    button="Choose this password",
    done_title="Your password is new",
    done="Sign in with it from now on. A letter about the change is on its way to you.",
    aside="Have another link sent",
    aside_leads_to="/forgot-password",
)


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


@password_pages.get("/forgot-password")
@needs(PUBLIC)
def forgot_password_page() -> Response:
    """A form for whoever wants a link by which they choose a new password."""
    return pages.page(_ASK)


@password_pages.get("/reset-password")
@needs(PUBLIC)
def reset_password_page() -> Response:
    """A form for whoever has such a link."""
    return pages.page(_CHOOSE)
