"""From an address to the file that it names: who may open it, whether it has been made, and the making."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth import closing
from aizen.auth.models import User
from aizen.database import db, reading
from aizen.delivery.address import Address
from aizen.errors import AizenError, FieldError, Final, Infeasible, Invalid, NotFound, Unreadable
from aizen.images.models import DerivedFile, Image
from aizen.imaging import OutputFormat
from aizen.imaging.steps import Watermark
from aizen.transformations import planning, rendering
from aizen.transformations.configuration import Language
from aizen.transformations.planning import Plan, Wish
from aizen.transformations.recipe import Parsed, read_url
from aizen.transformations.rendering import Terms, Times
from aizen.web.memory import Recent
from aizen.web.negotiation import Reads

# How much of what could not be rendered one process remembers, and for how long.
MOST_REFUSED = 1024
REFUSED_SECONDS = 60
_LASTING = (Invalid, Unreadable, Infeasible, Final)
# Written once: see planning.
_IMAGE = (
    sa.select(Image)
    .join(User, sa.and_(User.id == Image.owner_id, ~closing.is_closed()))
    .where(Image.id == sa.bindparam("image_id"))
    .execution_options(populate_existing=True)
)
_WITH_FILE = _IMAGE.add_columns(DerivedFile).outerjoin(
    DerivedFile, sa.and_(DerivedFile.image_id == Image.id, DerivedFile.cache_key == sa.bindparam("cache_key"))
)


@dataclass(frozen=True)
class Delivered:
    """A file that the address may open, whether it was there already, and what its making took."""

    image: Image
    file: DerivedFile
    cached: bool
    times: Times = field(default_factory=Times)

    @property
    def is_public(self) -> bool:
        return self.image.visibility == "public"


class Refusals:
    """What could not be rendered, by the cache key: an address that many open shall not have it tried for each of them."""

    def __init__(self) -> None:
        self._errors: Recent[AizenError] = Recent(most=MOST_REFUSED)

    def require_none(self, cache_key: str) -> None:
        """Raises as the last try did, if that was a moment ago."""
        error = self._errors.find(cache_key)
        if error is not None:
            raise copy(error)

    @contextmanager
    def noted(self, cache_key: str) -> Iterator[None]:
        """What leaves the block, and would again, is remembered."""
        try:
            yield
        except _LASTING as error:
            self._errors.keep(cache_key, value=copy(error), seconds=REFUSED_SECONDS)
            raise


def find(address: Address, cache_key: str) -> tuple[Image, DerivedFile | None]:
    """The image, if the address may open it at this moment, and the file of that key, if it has been made. Raises NotFound."""
    with reading():
        row: Any = db.session.execute(_WITH_FILE, {"image_id": address.image_id, "cache_key": cache_key}).first()
        if row is None:
            raise NotFound
        image, file = row
        for each in (image, file):
            if each is not None:
                db.session.expunge(each)
    _require_open(image, address)
    return image, file


def _require_open(image: Image, address: Address) -> None:
    """Nothing, where the address may open the image as it is now. Raises NotFound.

    What anybody may see needs no end. What somebody was given does: an address cannot be taken back, and must not outlive its purpose.
    What lies in the trash is shown to nobody.
    """
    is_allowed = image.visibility == "public" or (address.is_signed and address.expires is not None)
    if not is_allowed or image.trashed_at is not None or planning.version_of(image) != address.version or image.key is None:
        raise NotFound


def plan(address: Address, reads: Reads, *, language: Language, adapters: Adapters) -> Plan:
    """How the address's picture is made of its image, which the address may open at this moment.

    Raises as ``planning.plan`` does, and NotFound also where an image in it is not there any more.
    """
    # One short transaction for all that is looked up.
    with reading():
        image = _image_of(address)
        parsed = in_format(read_url(address.recipe, language.presets, limits=language.limits), address.format)
        wish = Wish(image_id=image.id, owner_id=image.owner_id, parsed=parsed, reads=reads.still, reads_moving=reads.moving)
        try:
            return planning.plan(wish, adapters.settings, image=image)
        except Invalid as error:
            if any(each.code == planning.UNKNOWN_IMAGE for each in error.errors):
                # The image that is laid over it is gone, or looks otherwise: so is what the address means.
                raise NotFound from error
            raise


def _image_of(address: Address) -> Image:
    """The image, if the address may open it at this moment. Raises NotFound."""
    image = db.session.scalar(_IMAGE, {"image_id": address.image_id})
    if image is None:
        raise NotFound
    db.session.expunge(image)
    _require_open(image, address)
    return image


def in_format(parsed: Parsed, form: str | None) -> Parsed:
    """The recipe as it is in an address that ends in that format. Raises Invalid where it says another."""
    output = parsed.recipe.output
    if form is None or form == output.format:
        return parsed
    if output.format != "auto":
        detail = f"f: Must not be {output.format} where the address ends in another format, .{form}."
        raise Invalid(errors=[FieldError("/recipe", "not_together", detail)])
    return replace(parsed, recipe=replace(parsed.recipe, output=replace(output, format=cast(OutputFormat, form))))


def is_lasting(plan: Plan) -> bool:
    """Whether the plan's address leads to the same file as long as its image is there: no other image is a part of it."""
    return all(step.image is None for step in plan.wish.parsed.recipe.steps if isinstance(step, Watermark))


def deliver(address: Address, plan: Plan, adapters: Adapters, *, terms: Terms, refusals: Refusals) -> Delivered:
    """The plan's file, made now where it is not there. Raises as ``rendering.derive`` does, NotFound where it may no longer be opened."""
    if plan.found is None:
        refusals.require_none(plan.cache_key)
    with refusals.noted(plan.cache_key):
        # It may be withdrawn, or look otherwise, since the address was looked up.
        made = rendering.derive(plan.wish, adapters, terms=terms, first=plan, require=lambda image: _require_open(image, address))
    return Delivered(made.plan.image, made.file, cached=made.cached, times=made.times)


def delivered_again(image: Image, file: DerivedFile, adapters: Adapters) -> Delivered | None:
    """The file that is there already; None where its object is lost. A bucket is not asked: that would take longer than all the rest."""
    if adapters.settings.storage == "local":
        try:
            adapters.storage.size(file.key)
        except NotFound:
            return None
    rendering.note_use(file)
    return Delivered(image, file, cached=True)


def file_of(delivered: Delivered, adapters: Adapters) -> Path | None:
    """Where the delivered file lies on this machine, if it does. Raises NotFound."""
    return adapters.storage.path(delivered.file.key)


def is_still_open(address: Address, delivered: Delivered) -> bool:
    """Whether the address may open that file at this moment, which is still its image's."""
    try:
        _, file = find(address, delivered.file.cache_key)
    except NotFound:
        return False
    return file is not None and file.key == delivered.file.key
