"""/user: who one is."""

from __future__ import annotations

from aizen.auth import accounts
from aizen.auth.accounts import Account
from aizen.auth.examples import USER_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint
from aizen.auth.schemas import UserSchema
from aizen.web.caller import caller, needs

user = account_blueprint("user", "/api/v1/user", "The signed-in user")


@user.route("/info", methods=["GET"])
@needs("account:read")
@user.response(200, UserSchema, example=USER_EXAMPLE)
def show_user_info() -> Account:
    """Show the signed-in user."""
    return accounts.find(caller().user_id)
