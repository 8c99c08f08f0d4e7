"""What administration looks like in JSON."""

from __future__ import annotations

from marshmallow import Schema

from aizen.auth.passwords import LONGEST, SHORTEST
from aizen.auth.schemas import Username
from aizen.web.fields import EmailAddress, Secret


class SetupSchema(Schema):
    """Who will be the first administrator."""

    token = Secret(longest=200, required=True, metadata={"description": "What stands behind `#token=` in the set-up link"})
    email = EmailAddress(required=True)
    password = Secret(longest=LONGEST, required=True, metadata={"minLength": SHORTEST})
    username = Username(metadata={"description": "`user-` and 8 random characters when it is left out"})
