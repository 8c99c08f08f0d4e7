"""The files of images: opened by their owner, and by whoever has a signed address under /media."""

from __future__ import annotations

import uuid

from flask import Blueprint as PlainBlueprint
from flask import Response, request

from aizen.errors import NotFound
from aizen.images import files, library, presenting
from aizen.images.models import DerivedFile, Image, Variant
from aizen.images.routes.blueprint import images
from aizen.web import adapters, addresses, sending
from aizen.web.caller import PUBLIC, caller, needs

media = PlainBlueprint("media", __name__)


@images.route("/<uuid:image_id>/file", methods=["GET"])
@needs("images:read")
@images.response(200, {"type": "string", "format": "binary"}, content_type="image/*", description="The bytes, with local storage")
@images.alt_response(206, schema=None, description="The range that was asked for, with local storage", success=True)
@images.alt_response(302, schema=None, description="To the bytes, with S3", success=True)
@images.alt_response(304, schema=None, description="The bytes are those of the ETag of If-None-Match", success=True)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(416, schema=None, description="The file has no such range")
def get_image_file(image_id: uuid.UUID) -> Response:
    """Open the original."""
    image = library.original(image_id, owner_id=caller().user_id)
    if image.key is None or image.media_type is None or image.sha256 is None:
        raise NotFound
    return sending.send(
        image.key,
        media_type=image.media_type,
        file_name=image.file_name,
        etag=sending.strong(image.sha256),
        seconds=sending.REDIRECT_SECONDS,
        adapters=adapters(),
    )


@images.route("/<uuid:image_id>/variants/<string:name>", methods=["GET"])
@needs("images:read")
@images.response(200, {"type": "string", "format": "binary"}, content_type="image/*", description="The bytes, with local storage")
@images.alt_response(206, schema=None, description="The range that was asked for, with local storage", success=True)
@images.alt_response(302, schema=None, description="To the bytes, with S3", success=True)
@images.alt_response(304, schema=None, description="The bytes are those of the ETag of If-None-Match", success=True)
@images.alt_response(404, schema=None, description="No such variant of yours")
@images.alt_response(416, schema=None, description="The file has no such range")
def get_image_variant(image_id: uuid.UUID, name: str) -> Response:
    """Open a variant."""
    image, variant = library.variant(image_id, name, owner_id=caller().user_id)
    return sending.send(
        variant.key,
        media_type=variant.media_type,
        file_name=presenting.file_name(image, variant),
        etag=sending.strong(str(variant.id)),
        seconds=sending.REDIRECT_SECONDS,
        adapters=adapters(),
    )


@media.get("/media/<path:key>")
@needs(PUBLIC)
def open_media(key: str) -> Response:
    """The file of a signed address, as long as the address lives and the file belongs to an image.

    With ``dl=1``, which is not signed, a browser saves it: the attribute of a link does not hold where the storage is another host.
    """
    left = addresses.verify(
        key,
        adapters().settings,
        expires=request.args.get("expires", ""),
        audience=request.args.get("for", ""),
        signature=request.args.get("signature", ""),
    )
    audience = request.args["for"]
    if audience == "public":
        return _open_for_everybody(key, left=left)
    image, made = files.by_key(key)
    if audience != addresses.audience_of(is_trashed=image.trashed_at is not None):
        raise NotFound
    return sending.send(
        key,
        media_type=made.media_type if made else image.media_type or "",
        file_name=presenting.file_name(image, made),
        etag=_entity_tag(image, made),
        seconds=left,
        download=_is_download(),
        adapters=adapters(),
    )


def _open_for_everybody(name: str, *, left: int) -> Response:
    """A variant of an image that others may see, at this moment and in caches for a little longer; never the original."""
    variant = files.by_public_name(name)
    settings = adapters().settings
    # The storage opens its own address whatever becomes of the image: it must end as soon as what a cache has.
    seconds = min(left, settings.public_seconds)
    return sending.send(
        variant.key,
        media_type=variant.media_type,
        # The file's own name is its owner's affair.
        file_name=f"{variant.image_id}-{variant.name}",
        etag=sending.strong(str(variant.id)),
        seconds=seconds,
        download=_is_download(),
        cache_control=f"public, max-age={seconds}",
        adapters=adapters(),
    )


def _is_download() -> bool:
    return request.args.get("dl") == "1"


def _entity_tag(image: Image, made: Variant | DerivedFile | None) -> str:
    if isinstance(made, DerivedFile):
        # Made again from another level it may have other bytes.
        return sending.weak(made.cache_key)
    return sending.strong(str(made.id) if made else image.sha256 or "")
