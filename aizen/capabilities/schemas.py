"""What is answered about capabilities."""

from __future__ import annotations

from marshmallow import Schema, fields


class LimitsSchema(Schema):
    """What an image, and what is made of it, may measure and cost."""

    image_bytes = fields.Integer(required=True)
    image_megapixels = fields.Float(required=True, metadata={"description": "width × height × frames"})
    image_frames = fields.Integer(required=True)
    jpeg_scans = fields.Integer(required=True)
    metadata_bytes = fields.Integer(required=True)
    sync_megapixels = fields.Float(required=True, metadata={"description": "What has more to decode is put off"})
    transform_side = fields.Integer(required=True, metadata={"description": "Longest side of a result, in pixels"})
    transform_steps = fields.Integer(required=True)
    transform_parameters = fields.Integer(required=True, metadata={"description": "Most parameters of a step"})
    transform_seconds = fields.Float(required=True)
    transform_bytes = fields.Integer(required=True, metadata={"description": "Most memory of a rendering"})
    transform_cache_bytes = fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "What is kept of results, in bytes: beyond it the least recently used go, and are made again. null: no bound"
        },
    )
    transform_rate = fields.String(required=True, metadata={"description": "Megapixels of one user"})
    trash_seconds = fields.Integer(required=True, metadata={"description": "What lies in the trash for longer is removed"})


class FormatsSchema(Schema):
    """What is taken, what is made, and what of it keeps animations and transparency."""

    input = fields.List(fields.String(), required=True)
    output = fields.List(fields.String(), required=True)
    animated = fields.List(fields.String(), required=True)
    transparent = fields.List(fields.String(), required=True)


class ParameterSchema(Schema):
    """What an operation, a filter or the output may be told."""

    name = fields.String(required=True)
    url = fields.String(required=True, allow_none=True, metadata={"description": "Its key in URL spelling, where it has one"})
    does = fields.String(required=True)
    required = fields.Boolean(required=True)
    default = fields.Raw(required=True, allow_none=True, metadata={"description": "What holds where nothing is told"})
    schema = fields.Dict(required=True, metadata={"description": "The JSON Schema of its value"})


class FilterSchema(Schema):
    """A filter and what it may be told."""

    name = fields.String(required=True)
    does = fields.String(required=True)
    parameters = fields.List(fields.Nested(ParameterSchema), required=True)


class OperationSchema(FilterSchema):
    """An operation of a recipe and what it may be told."""

    url = fields.String(required=True, metadata={"description": "Its URL spelling"})


class PresetSchema(Schema):
    """A recipe by its name."""

    name = fields.String(required=True)
    recipe = fields.String(required=True)


class FeaturesSchema(Schema):
    """What is switched on."""

    describers = fields.List(fields.String(), required=True, metadata={"description": "In the order in which they are asked"})
    email_verification = fields.String(required=True, metadata={"enum": ["off", "optional", "required"]})
    email = fields.Boolean(required=True, metadata={"description": "Whether letters are sent, and not only filed"})
    registration = fields.Boolean(required=True)
    generation = fields.Boolean(required=True)


class GenerationLimitsSchema(Schema):
    """What may be asked of the painters. Where ``offline`` is the only one, no model paints, and its pictures say so."""

    painters = fields.List(fields.String(), required=True, metadata={"description": "In the order in which they are asked"})
    models = fields.List(fields.String(), required=True, metadata={"description": "What `model` may be; the first unless told"})
    prompt_characters = fields.Integer(required=True)
    smallest_side = fields.Integer(required=True, metadata={"description": "Pixels"})
    largest_side = fields.Integer(required=True, metadata={"description": "Pixels"})
    default_side = fields.Integer(required=True, metadata={"description": "Pixels"})
    most_steps = fields.Integer(required=True)
    largest_seed = fields.Integer(required=True)
    per_day = fields.Integer(required=True, allow_none=True, metadata={"description": "Orders of one user; null: no bound"})
    rate = fields.String(required=True, metadata={"description": "Orders of one user"})


class CapabilitiesSchema(Schema):
    """What this installation can do."""

    limits = fields.Nested(LimitsSchema, required=True)
    formats = fields.Nested(FormatsSchema, required=True)
    operations = fields.List(fields.Nested(OperationSchema), required=True)
    filters = fields.List(fields.Nested(FilterSchema), required=True)
    output = fields.List(fields.Nested(ParameterSchema), required=True)
    presets = fields.List(fields.Nested(PresetSchema), required=True)
    variant_widths = fields.List(fields.Integer(), required=True)
    features = fields.Nested(FeaturesSchema, required=True)
    generation = fields.Nested(GenerationLimitsSchema, required=True)
