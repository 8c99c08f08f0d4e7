"""What one call has used up, as far as the provider tells it. Like everything that it tells, this may be anything at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aizen.errors import OutsideFailure

# Far beyond what any model takes in or says at once, and any price of that: more is no count but a fault, which must not use up a budget.
MOST_TOKENS = 100_000_000
MOST_DOLLARS = 1_000


@dataclass(frozen=True)
class Usage:
    """Tokens and cost of one call; None is what nobody has told."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    """What the model thought is in here, for it is paid for in the same way."""
    cost: int | None = None
    """Millionths of a US dollar, only where the provider itself has told its price."""


def tokens(told: object) -> int | None:
    """``told`` where it can be a number of tokens."""
    if isinstance(told, bool) or not isinstance(told, int):
        return None
    return told if 0 <= told <= MOST_TOKENS else None


def millionths(dollars: object) -> int | None:
    """The price in millionths of a dollar where ``dollars`` can be one."""
    if isinstance(dollars, bool) or not isinstance(dollars, (int, float)):
        return None
    # Compared first: NaN, Infinity and whole numbers beyond all floats are JSON to Python, and no range has them in it.
    return round(dollars * 1_000_000) if 0 <= dollars <= MOST_DOLLARS else None


@contextmanager
def used_up(usage: Usage | None) -> Iterator[None]:
    """A failure that leaves this block tells what it has cost all the same: a refusal to describe, an answer that nobody can read."""
    try:
        yield
    except OutsideFailure as failure:
        failure.usage = usage
        raise


def usage_of(outcome: object) -> Usage | None:
    """What an answer or a failure says that it has used up."""
    usage = getattr(outcome, "usage", None)
    return usage if isinstance(usage, Usage) else None
