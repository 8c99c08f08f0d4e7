"""How an image looks in an answer: every address signed for the owner, and the same for ten minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from aizen.images.models import DerivedFile, Image, ListedImage, Variant
from aizen.images.processing import Progress
from aizen.images.shown import Shown
from aizen.images.similar import Similar
from aizen.settings import Settings
from aizen.web import addresses
from aizen.web.addresses import Signed
from aizen.web.fields import timestamp
from aizen.web.preconditions import entity_tag

PREFIX = "/api/v1/images"
ALT_MISSING = "alt_missing"
# Whether somebody has said what those are to be told who cannot see the picture, or that it tells them nothing.
TOLD = ("approved", "decorative")
# The width that a thumbnail grid wants.
THUMB_WIDTH = 320


class Owner(Protocol):
    """Whose image it is: the caller, or a row of an administrator's list."""

    @property
    def user_id(self) -> UUID: ...

    @property
    def email(self) -> str: ...

    @property
    def username(self) -> str: ...

    @property
    def date_joined(self) -> datetime: ...


def image(shown: Shown, owner: Owner, settings: Settings) -> dict[str, Any]:
    """The owner's view of an image, as ``ImageSchema`` documents it."""
    return images([shown], owner, settings)[0]


def images(shown: Iterable[Shown], owner: Owner, settings: Settings) -> list[dict[str, Any]]:
    """The owner's view of each image."""
    signed = {each: addresses.of_owner(settings, is_trashed=each) for each in (False, True)}
    user = {
        "id": str(owner.user_id),
        "email": owner.email,
        "username": owner.username,
        "date_joined": timestamp(owner.date_joined),
    }
    return [_image(each, user, signed[each.image.trashed_at is not None]) for each in shown]


def _image(shown: Shown, user: dict[str, Any], signed: Signed) -> dict[str, Any]:
    row, identity = shown.image, str(shown.image.id)
    path, url = signed.both(row.key) if row.key else (None, None)
    opened = variants(shown, signed.url)
    return {
        "id": identity,
        "status": row.status,
        "title": row.title,
        "description": row.description,
        "alt": row.alt,
        "alt_status": row.alt_status,
        "tags": row.tags,
        "file_name": row.file_name,
        "format": row.format,
        "media_type": row.media_type,
        "width": row.width,
        "height": row.height,
        "bytes": row.bytes,
        "sha256": row.sha256,
        "thumbhash": row.thumbhash,
        "dominant_color": row.dominant_color,
        "source": row.source,
        "parent_id": str(row.parent_id) if row.parent_id else None,
        "recipe": row.recipe,
        "digital_source_type": source_type(row),
        "prompt": row.prompt,
        "generation": row.generation,
        "is_public": row.visibility == "public",
        "visibility": row.visibility,
        "focal_point": {"x": row.focal_x, "y": row.focal_y} if row.focal_x is not None else None,
        "ai": _ai(row),
        "variants": opened,
        "image": path,
        "image_url": url,
        "signed_url": url,
        "links": _links(identity, opened),
        "duplicate_of": str(row.duplicate_of) if row.duplicate_of else None,
        "user": user,
        "trashed_at": timestamp(row.trashed_at) if row.trashed_at else None,
        "uploaded_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        **({"matched": {"field": shown.match.field, "snippet": shown.match.snippet}} if shown.match else {}),
    }


def source_type(row: Image | ListedImage) -> str | None:
    """Where the picture comes from, as a term of the IPTC's vocabulary; None where nobody has said it."""
    term: str | None = (row.rights or {}).get("digital_source_type")
    return term


def alt_for_everybody(row: Image | ListedImage) -> str | None:
    """What those are told who cannot see the picture, whoever they are: "" for one that tells nothing, None where nobody has said.

    It is what the owner has approved: nobody else has looked at what a model suggests.
    """
    return row.alt if row.alt_status in TOLD else None


def similar(found: Sequence[Similar], owner: Owner, settings: Settings) -> list[dict[str, Any]]:
    """The owner's view of images that look like another one, as ``SimilarSchema`` documents it."""
    bodies = images([each.shown for each in found], owner, settings)
    return [{**body, "distance": each.distance, "same_pixels": each.same_pixels} for body, each in zip(bodies, found, strict=True)]


def warnings(row: Image | ListedImage) -> tuple[str, ...]:
    """What the owner of an image that others see should know: ``alt_missing`` where nobody has said what it shows."""
    return () if row.visibility == "private" or row.alt_status in TOLD else (ALT_MISSING,)


def in_old_spelling(body: dict[str, Any]) -> dict[str, Any]:
    """The body of an image or of its progress as the clients of old addresses read it: ``status`` in upper case."""
    return {**body, "status": body["status"].upper()}


def _ai(row: Image | ListedImage) -> dict[str, Any]:
    return {
        "status": row.ai_status,
        "description": row.ai_description,
        "alt": row.ai_alt,
        "tags": row.ai_tags or [],
        "provider": row.ai_provider,
        "model": row.ai_model,
        "error": row.ai_error,
    }


def _links(identity: str, variants: list[dict[str, Any]]) -> dict[str, Any]:
    own = f"{PREFIX}/{identity}"
    return {
        "self": own,
        "file": f"{own}/file",
        "status": f"{own}/status",
        "thumb": thumb(variants),
        "embed": f"{own}/embed",
    }


def thumb(variants: Sequence[dict[str, Any]]) -> str | None:
    """The address of that among these variants which a grid of pictures wants."""
    large_enough = [each for each in variants if each["width"] >= THUMB_WIDTH] or variants
    found = min(large_enough, key=lambda each: (each["width"], each["format"] != "webp"), default=None)
    return str(found["url"]) if found else None


def variants(shown: Shown, address: Callable[[str], str]) -> list[dict[str, Any]]:
    """The files that viewers may open, each under the ``address`` of its key."""
    return [
        {
            "name": each.name,
            "width": each.width,
            "height": each.height,
            "bytes": each.bytes,
            "format": each.format,
            "url": address(each.key),
        }
        for each in shown.variants
    ]


def progress(found: Progress) -> dict[str, Any]:
    """How far the work is, as ``StatusSchema`` documents it."""
    return {
        "id": str(found.image.id),
        "status": found.image.status,
        "ai_status": found.image.ai_status,
        "work": [
            {
                "kind": each.kind,
                "state": each.state,
                "attempts": each.attempts,
                "error": {"code": each.error_code, "detail": each.error_detail or ""} if each.error_code else None,
            }
            for each in found.work
        ],
        "updated_at": timestamp(found.image.updated_at),
    }


def image_etag(row: Image | ListedImage, settings: Settings) -> str:
    """The row's version and the window of its addresses, so that a 304 never keeps dead addresses."""
    return entity_tag(row.version, addresses.expiry(settings) // addresses.WINDOW_SECONDS)


def file_name(row: Image, made: Variant | DerivedFile | None = None) -> str:
    """What a file is called when it is saved: one that was made of an image after the original, so that a folder stays readable."""
    if made is None:
        return row.file_name
    if isinstance(made, DerivedFile):
        return derived_file_name(row, made.cache_key, made.format)
    return f"{_stem(row)}-{made.name}"


def derived_file_name(row: Image, cache_key: str, form: str) -> str:
    """What a file is called that a transformation has made of the image."""
    return f"{_stem(row)}-{cache_key[:8]}.{form}"


def _stem(row: Image) -> str:
    return row.file_name.rpartition(".")[0] or row.file_name
