"""What administrators read of the ledger of AI, in JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields

from aizen.admin.ledger import MOST_USERS, UNFINISHED
from aizen.admin.schemas import WorkOwnerSchema
from aizen.auth.schemas import PageArguments
from aizen.web.fields import Choice, Text, Timestamp, refusal
from aizen.work.budgets import Month, month_of
from aizen.work.ledger import SERVICES


class CalendarMonth(fields.Field[Month]):
    """A month of this millennium, as RFC 3339 begins a date: ``2026-11``."""

    _PATTERN = re.compile(r"2[0-9]{3}-(0[1-9]|1[0-2])")

    def __init__(self, **kwargs: Any) -> None:
        shown = {"type": "string", "pattern": f"^{self._PATTERN.pattern}$", "example": "2026-11"}
        super().__init__(metadata={**shown, **kwargs.pop("metadata", {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Month:
        if not isinstance(value, str) or not self._PATTERN.fullmatch(value):
            raise refusal("not_a_month", "Must be a month such as 2026-11.")
        return month_of(datetime(int(value[:4]), int(value[5:]), 1, tzinfo=UTC))


class AiUseArguments(Schema):
    """Which month."""

    month = CalendarMonth(metadata={"description": "In UTC; this one when it is left out"})


class AiSumSchema(Schema):
    """What calls have used and cost, as far as the providers tell."""

    calls = fields.Integer(required=True)
    done = fields.Integer(required=True)
    unfinished = fields.Integer(
        required=True, metadata={"description": "Under way, or nobody came back from them: they may have cost something"}
    )
    counted_calls = fields.Integer(required=True, metadata={"description": "Those that count against the budgets: all but `offline`'s"})
    calls_without_cost = fields.Integer(
        required=True, metadata={"description": "Of those, how many nobody knows the cost of: `cost_micros` is too low by what they cost"}
    )
    input_tokens = fields.Integer(required=True)
    output_tokens = fields.Integer(required=True)
    cost_micros = fields.Integer(required=True, metadata={"description": "Millionths of a US dollar"})


class AiAmountSchema(Schema):
    """An amount of calls and of millionths of a US dollar; null where there is no bound."""

    calls = fields.Integer(required=True, allow_none=True)
    cost_micros = fields.Integer(required=True, allow_none=True)


class AiModelSchema(AiSumSchema):
    """What one model was asked for one service."""

    service = fields.String(required=True, metadata={"enum": list(SERVICES)})
    provider = fields.String(required=True)
    model = fields.String(required=True)


class AiUserSchema(AiSumSchema):
    """What was asked for one user, and what they have left of the budget of each."""

    owner = fields.Nested(WorkOwnerSchema, required=True)
    left = fields.Nested(AiAmountSchema, required=True)


class AiFailuresSchema(Schema):
    """How many calls failed in one way."""

    code = fields.String(required=True)
    count = fields.Integer(required=True)


class AiBudgetSchema(AiAmountSchema):
    """The budget of all users together, and what is left of it."""

    left = fields.Nested(AiAmountSchema, required=True)


class AiBudgetsSchema(Schema):
    """What a month may use."""

    each_user = fields.Nested(AiAmountSchema, required=True)
    all = fields.Nested(AiBudgetSchema, required=True)


class AiUseSchema(Schema):
    """What the calls of a month have used and cost."""

    month = fields.String(required=True, metadata={"example": "2026-11"})
    total = fields.Nested(AiSumSchema, required=True)
    failed = fields.List(fields.Nested(AiFailuresSchema), required=True)
    models = fields.List(fields.Nested(AiModelSchema), required=True, metadata={"description": "The most expensive first"})
    users = fields.List(
        fields.Nested(AiUserSchema), required=True, metadata={"description": f"The {MOST_USERS} who have cost most, or were asked for most"}
    )
    budgets = fields.Nested(AiBudgetsSchema, required=True)


class AiCallListArguments(PageArguments):
    """Which calls."""

    owner = fields.UUID(metadata={"description": "The id of a user"})
    service = Choice(*SERVICES)
    outcome = Text(longest=60, metadata={"description": f"`done`, `{UNFINISHED}` or the code of a failure"})


class AiCallSchema(Schema):
    """A call to a describer or painter."""

    id = fields.UUID(required=True)
    service = fields.String(required=True, metadata={"enum": list(SERVICES)})
    provider = fields.String(required=True)
    model = fields.String(required=True)
    owner = fields.Nested(WorkOwnerSchema, required=True, allow_none=True, metadata={"description": "null where the account is gone"})
    image_id = fields.UUID(required=True, metadata={"description": "The image may be gone"})
    outcome = fields.String(
        required=True, allow_none=True, metadata={"description": "`done` or the code of the failure; null while nobody knows"}
    )
    milliseconds = fields.Integer(required=True, allow_none=True)
    input_tokens = fields.Integer(required=True, allow_none=True)
    output_tokens = fields.Integer(required=True, allow_none=True)
    cost_micros = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Millionths of a US dollar; null where nobody knows"}
    )
    created_at = Timestamp(required=True)
