"""Addresses of one's own images: for recipes that somebody names, and for the sizes that a page needs."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa

from aizen.database import db, reading
from aizen.delivery import address
from aizen.delivery.delivering import in_format
from aizen.errors import FieldError, Invalid, NotFound
from aizen.images import library
from aizen.images.models import Image
from aizen.imaging.steps import Watermark
from aizen.settings import Settings
from aizen.transformations import planning
from aizen.transformations.configuration import Language
from aizen.transformations.planning import Wish
from aizen.transformations.recipe import Parsed, Recipe, read_url
from aizen.web import addresses

SHORTEST_LIFE = 60
LONGEST_LIFE = 366 * 24 * 3600
_UNKNOWN_IMAGE = "wm: Must be the id of an image of yours, alone or with the version that it has now."


@dataclass(frozen=True, kw_only=True)
class Signed:
    """An address of an image. ``expires`` is in Unix seconds; None never ends."""

    image_id: uuid.UUID
    recipe: str
    url: str
    expires: int | None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What addresses are to be like: ``form`` None leaves the format to Accept, ``seconds`` None how long they live to us.

    With ``strict`` none is signed of a picture that is known to become otherwise than asked.
    """

    form: str | None = None
    seconds: int | None = None
    download: bool = False
    strict: bool = False


def sign(
    image_ids: Sequence[uuid.UUID], recipes: Sequence[str], terms: Terms, *, owner_id: uuid.UUID, language: Language, settings: Settings
) -> list[Signed]:
    """An address for each of the owner's images by each of the recipes, in URL spelling: images first.

    An address means one picture for as long as it lives, so it names the version of every image in it. Raises NotFound for images of which
    one is none of the owner's or has no picture yet, Conflict for one in the trash, and Invalid, with the pointer ``/recipes/{number}``,
    for what cannot be read or not be done to one of the images, which is named.
    """
    parsed: list[Parsed] = []
    for number, recipe in enumerate(recipes):
        with _told_of(number):
            parsed.append(read_url(recipe, language.presets, limits=language.limits))
    images = _own(image_ids, owner_id)
    marks = _own({uuid.UUID(name.partition("@")[0]) for each in parsed for name in _marks(each)}, owner_id)
    if any(image_id not in images for image_id in image_ids):
        raise NotFound
    for image_id in image_ids:
        library.require_not_trashed(images[image_id])
    settled: list[Parsed] = []
    for number, each in enumerate(parsed):
        with _told_of(number):
            settled.append(_with_versions(in_format(each, terms.form), marks))
    signed: list[Signed] = []
    for image in (images[image_id] for image_id in image_ids):
        for number, each in enumerate(settled):
            with _told_of(number, image.id):
                wish = Wish(image_id=image.id, owner_id=owner_id, parsed=each, strict=terms.strict)
                prediction, _ = planning.foresee(wish, image, settings)
                planning.refuse_warnings(wish, prediction.warnings)
            signed.append(signed_address(image, str(_without_format(each.recipe, terms.form)), terms, settings))
    return signed


def signed_address(image: Image, recipe: str, terms: Terms, settings: Settings) -> Signed:
    """The address of the image by a canonical recipe."""
    expires = end_of(image, terms, settings)
    path = address.write(
        recipe,
        image.id,
        planning.version_of(image),
        key=settings.signing_keys[0],
        form=terms.form,
        expires=expires,
        download=terms.download,
    )
    return Signed(image_id=image.id, recipe=recipe, url=settings.base_url + path, expires=expires)


def end_of(image: Image, terms: Terms, settings: Settings) -> int | None:
    """When addresses of the image end: when it was asked for; else those of a public picture never, and others as those in answers do."""
    if terms.seconds is not None:
        return math.ceil(time.time()) + terms.seconds
    return None if image.visibility == "public" else addresses.expiry(settings)


def owner_of(image_id: uuid.UUID) -> uuid.UUID:
    """Whose image it is: for the operator, who may sign for everybody. Raises NotFound."""
    with reading():
        found = db.session.scalar(sa.select(Image.owner_id).where(Image.id == image_id))
    if found is None:
        raise NotFound
    return found


def _own(image_ids: Sequence[uuid.UUID] | set[uuid.UUID], owner_id: uuid.UUID) -> Mapping[uuid.UUID, Image]:
    """Those of the images that are the owner's and have a picture."""
    if not image_ids:
        return {}
    own = sa.select(Image).where(Image.id.in_(list(image_ids)), Image.owner_id == owner_id, Image.key.is_not(None))
    with reading():
        return {image.id: image for image in db.session.scalars(own.execution_options(populate_existing=True))}


def _marks(parsed: Parsed) -> Iterator[str]:
    return (step.image for step in parsed.recipe.steps if isinstance(step, Watermark) and step.image is not None)


def _with_versions(parsed: Parsed, marks: Mapping[uuid.UUID, Image]) -> Parsed:
    """The recipe, in which every image that a step lays over the picture has its version. Raises Invalid for one that there is not."""
    steps = list(parsed.recipe.steps)
    for at, step in enumerate(steps):
        if not isinstance(step, Watermark) or step.image is None:
            continue
        name, _, version = step.image.partition("@")
        image = marks.get(uuid.UUID(name))
        if image is None or image.trashed_at is not None or (version and version != planning.version_of(image)):
            raise Invalid(errors=[FieldError(parsed.pointer(at, "image"), planning.UNKNOWN_IMAGE, _UNKNOWN_IMAGE)])
        steps[at] = replace(step, image=f"{name}@{planning.version_of(image)}")
    return replace(parsed, recipe=replace(parsed.recipe, steps=tuple(steps)))


def _without_format(recipe: Recipe, form: str | None) -> Recipe:
    """What stands behind the dot of the address need not be said twice."""
    return recipe if form is None else replace(recipe, output=replace(recipe.output, format="auto"))


@contextmanager
def _told_of(number: int, image_id: uuid.UUID | None = None) -> Iterator[None]:
    """What is wrong with the recipe of that number is told by its place in the list, and with the image that it is wrong for."""
    try:
        yield
    except Invalid as error:
        with_image = f"Image {image_id}: " if image_id else ""
        errors = [replace(each, pointer=f"/recipes/{number}", detail=with_image + each.detail) for each in error.errors]
        raise Invalid(error.detail, code=error.code, errors=errors) from error
