"""What is sent and answered about transformations. What a step may be told comes from the one table of the language."""

from __future__ import annotations

from typing import get_args

from marshmallow import Schema, fields

from aizen.imaging import OutputFormat
from aizen.transformations.language.describing import object_schema, output_schema, step_schema
from aizen.web.fields import Choice, Truth

MODES = ("sync", "async")


class TransformSchema(Schema):
    """A transformation: one of ``steps``, ``preset``, ``recipe`` and ``transformations``, and how it is to be carried out.

    The language reads what a recipe is made of; here it only has its place.
    """

    tells_by_field = True

    steps = fields.Raw(allow_none=True, metadata={"type": "array", "items": step_schema(), "description": "What is done, in this order"})
    output = fields.Raw(allow_none=True, metadata={**output_schema(), "description": "The file that is written"})
    preset = fields.Raw(allow_none=True, metadata={"type": "string", "description": "A preset by name; /capabilities tells them"})
    recipe = fields.Raw(allow_none=True, metadata={"type": "string", "description": "A whole recipe in URL spelling"})
    transformations = fields.Raw(allow_none=True, metadata=object_schema())
    mode = Choice(*MODES, metadata={"description": "sync answers when it is done, async at once; without it the size decides"})
    save = Truth(load_default=False, metadata={"description": "true keeps the result as an image of its own"})
    strict = Truth(load_default=False, metadata={"description": "true takes nothing that was made otherwise than asked"})


class TransformedSchema(Schema):
    """What came of a transformation: a file, or with ``save`` an image."""

    id = fields.UUID(required=True, metadata={"description": "The image's; with save that of the new image"})
    url = fields.Url(required=True, metadata={"description": "Opens it until it expires"})
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    bytes = fields.Integer(required=True)
    format = fields.String(required=True, metadata={"enum": list(get_args(OutputFormat))})
    recipe = fields.String(required=True, metadata={"description": "The canonical recipe in URL spelling"})
    cached = fields.Boolean(required=True, metadata={"description": "Whether it had been made before"})
    warnings = fields.List(fields.String(), required=True, metadata={"description": "Codes of what was done otherwise than asked"})
    parent_id = fields.UUID(required=True, allow_none=True, metadata={"description": "With save, the image that the new one was made from"})
