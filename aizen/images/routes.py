"""Images over HTTP: upload, list, search, look, change, wait, open, run again, delete; and the signed addresses under /media."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, Literal, cast

from flask import Blueprint as PlainBlueprint
from flask import Response, jsonify, request
from marshmallow import ValidationError
from sqlalchemy.exc import IntegrityError

from aizen.auth import quotas
from aizen.database import transaction
from aizen.errors import FieldError, Invalid, NotFound, QuotaExceeded, Unreadable, UnsupportedMedia
from aizen.images import examples, fetching, files, intake, library, listing, presenting, similar, trash, twins
from aizen.images.intake import StoredPicture
from aizen.images.models import DerivedFile, Image, ListedImage, Variant
from aizen.images.queries import read_query
from aizen.images.schemas import (
    EditSchema,
    FoundSchema,
    ImageSchema,
    ListArguments,
    OldListArguments,
    OldUploadSchema,
    SimilarArguments,
    SimilarSchema,
    StatusSchema,
    UploadBodySchema,
    UploadFormSchema,
    UrlBodySchema,
)
from aizen.images.shown import Shown
from aizen.web import adapters, addresses, idempotency, pagination, sending, waiting
from aizen.web.answers import nothing
from aizen.web.caller import PUBLIC, caller, needs, require_to_show
from aizen.web.fields import field_errors
from aizen.web.idempotency import IDEMPOTENCY_HEADER
from aizen.web.legacy_routes import by_old_address
from aizen.web.limits import limited
from aizen.web.parsing import Blueprint
from aizen.web.preconditions import body_etag, if_match_header, versions_asked_for
from aizen.web.uploads import FORM_ROOM, Upload, UploadRequest, read_form

images = Blueprint("images", __name__, url_prefix=presenting.PREFIX, description="Keep images and the files made of them")
media = PlainBlueprint("media", __name__)

IF_MATCH_HEADER = if_match_header("the image")


@images.route("", methods=["POST"])
@needs("images:write", verified_email=True)
@limited("upload")
@images.doc(
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {"schema": UploadBodySchema},
            "application/json": {"schema": UrlBodySchema, "example": examples.BY_URL},
        },
    },
    parameters=[IDEMPOTENCY_HEADER],
)
@images.response(201, ImageSchema, example=examples.IMAGE)
@images.alt_response(
    200, schema=ImageSchema, example=examples.IMAGE, description="With on_duplicate=return: your image of the same bytes", success=True
)
@images.alt_response(400, schema=None, description="The body cannot be read")
@images.alt_response(413, schema=None, description="The file, its pixels or its frames are over a limit, or over what you may still keep")
@images.alt_response(415, schema=None, description="The body or the file is none of the types that are taken")
@images.alt_response(422, schema=None, description="The fields cannot be accepted, the address not be called, or the image not be read")
@images.alt_response(502, schema=None, description="The address that the image is to be fetched from did not answer with a file")
def upload_image() -> Response:
    """Upload an image, or have it fetched from its URL.

    `image` is the file; `url` in its place, in the form or as JSON, is an address that Aizen fetches the file from.
    """
    storage = quotas.find(caller().user_id, adapters().settings)
    _refuse_what_cannot_fit(storage)
    upload, fields = _sent()
    require_to_show(fields["visibility"])
    url = fields.pop("url", None)
    use = idempotency.once("upload", owner_id=caller().user_id, sent={**fields, **({"sha256": upload.sha256} if upload else {"url": url})})
    made = idempotency.made_before(use)
    if made is not None:
        return _replayed(made, fields)
    with nullcontext(upload) if upload else fetching.fetched(url, adapters(), owner_id=caller().user_id) as arrived:
        kept = twins.find_kept(caller().user_id, arrived.sha256) if _returns_kept(fields) else None
        if kept is not None:
            return _returned(kept, fields, use=use)
        if not storage.has_room(arrived.bytes):
            quotas.refuse(storage, size=arrived.bytes)
        stored = _taken_in(arrived, is_fetched=upload is None)
    return _added(stored, fields, library.UPLOADED if upload else library.Origin("url"), use=use)


def _sent() -> tuple[Upload | None, dict[str, Any]]:
    """The file, and the fields beside it; or None, and the fields with ``url`` among them. Old clients know the file alone."""
    if request.is_json and not by_old_address():
        return None, images.ARGUMENTS_PARSER.parse(UrlBodySchema(), request)
    form = read_form(
        cast(UploadRequest, request),
        file_field="image",
        largest_file=adapters().settings.max_image_size,
        repeatable=["tags"],
        instead=None if by_old_address() else "url",
        also_taken=() if by_old_address() else ("application/json",),
    )
    return form.upload, _loaded(form.fields)


def _added(stored: StoredPicture, fields: dict[str, Any], origin: library.Origin, *, use: idempotency.Once | None) -> Response:
    words = library.Words(tags=tuple(fields["tags"]), **{name: fields[name] for name in ("title", "description", "alt", "visibility")})
    describe, unless_kept = fields["describe"], _returns_kept(fields)
    try:
        with transaction():
            shown = library.add(stored, words, describe=describe, use=use, adapters=adapters(), origin=origin, unless_kept=unless_kept)
    except (IntegrityError, QuotaExceeded):
        intake.give_up(stored, adapters())
        # What another request with this key has made meanwhile is the reason, and the answer.
        made = idempotency.made_before(use)
        if made is None:
            raise
        return _replayed(made, fields)
    except Exception:
        intake.give_up(stored, adapters())
        raise
    if shown.image.id != stored.image_id:
        intake.give_up(stored, adapters())
        return _located(shown, 200)
    return _located(shown, 201)


def _returns_kept(fields: dict[str, Any]) -> bool:
    """Whether an image that the caller has of the same bytes is to be answered. Old clients do not ask for that."""
    return fields.get("on_duplicate") == "return"


def _returned(kept: Shown, fields: dict[str, Any], *, use: idempotency.Once | None) -> Response:
    try:
        with transaction() if use else nullcontext():
            idempotency.remember(use, kept.image.id)
    except IntegrityError:
        made = idempotency.made_before(use)
        if made is None:
            raise
        return _replayed(made, fields)
    return _located(kept, 200)


def _refuse_what_cannot_fit(storage: quotas.Storage) -> None:
    """Before the body is read: whatever stands beside the file in it, the file alone is more than the user may still keep.

    The row's transaction decides; this spares the client the way. A repeat is let through: it adds nothing, if it was done before.
    """
    least = max(1, (request.content_length or 0) - FORM_ROOM)
    if "Idempotency-Key" not in request.headers and not storage.has_room(least):
        quotas.refuse(storage)


def _taken_in(upload: Upload, *, is_fetched: bool) -> StoredPicture:
    try:
        return intake.take_in(upload, owner_id=caller().user_id, adapters=adapters(), is_fetched=is_fetched)
    except (UnsupportedMedia, Unreadable) as error:
        if not by_old_address():
            raise
        # To an old client a file that is no picture is a field with a wrong value.
        allowed = getattr(error, "allowed", None)
        raise Invalid(error.detail, code=error.code, errors=[FieldError("/image", error.code, error.detail, allowed)]) from error


def _loaded(fields: dict[str, list[str]]) -> dict[str, Any]:
    given = {name: values if name == "tags" else values[0] for name, values in fields.items()}
    schema = OldUploadSchema() if by_old_address() else UploadFormSchema()
    try:
        return cast(dict[str, Any], schema.load(given))
    except ValidationError as error:
        raise Invalid(errors=field_errors(error.messages, known=["image", *schema.fields])) from None


def _located(shown: Shown, status: int) -> Response:
    answer = _shown(shown, warnings=presenting.warnings(shown.image))
    answer.status_code = status
    answer.headers["Location"] = f"{presenting.PREFIX}/{shown.image.id}"
    return answer


def _replayed(image_id: uuid.UUID, fields: dict[str, Any]) -> Response:
    # Whoever wants what is there already finds it there at the second time, whatever the first one did.
    answer = _located(library.show(image_id, owner_id=caller().user_id), 200 if _returns_kept(fields) else 201)
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _spelled(body: dict[str, Any]) -> dict[str, Any]:
    return presenting.in_old_spelling(body) if by_old_address() else body


def _all_spelled(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [presenting.in_old_spelling(body) for body in bodies] if by_old_address() else bodies


def _shown(shown: Shown, *, warnings: Sequence[str] = ()) -> Response:
    settings = adapters().settings
    answer = jsonify(_spelled(presenting.image(shown, caller(), settings)))
    answer.set_etag(presenting.image_etag(shown.image, settings))
    answer.headers["Cache-Control"] = "private, no-cache"
    if warnings:
        answer.headers["Aizen-Warnings"] = ", ".join(warnings)
    return answer


@images.route("", methods=["GET"])
@needs("images:read")
@images.arguments(ListArguments, at_old_addresses=OldListArguments, location="query")
@images.response(200, FoundSchema(many=True), example=[examples.FOUND])
@images.alt_response(400, schema=None, description="The cursor is none, or belongs to other filters")
def list_images(arguments: dict[str, Any]) -> Response:
    """List your images, or search them."""
    settings = adapters().settings
    selection = _selection(arguments)
    filters = {name: arguments.get(name) for name in ("sort", "search", "tag", "status", "visibility", "source", "trashed")}
    after = pagination.read_cursor(arguments["cursor"], filters) if "cursor" in arguments else None
    owner_id = caller().user_id
    found, page = listing.browse(
        owner_id,
        selection,
        newest_first=arguments["sort"].startswith("-"),
        after=after,
        limit=arguments["limit"],
        filters=filters,
        skip=_skipped(arguments),
    )
    if _skipped(arguments) and not found:
        raise NotFound("Invalid page.", code="invalid_page")
    answer = jsonify(_all_spelled(presenting.images(found, caller(), settings)))
    answer.headers["Cache-Control"] = "private, no-cache"
    told = {**filters, "limit": arguments["limit"], "include": arguments.get("include")}
    answer.headers.update(pagination.next_link(presenting.PREFIX, page, told))
    if "include" in arguments:
        answer.headers["X-Total-Count"] = str(listing.count(owner_id, selection))
    return answer


# What a list does with the images in the trash, by its argument ``trashed``.
_TRASH: dict[bool | None, Literal["asked", "left_out", "only"]] = {None: "asked", False: "left_out", True: "only"}


def _selection(arguments: dict[str, Any]) -> listing.Selection:
    return listing.Selection(
        query=read_query(arguments["search"]) if arguments.get("search") else None,
        tags=tuple(arguments.get("tag", ())),
        status=arguments.get("status"),
        visibility=arguments.get("visibility"),
        source=arguments.get("source"),
        trash="left_out" if by_old_address() else _TRASH[arguments.get("trashed")],
    )


def _skipped(arguments: dict[str, Any]) -> int:
    """How many images stand before the page that an old client asks for by its number."""
    return int((arguments.get("page", 1) - 1) * arguments["limit"])


@images.route("/<uuid:image_id>", methods=["GET"])
@needs("images:read")
@images.response(200, ImageSchema, example=examples.IMAGE)
@images.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
@images.alt_response(404, schema=None, description="No such image of yours")
def get_image(image_id: uuid.UUID) -> Response:
    """Look at an image."""
    shown = library.show(image_id, owner_id=caller().user_id)
    _require_shown(shown.image)
    answer = _shown(shown)
    answer.make_conditional(request)
    return answer


def _require_shown(image: Image | ListedImage) -> None:
    """Nothing, unless an old client asks for what lies in the trash, of which it knows nothing: to it such an image is gone."""
    if by_old_address() and image.trashed_at is not None:
        raise NotFound


@images.route("/<uuid:image_id>", methods=["PATCH"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.arguments(EditSchema, example={"title": "Picos de Europa", "alt_status": "approved", "tags": ["mountains", "2026"]})
@images.response(200, ImageSchema, example=examples.IMAGE)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="It lies in the trash, and is to be seen by others or to look otherwise")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def edit_image(words: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Change what is said of an image; approve or edit its suggested alt text."""
    require_to_show(words.get("visibility"))
    shown = library.edit(image_id, words, owner_id=caller().user_id, if_versions=versions_asked_for(), adapters=adapters())
    return _shown(shown, warnings=presenting.warnings(shown.image) if "visibility" in words else ())


