"""What a batch does to one image: by the functions that the routes for one image call, so that the same rules hold."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters
from aizen.batch.spending import Purse
from aizen.database import transaction
from aizen.errors import FieldError, Invalid
from aizen.images import library, processing, trash
from aizen.images.presenting import warnings
from aizen.images.queries import MOST_TAGS
from aizen.images.trash import Require
from aizen.transformations import orders, planning, saving
from aizen.transformations.charging import Bill
from aizen.transformations.planning import Wish
from aizen.transformations.recipe import Parsed
from aizen.web import idempotency
from aizen.web.idempotency import Once
from aizen.web.limits import Cost


@dataclass(frozen=True)
class Outcome:
    """What has come of it for one image: ``done``, ``accepted`` or ``unchanged``, the job put off, and what its owner should know."""

    status: str
    job_id: uuid.UUID | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Whose images they are, and whether it is only to be told what would come of it.

    ``require_to_show`` raises where whoever asks may not have an image seen by those whom a visibility names.
    """

    owner_id: uuid.UUID
    dry_run: bool
    purse: Purse
    require_to_show: Require
    adapters: Adapters


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for: an action by its name, and the members that belong to it."""

    action: str
    tags: Sequence[str] = ()
    visibility: str = "private"
    parsed: Parsed | None = None
    save: bool = False
    strict: bool = False
    use: Once | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Applied:
    """Whether anything is new, and what the owner of the image should know now."""

    is_new: bool
    warnings: tuple[str, ...] = ()


Apply = Callable[[uuid.UUID, Asked, Terms], Applied]


def act(image_id: uuid.UUID, asked: Asked, terms: Terms) -> Outcome:
    """What is asked for has been done to the image, or put off. Raises what the route for one image raises."""
    if asked.action == "transform":
        return _transform(image_id, asked, terms)
    if asked.action == "describe":
        # As its route counts it: before anything is looked at.
        terms.purse.pay([Cost("describe", str(terms.owner_id))])
    applied = _applied(_APPLY[asked.action], image_id, asked, terms)
    status = ("accepted" if asked.action == "describe" else "done") if applied.is_new else "unchanged"
    return Outcome(status, warnings=applied.warnings)


class _Undone(Exception):
    """A dry run has seen what would come of it."""


def _applied(apply: Apply, image_id: uuid.UUID, asked: Asked, terms: Terms) -> Applied:
    """What has come of it. A dry run is the thing itself, undone before it stands: so it says nothing else than what would be."""
    applied = Applied(is_new=False)
    with suppress(_Undone), transaction():
        applied = apply(image_id, asked, terms)
        if terms.dry_run:
            raise _Undone
    return applied


# -- what one short transaction does


def _delete(image_id: uuid.UUID, _asked: Asked, terms: Terms) -> Applied:
    library.drop(image_id, owner_id=terms.owner_id, if_versions=None, adapters=terms.adapters)
    return Applied(is_new=True)


def _trash(image_id: uuid.UUID, _asked: Asked, terms: Terms) -> Applied:
    return Applied(trash.put_in(library.locked(image_id, owner_id=terms.owner_id), terms.adapters))


def _restore(image_id: uuid.UUID, _asked: Asked, terms: Terms) -> Applied:
    image = library.locked(image_id, owner_id=terms.owner_id)
    is_new = trash.take_out(image, terms.adapters, require=terms.require_to_show)
    return Applied(is_new, warnings(image))


def _tag(image_id: uuid.UUID, asked: Asked, terms: Terms) -> Applied:
    image = library.locked(image_id, owner_id=terms.owner_id)
    tags = list(dict.fromkeys([*image.tags, *asked.tags]))
    if len(tags) > MOST_TAGS:
        detail = f"It would have {len(tags)} tags, and an image has at most {MOST_TAGS}."
        raise Invalid(errors=[FieldError("/tags", "too_many", detail)])
    return Applied(library.say(image, {"tags": tags}, terms.adapters))


def _untag(image_id: uuid.UUID, asked: Asked, terms: Terms) -> Applied:
    image = library.locked(image_id, owner_id=terms.owner_id)
    return Applied(library.say(image, {"tags": [tag for tag in image.tags if tag not in asked.tags]}, terms.adapters))


def _set_visibility(image_id: uuid.UUID, asked: Asked, terms: Terms) -> Applied:
    image = library.locked(image_id, owner_id=terms.owner_id)
    return Applied(library.say(image, {"visibility": asked.visibility}, terms.adapters), warnings(image))


def _describe(image_id: uuid.UUID, _asked: Asked, terms: Terms) -> Applied:
    return Applied(processing.have_described(image_id, owner_id=terms.owner_id, adapters=terms.adapters))


_APPLY: dict[str, Apply] = {
    "delete": _delete,
    "trash": _trash,
    "restore": _restore,
    "tag": _tag,
    "untag": _untag,
    "set_visibility": _set_visibility,
    "describe": _describe,
}


# -- what a worker does


def _transform(image_id: uuid.UUID, asked: Asked, terms: Terms) -> Outcome:
    use = idempotency.for_each(asked.use, image_id)
    made = idempotency.made_before(use)
    if made is not None:
        return Outcome("accepted", made)
    assert asked.parsed is not None
    settings = terms.adapters.settings
    plan = planning.plan(Wish(image_id=image_id, owner_id=terms.owner_id, parsed=asked.parsed, strict=asked.strict), settings)
    library.require_not_trashed(plan.image)
    if asked.save:
        saving.require_keepable(plan)
    terms.purse.pay(Bill(terms.owner_id, saves=asked.save, settings=settings).costs(orders.price(plan)))
    if terms.dry_run:
        return Outcome("accepted")
    try:
        return Outcome("accepted", orders.put_off(plan, save=asked.save, use=use, adapters=terms.adapters))
    except IntegrityError:
        # Another request with this key has been quicker.
        made = idempotency.made_before(use)
        if made is None:
            raise
        return Outcome("accepted", made)
