"""Images taken in: sent as files, or fetched from their addresses."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from typing import Any, cast

from flask import Response, request
from marshmallow import ValidationError
from sqlalchemy.exc import IntegrityError

from aizen.auth import quotas
from aizen.database import transaction
from aizen.errors import FieldError, Invalid, QuotaExceeded, Unreadable, UnsupportedMedia
from aizen.images import examples, fetching, intake, library, presenting, twins
from aizen.images.intake import StoredPicture
from aizen.images.routes.blueprint import answer_with, images
from aizen.images.schemas import (
    ImageSchema,
    OldUploadSchema,
    UploadBodySchema,
    UploadFormSchema,
    UrlBodySchema,
)
from aizen.images.shown import Shown
from aizen.web import adapters, idempotency
from aizen.web.caller import caller, needs, require_to_show
from aizen.web.fields import field_errors
from aizen.web.idempotency import IDEMPOTENCY_HEADER
from aizen.web.legacy_routes import by_old_address
from aizen.web.limits import limited
from aizen.web.uploads import FORM_ROOM, Upload, UploadRequest, read_form


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
    answer = answer_with(shown, warnings=presenting.warnings(shown.image))
    answer.status_code = status
    answer.headers["Location"] = f"{presenting.PREFIX}/{shown.image.id}"
    return answer


def _replayed(image_id: uuid.UUID, fields: dict[str, Any]) -> Response:
    # Whoever wants what is there already finds it there at the second time, whatever the first one did.
    answer = _located(library.show(image_id, owner_id=caller().user_id), 200 if _returns_kept(fields) else 201)
    answer.headers["Idempotency-Replayed"] = "true"
    return answer
