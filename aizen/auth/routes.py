"""/auth and /user: joining, signing in and out, and who one is."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from aizen.auth import accounts, sessions, throttles
from aizen.auth.accounts import Account, Joined
from aizen.auth.schemas import (
    CredentialsSchema,
    JoinedSchema,
    NothingSchema,
    OldLogoutSchema,
    RefreshSchema,
    RegistrationSchema,
    TokensSchema,
    UserSchema,
)
from aizen.auth.sessions import Origin
from aizen.auth.tokens import Pair
from aizen.web import adapters
from aizen.web.caller import PUBLIC, caller, needs
from aizen.web.legacy_routes import by_old_address
from aizen.web.limits import client_address, limited, limited_by_failures
from aizen.web.openapi import ProblemSchema
from aizen.web.parsing import Blueprint

auth = Blueprint("auth", __name__, url_prefix="/api/v1/auth", description="Joining, signing in and out")
user = Blueprint("user", __name__, url_prefix="/api/v1/user", description="The signed-in user")

TOKENS_EXAMPLE = {
    "access": "eyJhbGciOi.eyJhY2Nlc3Mi.c2lnbmF0dXJl",
    "refresh": "eyJhbGciOi.eyJyZWZyZXNo.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 900,
}
USER_EXAMPLE = {
    "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11",
    "email": "ada@example.org",
    "username": "ada",
    "first_name": "",
    "last_name": "",
    "date_joined": "2026-11-24T12:00:00Z",
    "email_verified": False,
    "role": "user",
}
REFRESH_EXAMPLE = {"refresh": TOKENS_EXAMPLE["refresh"]}
CREDENTIALS_EXAMPLE = {"email": "ada@example.org", "password": "a quiet river at nine"}


@auth.after_request
@user.after_request
def _never_stored(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _origin() -> Origin:
    return sessions.origin_of(request.headers.get("User-Agent", ""), client_address(), is_old_client=by_old_address())


@auth.route("/register", methods=["POST"])
@needs(PUBLIC)
@limited("register")
@auth.arguments(RegistrationSchema, example={**CREDENTIALS_EXAMPLE, "username": "ada"})
@auth.response(201, JoinedSchema, example={"user": USER_EXAMPLE, "tokens": TOKENS_EXAMPLE})
@auth.alt_response(409, schema=ProblemSchema, description="The e-mail address or the username is taken")
def register_account(registration: dict[str, Any]) -> Joined:
    """Make an account and sign in to it."""
    return accounts.register(
        registration["email"],
        registration["password"],
        username=registration.get("username"),
        origin=_origin(),
        settings=adapters().settings,
    )


@auth.route("/login", methods=["POST"])
@needs(PUBLIC)
@limited_by_failures("login")
@auth.arguments(CredentialsSchema, example=CREDENTIALS_EXAMPLE)
@auth.response(200, TokensSchema, example=TOKENS_EXAMPLE)
@auth.alt_response(401, schema=ProblemSchema, description="The e-mail address or the password is wrong")
def log_in(credentials: dict[str, Any]) -> Pair:
    """Sign in with e-mail address and password."""
    origin = _origin()
    with throttles.try_of(credentials["email"], origin.network):
        return accounts.sign_in(credentials["email"], credentials["password"], origin=origin, settings=adapters().settings)


@auth.route("/token/refresh", methods=["POST"])
@needs(PUBLIC)
@limited("refresh")
@auth.arguments(RefreshSchema, example=REFRESH_EXAMPLE)
@auth.response(200, TokensSchema, example=TOKENS_EXAMPLE)
@auth.alt_response(401, schema=ProblemSchema, description="The refresh token is wrong, expired or spent, or its session has ended")
def refresh_tokens(body: dict[str, Any]) -> Pair:
    """Get the next pair of tokens; the refresh token is spent."""
    return sessions.rotate(body["refresh"], adapters().settings)


@auth.route("/logout", methods=["POST"])
@needs(PUBLIC)
@limited("refresh")
@auth.arguments(RefreshSchema, at_old_addresses=OldLogoutSchema, example=REFRESH_EXAMPLE)
@auth.response(200, NothingSchema, example={})
@auth.alt_response(401, schema=ProblemSchema, description="The refresh token is wrong or expired")
def log_out(body: dict[str, Any]) -> dict[str, Any]:
    """End the session of a refresh token, its access tokens included."""
    sessions.end(body["refresh"])
    return {}


@user.route("/info", methods=["GET"])
@needs("account:read")
@user.response(200, UserSchema, example=USER_EXAMPLE)
def show_user_info() -> Account:
    """Show the signed-in user."""
    return accounts.find(caller().user_id)
