"""From a plan to an image of its own, which remembers what it was made from, and how."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, replace
from typing import IO

from aizen.adapters import Adapters
from aizen.auth import quotas
from aizen.errors import FieldError, Invalid, NotFound
from aizen.images import derived, intake, library, presenting
from aizen.images.intake import StoredPicture
from aizen.images.library import Origin, Words
from aizen.images.models import DerivedFile
from aizen.images.shown import Shown
from aizen.imaging import MEDIA_TYPES
from aizen.storage.disk import passing_file, path_of
from aizen.transformations import planning, rendering
from aizen.transformations.planning import Plan, Wish
from aizen.transformations.rendering import Changed, Terms, Times
from aizen.web import limits
from aizen.web.idempotency import Once
from aizen.web.uploads import Upload


@dataclass(frozen=True)
class StoredRendering:
    """What a plan has made, stored under a key that no row owns yet; ``cached`` where the pixels were there already.

    ``describe`` says whether a describer is to look at it.
    """

    plan: Plan
    stored: StoredPicture
    warnings: tuple[str, ...]
    cached: bool
    describe: bool
    times: Times


def take_in(wish: Wish, adapters: Adapters, *, terms: Terms = rendering.FREE, first: Plan | None = None) -> StoredRendering:
    """The wish is fulfilled by a picture that is stored as an upload is; without a row that keeps it, the clock removes it again.

    Raises as ``rendering.derive`` does, and QuotaExceeded for more than the owner may still keep.
    """
    return rendering.with_fresh_plan(wish, adapters, lambda plan: _taken_in(plan, adapters, terms), first=first)


def add(made: StoredRendering, *, use: Once | None, adapters: Adapters) -> Shown:
    """The open transaction makes the picture an image of its owner's, private, with the title of what it was made from.

    Raises as ``library.add`` does.
    """
    origin = Origin("transformation", parent_id=made.plan.image.id, recipe=str(made.plan.wish.parsed.recipe))
    words = Words(title=made.plan.image.title)
    return library.add(made.stored, words, describe=made.describe, use=use, adapters=adapters, origin=origin)


def require_keepable(plan: Plan) -> None:
    """Nothing, where the plan's file can be an image. Raises Invalid (not_kept_as_image) for a format that is made and not taken."""
    if plan.format not in MEDIA_TYPES:
        pointer = plan.wish.parsed.output_pointer("format")
        detail = f"An image is kept as one of: {', '.join(MEDIA_TYPES)}."
        raise Invalid(errors=[FieldError(pointer, "not_kept_as_image", detail, tuple(MEDIA_TYPES))])


def _taken_in(plan: Plan, adapters: Adapters, terms: Terms) -> StoredRendering:
    require_keepable(plan)
    times = Times()
    with passing_file() as target:
        if plan.found is None:
            terms.enter()
            terms.charge(plan.megapixels)
            warnings = rendering.warnings_of(plan, rendering.draw(plan, target, adapters, times=times))
        else:
            terms.charge(0)
            _copy(plan.found, target, adapters)
            warnings = plan.found.warnings
        planning.refuse_warnings(plan.wish, warnings)
        stored = _store(plan, target, adapters)
    # Past that limit it is kept without a description: its owner may ask for one later.
    describe = limits.count("describe", str(plan.wish.owner_id)).passes
    return StoredRendering(plan, stored, tuple(warnings), cached=plan.found is not None, describe=describe, times=times)


def _copy(found: DerivedFile, target: IO[bytes], adapters: Adapters) -> None:
    try:
        with adapters.storage.open(found.key) as source:
            shutil.copyfileobj(source, target)
    except NotFound:
        derived.forget_one(found.id)
        raise Changed from None
    target.flush()
    target.seek(0)


def _store(plan: Plan, target: IO[bytes], adapters: Adapters) -> StoredPicture:
    size = os.fstat(target.fileno()).st_size
    room = quotas.find(plan.wish.owner_id, adapters.settings)
    if not room.has_room(size):
        quotas.refuse(room, size=size)
    digest = hashlib.file_digest(target, "sha256").hexdigest()  # type: ignore[arg-type] # every file has readinto
    target.seek(0)
    name = presenting.derived_file_name(plan.image, plan.cache_key, plan.format)
    upload = Upload(name, target, path_of(target), size, digest)
    stored = intake.take_in(upload, owner_id=plan.wish.owner_id, adapters=adapters)
    # A GIF cannot say it; its image still knows, and says it again in whatever is made of it.
    return replace(stored, picture=replace(stored.picture, rights=plan.rights))
