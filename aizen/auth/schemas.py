"""What accounts look like in JSON. What a schema does not name cannot be set."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, pre_load, validates_schema

from aizen.auth.accounts import LONGEST_USERNAME, SHORTEST_USERNAME, USERNAME
from aizen.auth.passwords import LONGEST, SHORTEST
from aizen.web.fields import EmailAddress, Secret, Text, Timestamp, refusal

# A token of any length is answered like any other that is wrong; the limit on bodies comes first.
_LONGEST_TOKEN = 256 * 1024


class Username(Text):
    """Letters, digits, points, underscores and hyphens, compared without case. It is never an e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": f"^{USERNAME.pattern}$", **kwargs.pop("metadata", {})}
        super().__init__(longest=LONGEST_USERNAME, shortest=SHORTEST_USERNAME, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not USERNAME.fullmatch(text):
            raise refusal("not_a_username", "Must begin with a letter or digit and have only letters A to Z, digits, '.', '_' and '-'.")
        return text


class RegistrationSchema(Schema):
    """Who wants to join."""

    email = EmailAddress(required=True)
    password = Secret(longest=LONGEST, required=True, metadata={"minLength": SHORTEST})
    password2 = Secret(longest=LONGEST, metadata={"description": "The password once more, where a form asks for it twice"})
    username = Username(metadata={"description": "`user-` and 8 random characters when it is left out"})

    @validates_schema(skip_on_field_errors=True)
    def _the_passwords_agree(self, data: dict[str, Any], **kwargs: Any) -> None:
        _agree(data)


def _agree(data: dict[str, Any]) -> None:
    """A form that asks for the password twice was given the same one twice."""
    if data.get("password2", data["password"]) != data["password"]:
        error = refusal("passwords_differ", "The two passwords differ.")
        error.field_name = "password2"
        raise error


class CredentialsSchema(Schema):
    """Who wants to sign in."""

    email = EmailAddress(required=True)
    password = Secret(longest=LONGEST, required=True)


class RefreshSchema(Schema):
    """A refresh token."""

    refresh = Secret(longest=_LONGEST_TOKEN, required=True)


class OldLogoutSchema(RefreshSchema):
    """The same at an old address, where it may be called ``refresh_token``."""

    @pre_load
    def _by_its_other_name(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"refresh": data["refresh_token"], **data} if "refresh_token" in data else data


class ResetRequestSchema(Schema):
    """Who forgot their password."""

    email = EmailAddress(required=True)


class _NewPasswordSchema(Schema):
    password = Secret(longest=LONGEST, required=True, metadata={"minLength": SHORTEST, "description": "The new password"})
    password2 = Secret(longest=LONGEST, metadata={"description": "The new password once more, where a form asks for it twice"})

    @validates_schema(skip_on_field_errors=True)
    def _the_passwords_agree(self, data: dict[str, Any], **kwargs: Any) -> None:
        _agree(data)


class ResetSchema(_NewPasswordSchema):
    """The new password of who has a link."""

    token = Secret(longest=_LONGEST_TOKEN, required=True, metadata={"description": "What follows `#token=` in the link"})


class PasswordChangeSchema(_NewPasswordSchema):
    """The new password of who knows the current one."""

    current_password = Secret(longest=LONGEST, required=True)


class TokensSchema(Schema):
    """A pair of tokens."""

    access = fields.String(required=True, metadata={"description": "Send it as `Authorization: Bearer <access>`"})
    refresh = fields.String(required=True, metadata={"description": "Good for one refresh"})
    token_type = fields.Constant("Bearer", required=True, metadata={"type": "string", "enum": ["Bearer"]})
    expires_in = fields.Integer(required=True, metadata={"description": "Life of the access token in seconds"})


class UserSchema(Schema):
    """The signed-in user."""

    id = fields.UUID(required=True)
    email = fields.String(required=True, metadata={"format": "email"})
    username = fields.String(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    date_joined = Timestamp(required=True)
    email_verified = fields.Boolean(required=True)
    role = fields.String(required=True, metadata={"enum": ["user", "admin"]})


class JoinedSchema(Schema):
    """A new user, signed in."""

    user = fields.Nested(UserSchema, required=True)
    tokens = fields.Nested(TokensSchema, required=True)


class AskedToJoinSchema(Schema):
    """What everybody is told who registers with EMAIL_VERIFICATION=required."""

    email = fields.String(required=True, metadata={"format": "email"})
    detail = fields.String(required=True, metadata={"description": "What to do next, for a person"})


class ConfirmedSchema(Schema):
    """An address that is confirmed."""

    email = fields.String(required=True, metadata={"format": "email"})
    email_verified = fields.Boolean(required=True)


class ResendSchema(Schema):
    """Whose address is to be confirmed."""

    email = EmailAddress(metadata={"description": "Needed where nobody is signed in"})


class SentSchema(Schema):
    """What is told whether or not anything is sent."""

    detail = fields.String(required=True)


class NothingSchema(Schema):
    """An empty object: it was done."""
