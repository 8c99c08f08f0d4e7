"""What accounts look like in JSON. What a schema does not name cannot be set."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, pre_load, validates_schema

from aizen.auth import keys
from aizen.auth.accounts import LONGEST_NAME, LONGEST_USERNAME, SHORTEST_USERNAME, USERNAME
from aizen.auth.addresses import LONGEST as LONGEST_EMAIL
from aizen.auth.passwords import LONGEST, SHORTEST
from aizen.web.caller import KEY_SCOPES
from aizen.web.fields import Choice, EmailAddress, Secret, Text, Timestamp, Truth, Whole, refusal
from aizen.web.pagination import LARGEST_PAGE, PAGE

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
    """A refresh token. Whether it must or must not be here follows from the header Aizen-Session."""

    refresh = Secret(
        longest=_LONGEST_TOKEN,
        metadata={
            "description": "Required, but with `Aizen-Session: cookie`: then the token is taken from the cookie, and none is taken here"
        },
    )


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
    refresh = fields.String(metadata={"description": "Good for one refresh. Absent with `Aizen-Session: cookie`: then it is in the cookie"})
    token_type = fields.Constant("Bearer", required=True, metadata={"type": "string", "enum": ["Bearer"]})
    expires_in = fields.Integer(required=True, metadata={"description": "Life of the access token in seconds"})


class StorageSchema(Schema):
    """How much a user keeps: the bytes of the originals."""

    used = fields.Integer(required=True)
    quota = fields.Integer(
        required=True, allow_none=True, metadata={"description": "How much that may be: 0 is nothing at all, null is no bound"}
    )


class UserSchema(Schema):
    """The signed-in user."""

    id = fields.UUID(required=True)
    email = fields.String(required=True, metadata={"format": "email"})
    pending_email = fields.String(
        required=True, allow_none=True, metadata={"format": "email", "description": "The address that it becomes once it is confirmed"}
    )
    username = fields.String(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    date_joined = Timestamp(required=True)
    email_verified = fields.Boolean(required=True)
    role = fields.String(required=True, metadata={"enum": ["user", "admin"]})
    storage = fields.Nested(StorageSchema, required=True)


_LARGEST = 2**63 - 1
_READ_ONLY = {"description": "Cannot be changed: it may be left out, or be what it is"}


class SentStorageSchema(Schema):
    """What was read, sent back."""

    used = Whole(lowest=0, highest=_LARGEST)
    quota = Whole(lowest=0, highest=_LARGEST, allow_none=True)


class ProfileChangesSchema(Schema):
    """What the user wants changed of their account; what is left out stays."""

    username = Username()
    first_name = Text(longest=LONGEST_NAME)
    last_name = Text(longest=LONGEST_NAME)
    email = EmailAddress(metadata={"description": "Another address takes `current_password`, and has to be confirmed before it counts"})
    current_password = Secret(longest=LONGEST, metadata={"description": "For another e-mail address"})
    pending_email = Text(longest=LONGEST_EMAIL, allow_none=True, metadata=_READ_ONLY)
    id = fields.UUID(metadata=_READ_ONLY)
    date_joined = fields.AwareDateTime(format="iso", default_timezone=UTC, metadata=_READ_ONLY)
    email_verified = Truth(metadata=_READ_ONLY)
    role = Text(longest=10, metadata=_READ_ONLY)
    storage = fields.Nested(SentStorageSchema, metadata=_READ_ONLY)


class ProfileSchema(ProfileChangesSchema):
    """The account as the user wants it; a name that is left out is none."""

    username = Username(required=True)
    first_name = Text(longest=LONGEST_NAME, load_default="")
    last_name = Text(longest=LONGEST_NAME, load_default="")


class PasswordSchema(Schema):
    """The password of whoever is signed in, once more."""

    password = Secret(longest=LONGEST, required=True)


class JoinedSchema(Schema):
    """A new user, signed in."""

    user = fields.Nested(UserSchema, required=True)
    tokens = fields.Nested(TokensSchema, required=True)


class PageArguments(Schema):
    """Which part of a list is asked for."""

    limit = Whole(lowest=1, highest=LARGEST_PAGE, load_default=PAGE)
    cursor = Text(longest=1000, metadata={"description": "From the Link header of the page before"})


class SessionSchema(Schema):
    """One place where the user is signed in."""

    id = fields.UUID(required=True)
    device = fields.String(required=True, metadata={"description": "How the program called itself when it signed in"})
    network = fields.String(required=True, metadata={"description": "The network that it signed in from"})
    created_at = Timestamp(required=True)
    last_used_at = Timestamp(required=True, metadata={"description": "The sign-in, or the last refresh"})
    expires_at = Timestamp(required=True, metadata={"description": "Its end, unless it is refreshed before"})
    is_current = fields.Boolean(required=True, metadata={"description": "It is the session of the access token that asks"})


class Scopes(fields.List[str]):
    """What an API key may do: at least one scope, each told once, in the order of the documentation."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Choice(*KEY_SCOPES), metadata={"minItems": 1, **kwargs.pop("metadata", {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str | None]:
        named = super()._deserialize(value, attr, data, **kwargs)
        if not named:
            raise refusal("too_few", "Must name at least one scope.", allowed=KEY_SCOPES)
        return [scope for scope in KEY_SCOPES if scope in named]


class KeyRequestSchema(Schema):
    """What a new API key is for."""

    name = Text(longest=keys.LONGEST_NAME, shortest=1, required=True, metadata={"description": "For yourself, to tell your keys apart"})
    scopes = Scopes(required=True, metadata={"description": "`admin` may be given by administrators only"})
    expires_in = Whole(
        lowest=keys.SHORTEST_LIFE,
        highest=keys.LONGEST_LIFE,
        load_default=None,
        allow_none=True,
        metadata={"description": "Life in seconds; without it the key lives until it is revoked"},
    )


class KeySchema(Schema):
    """An API key; the key itself is never shown again."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    hint = fields.String(required=True, metadata={"description": "How the key begins"})
    scopes = fields.List(fields.String(metadata={"enum": list(KEY_SCOPES)}), required=True)
    created_at = Timestamp(required=True)
    expires_at = Timestamp(required=True, allow_none=True)
    last_used_at = Timestamp(required=True, allow_none=True, metadata={"description": "Accurate to some minutes"})


class NewKeySchema(KeySchema):
    """An API key that has just been made."""

    key = fields.String(required=True, metadata={"description": "Shown this one time: send it as `Authorization: Bearer <key>`"})


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
