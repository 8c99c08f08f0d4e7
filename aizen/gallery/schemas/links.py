"""What share links look like in JSON. What a schema does not name cannot be set."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from aizen.gallery import links
from aizen.web.fields import Secret, Text, Timestamp, Whole, refusal
from aizen.web.pagination import LARGEST_PAGE, PAGE


def _not_empty(value: str) -> None:
    if not value:
        raise refusal("too_short", "Must not be empty.")


class LinkRequestSchema(Schema):
    """What a new link may do."""

    expires_in = Whole(
        lowest=links.SHORTEST_LIFE,
        highest=links.LONGEST_LIFE,
        metadata={"description": "Life in seconds; without it SHARE_LINK_SECONDS: 30 days, unless the operator has said otherwise"},
    )
    password = Secret(
        longest=links.LONGEST_PASSWORD,
        validate=_not_empty,
        load_default=None,
        allow_none=True,
        metadata={"minLength": 1, "description": "What a viewer has to type first. Wrong ones are throttled, so it need not be long"},
    )
    max_views = Whole(
        lowest=1,
        highest=links.MOST_VIEWS,
        load_default=None,
        allow_none=True,
        metadata={"description": "How often the link may be opened; without it there is no bound"},
    )


class LinkSchema(Schema):
    """A link that shows one image to whoever has it. It stays as it is: to change it, make another one and revoke this one."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True, metadata={"description": "26 small letters and digits"})
    url = fields.String(required=True, metadata={"format": "uri", "description": "What is to be sent to others"})
    expires_at = Timestamp(required=True)
    has_password = fields.Boolean(required=True)
    max_views = fields.Integer(required=True, allow_none=True)
    views = fields.Integer(required=True, metadata={"description": "How often it has been opened"})
    created_at = Timestamp(required=True)


class LinkListArguments(Schema):
    """Which part of the list is asked for."""

    limit = Whole(lowest=1, highest=LARGEST_PAGE, load_default=PAGE)
    cursor = Text(longest=1000, metadata={"description": "From the Link header of the page before"})


class OpeningSchema(Schema):
    """What opens a link."""

    password = Secret(longest=links.LONGEST_PASSWORD, load_default=None, allow_none=True)


def request_as_sent(wanted: dict[str, Any]) -> links.Terms:
    """The terms that ``LinkRequestSchema`` has loaded."""
    return links.Terms(seconds=wanted.get("expires_in"), password=wanted["password"], max_views=wanted["max_views"])