@images.route("/<uuid:image_id>", methods=["DELETE"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.response(204)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def delete_image(image_id: uuid.UUID) -> Response:
    """Delete an image and every file made of it, for good, wherever it lies."""
    library.remove(image_id, owner_id=caller().user_id, if_versions=versions_asked_for(), adapters=adapters())
    return nothing()


@images.route("/<uuid:image_id>/trash", methods=["POST"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.response(200, ImageSchema, example=examples.TRASHED)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def trash_image(image_id: uuid.UUID) -> Response:
    """Put an image into the trash: nobody else sees it, and after a while it is deleted, unless it is restored."""
    return _shown(trash.trash(image_id, owner_id=caller().user_id, if_versions=versions_asked_for(), adapters=adapters()))


@images.route("/<uuid:image_id>/restore", methods=["POST"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.response(200, ImageSchema, example=examples.IMAGE)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def restore_image(image_id: uuid.UUID) -> Response:
    """Take an image out of the trash: it is what it was, and seen by whom it was seen."""
    return _shown(trash.restore(image_id, owner_id=caller().user_id, if_versions=versions_asked_for(), adapters=adapters()))


@images.route("/<uuid:image_id>/status", methods=["GET"])
@needs("images:read")
@images.doc(parameters=[waiting.PREFER_HEADER])
@images.response(200, StatusSchema, example=examples.STATUS)
@images.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
@images.alt_response(404, schema=None, description="No such image of yours")
def get_image_status(image_id: uuid.UUID) -> Response:
    """See how far the work on an image is, or wait until it is done."""
    return waiting.answer_with_news(
        lambda: library.progress(image_id, owner_id=caller().user_id), _progress, is_settled=lambda found: found.is_settled
    )


def _progress(found: library.Progress) -> Response:
    _require_shown(found.image)
    body = presenting.progress(found)
    answer = jsonify(_spelled(body))
    answer.set_etag(body_etag(body))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@images.route("/<uuid:image_id>/retry", methods=["POST"])
@needs("images:write")
@images.response(202, StatusSchema, example=examples.STATUS)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="Nothing has failed")
def retry_image(image_id: uuid.UUID) -> Response:
    """Run what failed again."""
    library.retry(image_id, owner_id=caller().user_id, adapters=adapters())
    return _accepted(image_id)


@images.route("/<uuid:image_id>/describe", methods=["POST"])
@needs("images:write")
@limited("describe")
@images.response(202, StatusSchema, example=examples.STATUS)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="It lies in the trash, or could not be resized, so that there is nothing to look at")
def describe_image(image_id: uuid.UUID) -> Response:
    """Have an image described, also when it has been before."""
    library.describe(image_id, owner_id=caller().user_id, adapters=adapters())
    return _accepted(image_id)


def _accepted(image_id: uuid.UUID) -> Response:
    answer = _progress(library.progress(image_id, owner_id=caller().user_id))
    answer.status_code = 202
    answer.headers["Location"] = f"{presenting.PREFIX}/{image_id}/status"
    return answer


@images.route("/<uuid:image_id>/similar", methods=["GET"])
@needs("images:read")
@images.arguments(SimilarArguments, location="query")
@images.response(200, SimilarSchema(many=True), example=[examples.SIMILAR])
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="The image has no fingerprints: its variants are still to be made, or could not be")
def list_similar_images(arguments: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Find your images that look like this one, the nearest first."""
    found = similar.find(image_id, owner_id=caller().user_id, **arguments)
    answer = jsonify(presenting.similar(found, caller(), adapters().settings))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


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
    """The file of a signed address, as long as the address lives and the file belongs to an image."""
    left = addresses.verify(
        key,
        adapters().settings,
        expires=request.args.get("expires", ""),
        audience=request.args.get("for", ""),
        signature=request.args.get("signature", ""),
    )
    if request.args["for"] == "public":
        return _open_for_everybody(key, left=left)
    image, made = files.by_key(key)
    return sending.send(
        key,
        media_type=made.media_type if made else image.media_type or "",
        file_name=presenting.file_name(image, made),
        etag=_entity_tag(image, made),
        seconds=left,
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
        cache_control=f"public, max-age={seconds}",
        adapters=adapters(),
    )


def _entity_tag(image: Image, made: Variant | DerivedFile | None) -> str:
    if isinstance(made, DerivedFile):
        # Made again from another level it may have other bytes.
        return sending.weak(made.cache_key)
    return sending.strong(str(made.id) if made else image.sha256 or "")
