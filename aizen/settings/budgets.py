"""The settings of what AI may cost: budgets of a month, the prices by which calls are counted, and how long the ledger remembers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import fields as ma
from marshmallow import validate

from aizen.environment import count
from aizen.settings.declaring import setting

_DAY = 86400
MOST_DOLLARS = 1_000_000


@dataclass(frozen=True)
class Price:
    """What a model costs: either by tokens, or by the call."""

    model: str
    per_input_token: Decimal | None = None
    """Millionths of a US dollar: the number that stands for dollars where a million tokens are priced."""
    per_output_token: Decimal | None = None
    per_call: Decimal | None = None
    """US dollars."""

    def __str__(self) -> str:
        amounts = (self.per_call,) if self.per_call is not None else (self.per_input_token, self.per_output_token)
        return f"{self.model}={':'.join(str(amount) for amount in amounts)}"


class Prices(ma.Field[tuple[Price, ...]]):
    """A comma-separated list of ``model=input:output`` or ``model=call``. A model's own name may have colons in it (``llava:7b``)."""

    default_error_messages = {
        "invalid": "Must read like `small-model=0.25:1.5,painting-model=0.04`: US dollars for a million tokens in and out, or for a call.",
        "twice": "Names {model} twice.",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[Price, ...]:
        prices = tuple(self._price(item.strip()) for item in str(value).split(",") if item.strip())
        models = [price.model for price in prices]
        for model in models:
            if models.count(model) > 1:
                raise self.make_error("twice", model=model)
        return prices

    def _price(self, item: str) -> Price:
        model, _, told = item.rpartition("=")
        amounts = [self._amount(amount) for amount in told.split(":")]
        if not model.strip() or len(amounts) > 2:
            raise self.make_error("invalid")
        if len(amounts) == 1:
            return Price(model.strip(), per_call=amounts[0])
        return Price(model.strip(), per_input_token=amounts[0], per_output_token=amounts[1])

    def _amount(self, text: str) -> Decimal:
        try:
            amount = Decimal(text.strip())
        except InvalidOperation:
            raise self.make_error("invalid") from None
        if not (amount.is_finite() and 0 <= amount <= MOST_DOLLARS):
            raise self.make_error("invalid")
        return amount


def dollars() -> ma.Field[Any]:
    return ma.Decimal(validate=validate.Range(min=0, max=MOST_DOLLARS))


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """What describers and painters may be asked, and may cost, in a calendar month (UTC)."""

    ai_budget_user_calls: int = setting(
        0, "AI_BUDGET_USER_CALLS", count(0), "most calls to AI providers in a month for one user; 0 is no bound; offline never counts"
    )
    ai_budget_calls: int = setting(0, "AI_BUDGET_CALLS", count(0), "most such calls in a month for all users together; 0 is no bound")
    ai_budget_user_cost: Decimal = setting(
        Decimal(0),
        "AI_BUDGET_USER_COST",
        dollars(),
        "US dollars that they may cost in a month for one user, as far as known; 0 is no bound",
    )
    ai_budget_cost: Decimal = setting(
        Decimal(0),
        "AI_BUDGET_COST",
        dollars(),
        "the same for all users together; what has no known cost counts nothing, so bound calls too",
    )
    ai_prices: tuple[Price, ...] = setting(
        (),
        "AI_PRICES",
        Prices(),
        "prices of models, where the provider does not tell them: model=input:output in US dollars for a million tokens, or model=call",
        example="small-model=0.25:1.5,painting-model=0.04",
    )
    ai_ledger_seconds: int = setting(
        400 * _DAY, "AI_LEDGER_SECONDS", count(32 * _DAY), "how long each call is remembered; a month at least, for the budgets count them"
    )
