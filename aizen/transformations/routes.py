"""POST /images/{id}/transform: a picture made of an image, at once or later, as a file or as an image of its own."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from flask import Response, current_app, jsonify, request
from sqlalchemy.exc import IntegrityError

from aizen.database import transaction
from aizen.errors import Expired, FieldError, Invalid, NotFound, QuotaExceeded, ScopeMissing
from aizen.images import intake, library
from aizen.images import presenting as image_presenting
from aizen.images.models import Image, ListedImage
from aizen.transformations import configuration, examples, orders, planning, presenting, rendering, saving
from aizen.transformations.charging import Bill
from aizen.transformations.planning import Plan, Wish
from aizen.transformations.recipe import Parsed, read_json
from aizen.transformations.rendering import Made, Times
from aizen.transformations.saving import StoredRendering
from aizen.transformations.schemas import TransformedSchema, TransformSchema
from aizen.web import adapters, idempotency, negotiation, sending
from aizen.web.caller import caller, needs
from aizen.web.idempotency import IDEMPOTENCY_HEADER, Once
from aizen.web.parsing import Blueprint
from aizen.work import examples as work_examples
from aizen.work import tracking
from aizen.work.schemas import JobSchema

blueprint = Blueprint(
    "transformations",
    __name__,
    url_prefix=image_presenting.PREFIX,
    description="Make other pictures of images, at once or in the background",
)

# What the body says of the recipe; the rest is about how it is carried out.
_LANGUAGE = ("steps", "output", "preset", "recipe", "transformations")
_HEADERS = [
    IDEMPOTENCY_HEADER,
    {
        "in": "header",
        "name": "Prefer",
        "schema": {"type": "string"},
        "example": "respond-async",
        "description": "Answer at once, and have a worker do it",
    },
]


@blueprint.route("/<uuid:image_id>/transform", methods=["POST"])
@needs("transforms:run")
@blueprint.doc(parameters=_HEADERS, responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}})
@blueprint.arguments(TransformSchema, example=examples.TRANSFORM)
@blueprint.response(200, TransformedSchema, example=examples.TRANSFORMED, description="It is done; or the picture itself, by Accept")
@blueprint.alt_response(201, schema=TransformedSchema, example=examples.TRANSFORMED, description="It is an image of its own", success=True)
@blueprint.alt_response(202, schema=JobSchema, example=work_examples.JOB, description="A worker will do it", success=True)
@blueprint.alt_response(404, schema=None, description="No such image of yours")
@blueprint.alt_response(409, schema=None, description="The image lies in the trash or has no picture yet, or its original is lost")
@blueprint.alt_response(410, schema=None, description="What this Idempotency-Key made is gone")
@blueprint.alt_response(413, schema=None, description="More than you may still keep, with save")
@blueprint.alt_response(422, schema=None, description="The recipe cannot be read, or not be carried out on this picture")
@blueprint.alt_response(429, schema=None, description="Too many megapixels, or images with save; Retry-After says when to come back")
def transform_image(body: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Make a picture of an image: resized, cropped, turned, filtered, marked, in another format.

    Where Accept puts a type of image before application/json, the answer is the picture itself, and the format `auto` is the best that
    Accept names.
    """
    _require_scope(body)
    wish = _wish(body, image_id)
    use = _use(body, wish)
    made = idempotency.made_before(use)
    answer = _carried_out(wish, body, use=use) if made is None else _repeated(made, wish, body)
    # JSON or a picture, and which: it follows Accept.
    answer.vary.add("Accept")
    return answer


def _require_scope(body: dict[str, Any]) -> None:
    if body["save"] and "images:write" not in caller().scopes:
        raise ScopeMissing("images:write", "Keeping the result as an image needs the scope images:write too.")


def _wish(body: dict[str, Any], image_id: uuid.UUID) -> Wish:
    return Wish(
        image_id=image_id,
        owner_id=caller().user_id,
        parsed=_parsed(body),
        strict=body["strict"],
        **_reads(),
    )


def _reads() -> dict[str, str]:
    if not negotiation.wants_picture():
        return {}
    takes = negotiation.reads(request.headers.get("Accept", ""))
    return {"reads": takes.still, "reads_moving": takes.moving}


def _parsed(body: dict[str, Any]) -> Parsed:
    language: configuration.Language = current_app.extensions[configuration.EXTENSION]
    return read_json({name: body[name] for name in _LANGUAGE if name in body}, language.presets, limits=language.limits)


def _use(body: dict[str, Any], wish: Wish) -> Once | None:
    reads = wish.reads, wish.reads_moving
    how = {"image_id": wish.image_id, "reads": reads, "respond_async": negotiation.prefers("respond-async")}
    return idempotency.once("transform", owner_id=wish.owner_id, sent={**body, **how})


def _carried_out(wish: Wish, body: dict[str, Any], *, use: Once | None) -> Response:
    plan = _planned(wish)
    if body["save"]:
        saving.require_keepable(plan)
    if _is_put_off(plan, body.get("mode")):
        return _ordered(plan, body, use=use)
    return _saved(plan, body, use=use) if body["save"] else _derived(plan, use=use)


def _planned(wish: Wish) -> Plan:
    """The plan for the wish. What was put off is carried out in the trash too; nothing is begun there: Conflict (trashed)."""
    plan = planning.plan(wish, adapters().settings)
    library.require_not_trashed(plan.image)
    return plan


def _bill(body: dict[str, Any]) -> Bill:
    return Bill(caller().user_id, saves=body["save"], settings=adapters().settings)


