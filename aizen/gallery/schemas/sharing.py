"""Publishing and withdrawing."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from aizen.images.models import VISIBILITIES
from aizen.images.schemas import WHO_SEES_IT, ImageSchema, visibility_meant
from aizen.web.fields import Choice, Truth, refusal


class PublishSchema(Schema):
    """Who shall see the image; everybody, where nothing is said."""

    is_public: fields.Boolean = Truth(metadata={"description": "true: public; false: private"})
    visibility = Choice(*VISIBILITIES, metadata={"description": WHO_SEES_IT})

    @post_load
    def _in_one_word(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"visibility": visibility_meant(data, otherwise="public")}


class ShareSchema(PublishSchema):
    """Who shall see the image from now on: ``is_public``, or ``visibility`` in its place."""

    @post_load
    def _in_one_word(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data:
            raise ValidationError({"is_public": refusal("required", "Must be sent, or visibility in its place.").messages})
        return {"visibility": visibility_meant(data, otherwise="public")}


class OldPublishSchema(PublishSchema):
    """The same at an old address, in any of the words that a form has for yes and no."""

    is_public = fields.Boolean()


class OldShareSchema(ShareSchema):
    """The same at an old address."""

    is_public = fields.Boolean()


class SharedSchema(ImageSchema):
    """The image, and what its owner should know of it."""

    warnings = fields.List(
        fields.String(), required=True, metadata={"description": "alt_missing: others see it, and nobody has said what it shows"}
    )
