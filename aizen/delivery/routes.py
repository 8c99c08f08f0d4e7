"""Addresses of pictures, signed for whoever shall open them, and the pictures that they name."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Response, current_app, jsonify, request

from aizen.adapters import Adapters
from aizen.delivery import address as addresses
from aizen.delivery import addressing, delivering, embedding, examples, presenting
from aizen.delivery.address import Address
from aizen.delivery.addressing import Terms
from aizen.delivery.delivering import Delivered, Refusals
from aizen.delivery.schemas import EmbedQuerySchema, EmbedSchema, SignedSchema, SignSchema
from aizen.errors import Conflict, NotFound
from aizen.images import library
from aizen.images import presenting as image_presenting
from aizen.settings import Settings
from aizen.transformations import configuration
from aizen.transformations.charging import Bill
from aizen.web import adapters, limits, negotiation, remembered, sending
from aizen.web.caller import PUBLIC, caller, needs
from aizen.web.memory import Recent
from aizen.web.negotiation import Reads
from aizen.web.parsing import Blueprint
from aizen.web.remembered import Remembered

pictures = PlainBlueprint("pictures", __name__)
signed = Blueprint("signed", __name__, url_prefix=image_presenting.PREFIX, description="Addresses of pictures, for whoever shall open them")
ROUTE = f"{addresses.PREFIX}<path:_address>"

# How many addresses one process knows the files of, and for how long it takes that for granted.
MOST_KNOWN = 16_384
KNOWN_SECONDS = 600
_KNOWN = "aizen-known"
_REFUSALS = "aizen-refusals"


@signed.route("/sign", methods=["POST"])
@needs("transforms:run")
@signed.arguments(SignSchema, example=examples.SIGN)
@signed.response(200, SignedSchema(many=True), example=examples.SIGNED, description="One for each image and recipe, images first")
@signed.alt_response(404, schema=None, description="One of the images is none of yours, or has no picture yet")
@signed.alt_response(409, schema=None, description="One of the images lies in the trash")
@signed.alt_response(422, schema=None, description="A recipe cannot be read, or not be carried out on one of the images")
def sign_addresses(body: dict[str, Any]) -> Response:
    """Get addresses at which anybody who has them opens pictures made of images. Nothing is rendered before that."""
    terms = Terms(
        form=addresses.FORMATS[body["format"]] if "format" in body else None,
        seconds=body.get("expires_in"),
        download=body["download"],
        strict=body["strict"],
    )
    made = addressing.sign(
        body["ids"], body["recipes"], terms, owner_id=caller().user_id, language=_language(), settings=adapters().settings
    )
    return _private(jsonify([presenting.signed(each) for each in made]))


@signed.route("/<uuid:image_id>/embed", methods=["GET"])
@needs("images:read")
@signed.arguments(EmbedQuerySchema, location="query")
@signed.response(200, EmbedSchema, example=examples.EMBED)
@signed.alt_response(404, schema=None, description="No such image of yours")
@signed.alt_response(409, schema=None, description="The image has no picture yet, or lies in the trash")
def get_image_embed(query: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Get what shows an image in a page, in the format and the size that fits: as HTML, as Markdown, or as one address."""
    image = library.original(image_id, owner_id=caller().user_id)
    library.require_not_trashed(image)
    if image.key is None:
        raise Conflict("There is no picture: it is being generated still, or that has failed.", code="no_picture")
    return _private(jsonify(presenting.embedded(query["as_"], embedding.embed(image, query["as_"], adapters().settings))))


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pictures.get(ROUTE)
@needs(PUBLIC)
def open_picture(_address: str) -> Response:
    """The picture of a signed address, made now if nobody has asked for it before."""
    asked = addresses.read(remembered.raw_path(request.environ), adapters().settings.signing_keys)
    reads = negotiation.reads(request.headers.get("Accept", ""))
    if asked.is_meta:
        return _told_of(asked, reads)
    answer = _again(asked, reads) or _made(asked, reads)
    if asked.format is None:
        # By the format alone it may differ, or be the same by chance.
        answer.vary.add("Accept")
    return answer


def _told_of(asked: Address, reads: Reads) -> Response:
    plan = delivering.plan(asked, reads, language=_language(), adapters=adapters())
    answer = jsonify(presenting.meta(plan))
    answer.headers["Cache-Control"] = _cache_control(asked, is_public=plan.image.visibility == "public")
    if asked.format is None:
        answer.vary.add("Accept")
    return answer


