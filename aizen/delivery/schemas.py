"""What is sent and answered about addresses of delivery."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from aizen.delivery.address import FORMATS
from aizen.delivery.addressing import LONGEST_LIFE, SHORTEST_LIFE
from aizen.delivery.embedding import KINDS
from aizen.web.fields import Choice, Timestamp, Truth, Whole, refusal

MOST_IDS = 100
MOST_RECIPES = 20
MOST_ADDRESSES = 500
LONGEST_RECIPE = 6000


class Several(fields.List[Any]):
    """Between one and ``most`` of something."""

    def __init__(self, each: fields.Field[Any], *, most: int, **kwargs: Any) -> None:
        super().__init__(each, metadata={"minItems": 1, "maxItems": most, **kwargs.pop("metadata", {})}, **kwargs)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not 1 <= len(value) <= self.most:
            raise refusal("too_many" if value else "too_few", f"Must have between 1 and {self.most}.")
        return super()._deserialize(value, attr, data, **kwargs)


class SignSchema(Schema):
    """Which images, and what is to be made of each."""

    ids = Several(fields.UUID(), most=MOST_IDS, required=True, metadata={"description": "Images of yours"})
    recipes = Several(
        fields.String(metadata={"maxLength": LONGEST_RECIPE}),
        most=MOST_RECIPES,
        required=True,
        metadata={"description": "Recipes in URL spelling; a preset is t=thumb"},
    )
    format = Choice(*FORMATS, metadata={"description": "The extension; without one the format follows Accept"})
    expires_in = Whole(
        lowest=SHORTEST_LIFE,
        highest=LONGEST_LIFE,
        metadata={"description": "Seconds; without it addresses of public images never end, others after an hour or somewhat more"},
    )
    download = Truth(load_default=False, metadata={"description": "true has browsers save the picture and not show it"})
    strict = Truth(load_default=False, metadata={"description": "true refuses what is known to become otherwise than asked"})

    @validates_schema
    def bounded(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Raises ValidationError where images and recipes make too many addresses together."""
        if len(data["ids"]) * len(data["recipes"]) > MOST_ADDRESSES:
            told = f"Must not be more than {MOST_ADDRESSES} addresses: one for each image and recipe."
            raise ValidationError({"recipes": refusal("too_many", told).messages})


class SignedSchema(Schema):
    """An address of an image."""

    id = fields.UUID(required=True)
    recipe = fields.String(required=True, metadata={"description": "The canonical recipe; of a watermark image with its version"})
    url = fields.Url(required=True, metadata={"description": "Opens the picture for whoever has it"})
    expires_at = Timestamp(required=True, allow_none=True)


class EmbedQuerySchema(Schema):
    """What the image is to be put into."""

    as_ = Choice(*KINDS, data_key="as", load_default="html", metadata={"description": "html: a picture element; url: it follows Accept"})


class EmbedSchema(Schema):
    """An image as a page shows it."""

    as_ = fields.String(required=True, data_key="as", metadata={"enum": list(KINDS)})
    text = fields.String(required=True, metadata={"description": "To be put into the page as it is"})
    digital_source_type = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "As the image has it. The HTML has it as data-digital-source-type, so that a page can mark such pictures"},
    )
    expires_at = Timestamp(required=True, allow_none=True, metadata={"description": "When its addresses end; never, of a public image"})
    warnings = fields.List(fields.String(), required=True, metadata={"description": "alt_missing: nobody has approved an alt text"})
