"""/auth/verify-email: addresses that are confirmed by the link of an e-mail."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from aizen.auth import addresses, letters, throttles
from aizen.auth.addresses import Confirmed
from aizen.auth.examples import SENT_EXAMPLE, VERIFIED_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint
from aizen.auth.schemas import ConfirmedSchema, ResendSchema, SentSchema
from aizen.errors import Conflict, FieldError, Invalid
from aizen.settings import Settings
from aizen.web import adapters, negotiation
from aizen.web.caller import PUBLIC, caller_if_any, needs
from aizen.web.limits import limited, limited_by_failures
from aizen.web.openapi import ProblemSchema

emails = account_blueprint("emails", "/api/v1/auth/verify-email", "Addresses that are confirmed by the link of an e-mail")

SENT = "If this is the address of an account and is not confirmed yet, a link is on its way to it."


@emails.route("/<token>", methods=["GET"])
@needs(PUBLIC)
@limited_by_failures("one_time_token")
@emails.response(200, ConfirmedSchema, example=VERIFIED_EXAMPLE)
@emails.alt_response(303, schema=None, description="For a browser: the page, with `email=verified`, `not_valid` or `taken`")
@emails.alt_response(409, schema=ProblemSchema, description="Another account has this address by now")
@emails.alt_response(422, schema=ProblemSchema, description="The link is not valid: it was used, has expired, or a newer one was sent")
def verify_email(token: str) -> Confirmed | AnyResponse:
    """Confirm an e-mail address, or the change to it, by the token of the link that was sent there.

    A browser is led to the page, which says what came of it. HEAD does nothing.
    """
    if request.method == "HEAD":
        return Response(status=200)
    settings = adapters().settings
    wants_page = negotiation.names_page()
    try:
        with throttles.try_of_token():
            confirmed = addresses.confirm(token, adapters())
    except (Invalid, Conflict) as error:
        if not wants_page:
            raise
        return _shown("not_valid" if isinstance(error, Invalid) else "taken", settings)
    return _shown("verified", settings) if wants_page else confirmed


@emails.route("/resend", methods=["POST"])
@needs(PUBLIC)
@limited("email")
@emails.arguments(ResendSchema, example={"email": "ada@example.org"})
@emails.response(202, SentSchema, example=SENT_EXAMPLE)
@emails.alt_response(401, schema=ProblemSchema, description="The access token is wrong or its session has ended")
def resend_verification(body: dict[str, Any]) -> dict[str, str]:
    """Have another link sent to an address that is not confirmed yet; without `email`, to that of the signed-in user.

    The answer is the same for every address.
    """
    caller = caller_if_any()
    email = body.get("email") or (caller.email if caller else None)
    if email is None:
        raise Invalid(errors=[FieldError("/email", "required", "Name the address, or sign in.")])
    if caller is not None and email == caller.email:
        # Counted apart, so that nobody else uses up what the owner may ask for.
        throttles.admit_letter("own", email)
    elif not throttles.has_room("verify", email):
        return {"detail": SENT}
    letters.put_off_to_address(letters.VERIFICATION, email, adapters())
    return {"detail": SENT}


def _shown(outcome: str, settings: Settings) -> AnyResponse:
    answer: AnyResponse = redirect(f"{settings.page_url}/verify-email?email={outcome}", code=303)
    answer.headers["Vary"] = "Accept"
    return answer