def _known() -> Recent[str]:
    """The cache keys of the files that addresses lead to, for clients that read so: so a hit is one look at a row.

    Whatever else changes what an address leads to is in the address itself, or is a setting of this process.
    """
    known: Recent[str] = current_app.extensions.setdefault(_KNOWN, Recent(most=MOST_KNOWN))
    return known


def _refusals() -> Refusals:
    refusals: Refusals = current_app.extensions.setdefault(_REFUSALS, Refusals())
    return refusals


def _language() -> configuration.Language:
    language: configuration.Language = current_app.extensions[configuration.EXTENSION]
    return language


def _again(asked: Address, reads: Reads) -> Response | None:
    """The answer of an address whose file is known and there."""
    cache_key = _known().find(asked.path, reads)
    if cache_key is None:
        return None
    image, file = delivering.find(asked, cache_key)
    if (answer := _unchanged(asked, cache_key, is_public=image.visibility == "public")) is not None:
        return answer
    found = None if file is None else delivering.delivered_again(image, file, adapters())
    if found is None:
        return None
    with suppress(NotFound):  # lost at this very moment: it is made again
        return _sent(asked, found)
    return None


def _made(asked: Address, reads: Reads) -> Response:
    plan = delivering.plan(asked, reads, language=_language(), adapters=adapters())
    if (answer := _unchanged(asked, plan.cache_key, is_public=plan.image.visibility == "public")) is not None:
        return answer
    with Bill(None, saves=False, settings=adapters().settings) as bill:
        delivered = delivering.deliver(asked, plan, adapters(), terms=bill, refusals=_refusals())
    if delivering.is_lasting(plan):
        _known().keep(asked.path, reads, value=delivered.file.cache_key, seconds=KNOWN_SECONDS)
    return _sent(asked, delivered)


def _unchanged(asked: Address, cache_key: str, *, is_public: bool) -> Response | None:
    return sending.unchanged(cache_key, cache_control=_cache_control(asked, is_public=is_public))


def _cache_control(asked: Address, *, is_public: bool) -> str:
    return remembered.cache_control(is_public=is_public, expires=asked.expires, settings=adapters().settings)


def _sent(asked: Address, delivered: Delivered) -> Response:
    parts = adapters()
    kept_by_others = _cache_control(asked, is_public=delivered.is_public)
    if _is_for_cdn(asked, delivered, parts.settings):
        base = (parts.settings.cdn_base_url or "").rstrip("/")
        answer = sending.redirected(f"{base}/{delivered.file.key}", cache_control=kept_by_others)
    else:
        seconds = asked.seconds_left
        answer = sending.send(
            delivered.file.key,
            media_type=delivered.file.media_type,
            file_name=image_presenting.file_name(delivered.image, delivered.file),
            etag=sending.weak(delivered.file.cache_key),
            download=asked.download,
            seconds=sending.REDIRECT_SECONDS if seconds is None else seconds,
            cache_control=kept_by_others,
            adapters=parts,
        )
    if delivered.file.warnings:
        answer.headers["Aizen-Warnings"] = ", ".join(delivered.file.warnings)
    answer.headers["Server-Timing"] = delivered.times.server_timing(cached=delivered.cached)
    if delivered.is_public:
        # A cache would tell everybody what is left of the first one's limit.
        limits.keep_to_oneself()
    _offer(asked, delivered, parts)
    return answer


def _is_for_cdn(asked: Address, delivered: Delivered, settings: Settings) -> bool:
    """Whether a CDN sends it. What is to end, or to be saved, is not the same for everybody who opens the file."""
    is_for_everybody = delivered.is_public and asked.expires is None and not asked.download
    return is_for_everybody and settings.storage == "s3" and settings.cdn_base_url is not None


def _offer(asked: Address, delivered: Delivered, parts: Adapters) -> None:
    """The answer may be given again without us, as long as the file that lies there is the one that lies there now."""
    # What was made just now may be opened never again: whoever comes second has it remembered.
    if not (delivered.cached and remembered.is_listening(request.environ)):
        return
    with suppress(NotFound, FileNotFoundError):
        path = delivering.file_of(delivered, parts)
        if path is None:
            return
        state = path.stat()
        # Asked after the look at the file: whoever withdraws the image changes its row first, and moves the file away then.
        if delivering.is_still_open(asked, delivered):
            request.environ[remembered.KEY] = Remembered(
                route=ROUTE,
                path=path,
                state=state,
                by_accept=asked.format is None,
                is_public=delivered.is_public,
                expires=asked.expires,
            )