def _is_put_off(plan: Plan, mode: str | None) -> bool:
    """Whether a worker does it: by the mode, else by what the client prefers, else by the size. What is there already costs nothing."""
    if mode == "async" or plan.found is not None:
        return mode == "async"
    most = adapters().settings.sync_max_megapixels
    is_large = plan.decoded_pixels > most * 1_000_000
    if mode == "sync" and is_large:
        detail = f"This decodes {plan.decoded_pixels / 1_000_000:.1f} megapixels, and a request waits for at most {most:g}."
        raise Invalid(errors=[FieldError("/mode", "too_large_for_sync", detail, ["async"])])
    return mode is None and (is_large or negotiation.prefers("respond-async"))


# -- asked for before


def _repeated(made: uuid.UUID, wish: Wish, body: dict[str, Any]) -> Response:
    """What an earlier request with this key has made. Nothing is put off or kept again: Expired, where it is gone."""
    if made == wish.image_id:
        return _derived_again(_planned(wish), body)
    answer = _made_before(made, body)
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _derived_again(plan: Plan, body: dict[str, Any]) -> Response:
    """A file is looked for, or made, as if it were the first time: it adds nothing to what its caller has."""
    if plan.found is None and _is_put_off(plan, body.get("mode")):
        raise _gone()
    return _derived(plan, use=None, repeats=True)


def _made_before(made: uuid.UUID, body: dict[str, Any]) -> Response:
    with suppress(NotFound):
        return _put_off(made)
    with suppress(NotFound):
        if body["save"]:
            return _kept(library.show(made, owner_id=caller().user_id).image)
    raise _gone()


def _gone() -> Expired:
    return Expired("What was made with this Idempotency-Key is gone. With another key it is made anew.", code="result_gone")


# -- put off


def _ordered(plan: Plan, body: dict[str, Any], *, use: Once | None) -> Response:
    with _bill(body) as bill:
        bill.charge(orders.price(plan))
    try:
        item_id = orders.put_off(plan, save=body["save"], use=use, adapters=adapters())
    except IntegrityError:
        # Another request with this key has been quicker.
        made = idempotency.made_before(use)
        if made is None:
            raise
        return _repeated(made, plan.wish, body)
    answer = _put_off(item_id)
    if negotiation.prefers("respond-async"):
        answer.headers["Preference-Applied"] = "respond-async"
    return answer


def _put_off(item_id: uuid.UUID) -> Response:
    job = tracking.find(item_id, owner_id=caller().user_id, adapters=adapters())
    answer = _json(tracking.as_json(job))
    answer.status_code = 202
    answer.headers["Location"] = tracking.address(item_id)
    return answer


# -- kept as an image


def _saved(plan: Plan, body: dict[str, Any], *, use: Once | None) -> Response:
    with _bill(body) as bill:
        made = saving.take_in(plan.wish, adapters(), terms=bill, first=plan)
    try:
        with transaction():
            shown = saving.add(made, use=use, adapters=adapters())
    except (IntegrityError, QuotaExceeded):
        intake.give_up(made.stored, adapters())
        before = idempotency.made_before(use)
        if before is None:
            raise
        return _repeated(before, plan.wish, body)
    except Exception:
        intake.give_up(made.stored, adapters())
        raise
    return _kept(shown.image, made)


def _kept(image: Image | ListedImage, made: StoredRendering | None = None) -> Response:
    warnings = made.warnings if made else ()
    cached = made.cached if made else True
    answer = _json(presenting.saved(image, cached=cached, warnings=warnings, settings=adapters().settings))
    answer.status_code = 201
    answer.headers["Location"] = f"{image_presenting.PREFIX}/{image.id}"
    return _told(answer, warnings=list(warnings), cached=cached, times=made.times if made else Times())


# -- a file


def _derived(plan: Plan, *, use: Once | None, repeats: bool = False) -> Response:
    with Bill(caller().user_id, saves=False, settings=adapters().settings) as bill:
        made = rendering.derive(plan.wish, adapters(), terms=bill, first=plan)
    _remember(use, made)
    answer = _picture(made) if negotiation.wants_picture() else _json(_body(made))
    if repeats and made.cached:
        answer.headers["Idempotency-Replayed"] = "true"
    return _told(answer, warnings=made.file.warnings, cached=made.cached, times=made.times)


def _remember(use: Once | None, made: Made) -> None:
    """The key is used up, for whatever file there is of the image by then: files come and go."""
    if use is None:
        return
    try:
        with transaction():
            idempotency.remember(use, made.plan.image.id)
    except IntegrityError:
        # Another request has used the key meanwhile: for the same thing, or this one is refused.
        idempotency.made_before(use)


def _body(made: Made) -> dict[str, Any]:
    recipe = str(made.plan.wish.parsed.recipe)
    return presenting.derived(made.file, recipe=recipe, cached=made.cached, settings=adapters().settings)


def _picture(made: Made) -> Response:
    """The bytes themselves, with S3 too: whoever sends a POST for a picture is not sent on."""
    return sending.send(
        made.file.key,
        media_type=made.file.media_type,
        file_name=image_presenting.file_name(made.plan.image, made.file),
        etag=sending.weak(made.file.cache_key),
        redirects=False,
        seconds=sending.REDIRECT_SECONDS,
        adapters=adapters(),
    )


def _json(body: dict[str, Any]) -> Response:
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _told(answer: Response, *, warnings: list[str], cached: bool, times: Times) -> Response:
    if warnings:
        answer.headers["Aizen-Warnings"] = ", ".join(warnings)
    answer.headers["Server-Timing"] = times.server_timing(cached=cached)
    return answer
