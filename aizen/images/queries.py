"""What people type into a search, taken apart. Only ``-``, quotation marks and five names before a colon mean something."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from aizen.errors import FieldError, Invalid
from aizen.images.models import STATUSES, VISIBILITIES
from aizen.images.words import is_one_character, words_of

LONGEST_QUERY = 500
MOST_TERMS = 20
MOST_WORDS = 60
LONGEST_TAG = 50
MOST_TAGS = 50
TRASHED = "trashed"
STATES = (*STATUSES, *VISIBILITIES, "animated", "duplicate", "decorative", TRASHED)

_PART = re.compile(r'(?P<minus>-?)(?:(?P<name>tag|is|before|after):)?(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))', re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)


@dataclass(frozen=True)
class Term:
    """Words that follow each other; where ``is_beginning``, the last of them may go on."""

    words: tuple[str, ...]
    is_beginning: bool
    is_excluded: bool = False


@dataclass(frozen=True)
class Condition:
    """One value of ``tag:`` or ``is:``."""

    value: str
    is_excluded: bool = False


@dataclass(frozen=True)
class Query:
    """What is looked for: every term, tag and state, in images that were uploaded in ``[after, before)``.

    ``in_trash`` says where: in the trash, outside of it, or (None) in both.
    """

    terms: tuple[Term, ...] = ()
    tags: tuple[Condition, ...] = ()
    states: tuple[Condition, ...] = ()
    after: datetime | None = None
    before: datetime | None = None
    in_trash: bool | None = False

    @property
    def asks_for_nothing(self) -> bool:
        return self == Query()


def read_query(text: str) -> Query:
    """``text`` as a query. Quotes without a partner, signs and operators of other languages are text like any other.

    A word finds the words that begin with it; words in quotation marks are found as they stand. ``before:`` and ``after:`` take a year, a
    month or a day in UTC: ``after`` begins with it, ``before`` ends in front of it.
    Raises Invalid, pointing to ``/search``: too_many_terms, too_long, not_a_choice, not_a_date, required.
    """
    terms: list[Term] = []
    tags: list[Condition] = []
    states: list[Condition] = []
    after: datetime | None = None
    before: datetime | None = None
    parts = list(_PART.finditer(text))
    if len(parts) > MOST_TERMS:
        raise _refused("too_many_terms", f"Must have at most {MOST_TERMS} parts.")
    for part in parts:
        name, is_excluded = (part["name"] or "").lower(), bool(part["minus"])
        value = part["bare"] if part["quoted"] is None else part["quoted"]
        if not name:
            terms += _terms(value, is_quoted=part["quoted"] is not None, is_excluded=is_excluded)
        elif not value.strip(' "'):
            raise _refused("required", f"{name}: needs a value.")
        elif name == "tag":
            tags.append(Condition(_tag(value.strip(' "')), is_excluded))
        elif name == "is":
            states.append(Condition(_state(value), is_excluded))
        elif is_excluded:
            raise _refused("not_a_choice", f"-{name}: is not known; turn it around.", ("before:", "after:"))
        else:
            moment = _moment(name, value)
            if name == "after":
                after = max(after or moment, moment)
            else:
                before = min(before or moment, moment)
    if sum(len(term.words) for term in terms) > MOST_WORDS:
        raise _refused("too_many_terms", f"Must have at most {MOST_WORDS} words.")
    return Query(tuple(terms), tuple(tags), tuple(states), after, before)


def _terms(value: str, *, is_quoted: bool, is_excluded: bool) -> list[Term]:
    words = tuple(word.text for word in words_of(value))
    if not words:
        return []
    return [Term(words, is_beginning=not (is_quoted or is_one_character(words[-1])), is_excluded=is_excluded)]


def _tag(value: str) -> str:
    if len(value) > LONGEST_TAG:
        raise _refused("too_long", f"tag: must have at most {LONGEST_TAG} characters.")
    return value


def _state(value: str) -> str:
    state = value.lower()
    if state not in STATES:
        raise _refused("not_a_choice", f"is: must be one of: {', '.join(STATES)}.", STATES)
    return state


def _moment(name: str, value: str) -> datetime:
    found = _DATE.fullmatch(value)
    with suppress(ValueError):
        if found is not None:
            return datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=UTC)
    raise _refused("not_a_date", f"{name}: must be a date such as 2026, 2026-05 or 2026-05-09.")


def _refused(code: str, detail: str, allowed: tuple[str, ...] | None = None) -> Invalid:
    return Invalid(errors=[FieldError("/search", code, detail, allowed)])
