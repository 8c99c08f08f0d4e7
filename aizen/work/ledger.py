"""The ledger of AI: a row for every call to a describer or painter, written before it is made and completed when it is over."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters
from aizen.ai import OFFLINE
from aizen.ai.usage import Usage, usage_of
from aizen.database import changed_rows, db, new_id, transaction, utc_now
from aizen.errors import Final, OutOfSpace, OutsideFailure, Unavailable
from aizen.settings import Settings
from aizen.settings.budgets import Price
from aizen.work import budgets
from aizen.work.models import AiCall

log = structlog.get_logger(__name__)

DONE = "done"
SERVICES = ("description", "generation")


class Provider(Protocol):
    """Somebody outside who is asked, by name, with the model that answers unless another is named."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...


_Provider = TypeVar("_Provider", bound=Provider)
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Call:
    """What a call is for (one of ``SERVICES``), on whose account, and of which image."""

    service: str
    owner_id: uuid.UUID | None
    image_id: uuid.UUID


def asked(
    provider: _Provider, about: Call, ask: Callable[[_Provider], _Answer], *, settings: Settings, model: str | None = None
) -> _Answer:
    """What ``ask`` answers, and the ledger has the call. No transaction is open while the provider is waited for.

    The row is there before the call: where nobody comes back to complete it, it may have been paid for. ``usage`` of the answer, or of the
    failure, tells tokens and cost. Raises what ``ask`` raises; Final without asking, with budget_exceeded where this month's budget of the
    owner or of all is used up, and with account_closed where the owner is gone; and Unavailable where the row cannot be written.
    """
    model = model or provider.model
    call_id = _begin(provider.name, model, about, settings)
    begun = time.monotonic()
    try:
        answer = ask(provider)
    except OutsideFailure as failure:
        _complete(call_id, provider.name, outcome=failure.code, begun=begun, usage=_priced(failure, provider.name, model, settings))
        raise
    _complete(call_id, provider.name, outcome=DONE, begun=begun, usage=_priced(answer, provider.name, model, settings))
    return answer


def _begin(provider: str, model: str, about: Call, settings: Settings) -> uuid.UUID:
    call_id, now = new_id(), utc_now()
    row = {"id": call_id, "owner_id": about.owner_id, "image_id": about.image_id, "service": about.service, "created_at": now}
    try:
        with transaction():
            if provider != OFFLINE:
                budgets.require_left(about.owner_id, now, settings)
            db.session.execute(sa.insert(AiCall).values(**row, provider=provider, model=model))
    except IntegrityError:
        # The row refers to nothing but its owner.
        raise Final("The account has been closed.", code="account_closed") from None
    return call_id


def _complete(call_id: uuid.UUID, provider: str, *, outcome: str, begun: float, usage: Usage) -> None:
    """The row says how the call ended. One that cannot say so costs a figure, and must not take along an answer that has been paid for."""
    told = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cost": usage.cost}
    milliseconds = round((time.monotonic() - begun) * 1000)
    try:
        with transaction():
            changed_rows(sa.update(AiCall).where(AiCall.id == call_id).values(outcome=outcome[:60], milliseconds=milliseconds, **told))
    except (Unavailable, OutOfSpace) as outage:
        log.warning("AI call not completed in the ledger", provider=provider, code=outage.code)


def _priced(outcome: object, provider: str, model: str, settings: Settings) -> Usage:
    """What the call has used up, with the cost by AI_PRICES where the provider has told none."""
    usage = usage_of(outcome) or Usage()
    if usage.cost is not None or provider == OFFLINE:
        return usage
    price = next((each for each in settings.ai_prices if each.model == model), None)
    has_failed = isinstance(outcome, OutsideFailure)
    return usage if price is None else Usage(usage.input_tokens, usage.output_tokens, _cost(price, usage, has_failed=has_failed))


def _cost(price: Price, usage: Usage, *, has_failed: bool) -> int | None:
    if price.per_call is not None:
        # Nobody says what a picture has cost that was not painted.
        return None if has_failed else round(price.per_call * 1_000_000)
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    return round((price.per_input_token or 0) * (usage.input_tokens or 0) + (price.per_output_token or 0) * (usage.output_tokens or 0))


def forget_old(adapters: Adapters) -> int:
    """How many calls were older than ``ai_ledger_seconds`` and are forgotten."""
    oldest = utc_now() - timedelta(seconds=adapters.settings.ai_ledger_seconds)
    with transaction():
        return changed_rows(sa.delete(AiCall).where(AiCall.created_at < oldest))
