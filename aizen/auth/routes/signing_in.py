"""/auth: joining, signing in and out."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from aizen.auth import accounts, cookie_mode, sessions, throttles
from aizen.auth.cookie_mode import REFRESH_COOKIE, SESSION_HEADER, SET_COOKIE, AccessOnly
from aizen.auth.examples import ASKED_TO_JOIN_EXAMPLE, CREDENTIALS_EXAMPLE, REFRESH_EXAMPLE, TOKENS_EXAMPLE, USER_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint, origin_of_request
from aizen.auth.schemas import (
    AskedToJoinSchema,
    CredentialsSchema,
    JoinedSchema,
    NothingSchema,
    OldLogoutSchema,
    RefreshSchema,
    RegistrationSchema,
    TokensSchema,
)
from aizen.auth.tokens import Pair
from aizen.web import adapters
from aizen.web.caller import PUBLIC, needs
from aizen.web.limits import limited, limited_by_failures
from aizen.web.openapi import ProblemSchema

ASKED_TO_JOIN = "An e-mail is on its way to this address. Open its link, then upload; you can sign in already."

auth = account_blueprint("auth", "/api/v1/auth", "Joining, signing in and out")


@auth.route("/register", methods=["POST"])
@needs(PUBLIC)
@limited("register")
@auth.doc(parameters=[SESSION_HEADER])
@auth.arguments(RegistrationSchema, example={**CREDENTIALS_EXAMPLE, "username": "ada"})
@auth.response(201, JoinedSchema, example={"user": USER_EXAMPLE, "tokens": TOKENS_EXAMPLE}, headers=SET_COOKIE)
@auth.alt_response(
    202,
    schema=AskedToJoinSchema,
    example=ASKED_TO_JOIN_EXAMPLE,
    description="With EMAIL_VERIFICATION=required: whether or not there is an account with this address, its owner gets an e-mail",
)
@auth.alt_response(409, schema=ProblemSchema, description="The e-mail address or the username is taken")
def register_account(registration: dict[str, Any]) -> dict[str, Any] | Response:
    """Make an account and sign in to it."""
    cookie_mode.is_asked_for()  # an unknown mode is refused before there is an account
    email, password, username = registration["email"], registration["password"], registration.get("username")
    if adapters().settings.email_verification == "required":
        accounts.ask_to_join(email, password, username=username, adapters=adapters())
        answer = jsonify({"email": email, "detail": ASKED_TO_JOIN})
        answer.status_code = 202
        return answer
    joined = accounts.register(email, password, username=username, origin=origin_of_request(), adapters=adapters())
    return {"user": joined.user, "tokens": cookie_mode.handed_over(joined.tokens)}


@auth.route("/login", methods=["POST"])
@needs(PUBLIC)
@limited_by_failures("login")
@auth.doc(parameters=[SESSION_HEADER])
@auth.arguments(CredentialsSchema, example=CREDENTIALS_EXAMPLE)
@auth.response(200, TokensSchema, example=TOKENS_EXAMPLE, headers=SET_COOKIE)
@auth.alt_response(401, schema=ProblemSchema, description="The e-mail address or the password is wrong")
def log_in(credentials: dict[str, Any]) -> Pair | AccessOnly:
    """Sign in with e-mail address and password."""
    cookie_mode.is_asked_for()  # an unknown mode is refused before there is a session
    origin = origin_of_request()
    with throttles.try_of(credentials["email"], origin.network):
        pair = accounts.sign_in(credentials["email"], credentials["password"], origin=origin, settings=adapters().settings)
    return cookie_mode.handed_over(pair)


@auth.route("/token/refresh", methods=["POST"])
@needs(PUBLIC)
@limited("refresh")
@auth.doc(parameters=[SESSION_HEADER, REFRESH_COOKIE])
@auth.arguments(RefreshSchema, required=False, example=REFRESH_EXAMPLE)
@auth.response(200, TokensSchema, example=TOKENS_EXAMPLE, headers=SET_COOKIE)
@auth.alt_response(401, schema=ProblemSchema, description="The refresh token is wrong, expired or spent, or its session has ended")
def refresh_tokens(body: dict[str, Any]) -> Pair | AccessOnly:
    """Get the next pair of tokens; the refresh token is spent."""
    return cookie_mode.handed_over(sessions.rotate(cookie_mode.refresh_token_of_request(body), adapters().settings))


@auth.route("/logout", methods=["POST"])
@needs(PUBLIC)
@limited("refresh")
@auth.doc(parameters=[SESSION_HEADER, REFRESH_COOKIE])
@auth.arguments(RefreshSchema, at_old_addresses=OldLogoutSchema, required=False, example=REFRESH_EXAMPLE)
@auth.response(200, NothingSchema, example={}, headers=SET_COOKIE)
@auth.alt_response(401, schema=ProblemSchema, description="The refresh token is wrong or expired")
def log_out(body: dict[str, Any]) -> dict[str, Any]:
    """End the session of a refresh token, its access tokens included."""
    refresh = cookie_mode.refresh_token_of_request(body)
    cookie_mode.clear_cookie()
    sessions.end(refresh)
    return {}
