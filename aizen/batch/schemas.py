"""What is sent and answered about batches."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from aizen.batch.carrying_out import STATUSES
from aizen.delivery.schemas import Several
from aizen.images.models import VISIBILITIES
from aizen.images.schemas import TAGS_IN_A_LIST, WHO_SEES_IT, Tags, WorkErrorSchema
from aizen.transformations.schemas import TransformSchema
from aizen.web.fields import Choice, Truth, refusal

MOST_IDS = 100
_OF_TRANSFORM = tuple(TransformSchema().fields)
# The members that belong to each action beside ``ids`` and ``dry_run``, and those that it cannot do without.
MEMBERS: dict[str, tuple[str, ...]] = {
    "delete": (),
    "trash": (),
    "restore": (),
    "tag": ("tags",),
    "untag": ("tags",),
    "set_visibility": ("visibility",),
    "describe": (),
    "transform": _OF_TRANSFORM,
}
_NEEDED = ("tags", "visibility")


class BatchSchema(TransformSchema):
    """An action on images. Beside it stand the members that belong to it, and no others.

    ``tags`` belongs to tag and untag, ``visibility`` to set_visibility, and what POST /images/{id}/transform takes to transform.
    """

    action = Choice(*MEMBERS, required=True)
    ids = Several(fields.UUID(), most=MOST_IDS, required=True, metadata={"description": "Images of yours, each once", "uniqueItems": True})
    tags = Tags(in_a_list=True, metadata={**TAGS_IN_A_LIST, "description": "With tag and untag: those that come, or go"})
    visibility = Choice(*VISIBILITIES, metadata={"description": f"With set_visibility. {WHO_SEES_IT}"})
    mode = Choice("async", metadata={"description": "With transform, which a batch always puts off"})
    save = Truth(metadata={"description": "With transform: true keeps each result as an image of its own"})
    strict = Truth(metadata={"description": "With transform: true takes nothing that was made otherwise than asked"})
    dry_run = Truth(load_default=False, metadata={"description": "true does nothing, and tells what would come of it"})

    @validates_schema
    def _each_image_once(self, data: dict[str, Any], **_: Any) -> None:
        repeated = [number for number, each in enumerate(data["ids"]) if each in data["ids"][:number]]
        if repeated:
            raise ValidationError({"ids": {number: refusal("repeated", "Must be sent once.").messages for number in repeated}})

    @validates_schema
    def _members_of_the_action(self, data: dict[str, Any], **_: Any) -> None:
        action, belong = data["action"], MEMBERS[data["action"]]
        wrong: dict[str, Any] = {}
        for name in sorted({name for names in MEMBERS.values() for name in names}):
            if name in data and name not in belong:
                owners = " and ".join(each for each, names in MEMBERS.items() if name in names)
                wrong[name] = refusal("not_for_action", f"Belongs to {owners}, not to {action}.", allowed=belong).messages
            elif name in _NEEDED and name in belong and not data.get(name):
                wrong[name] = refusal("required", f"{action} needs it.").messages
        if wrong:
            raise ValidationError(wrong)


class BatchedSchema(Schema):
    """What has come of the action for one image."""

    id = fields.UUID(required=True)
    status = fields.String(
        required=True,
        metadata={
            "enum": list(STATUSES),
            "description": "accepted: a worker does it; unchanged: it was so already, or is under way; failed: error says why",
        },
    )
    error = fields.Nested(WorkErrorSchema, required=True, allow_none=True, metadata={"description": "Why it failed"})
    warnings = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "alt_missing: others see it, and nobody has said what it shows to who cannot see it"},
    )
    job = fields.String(
        required=True, allow_none=True, metadata={"description": "Of an accepted transform, unless it was a dry run: where to follow it"}
    )


class BatchCountsSchema(Schema):
    """How many images each status has."""

    done = fields.Integer(required=True)
    accepted = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class BatchResultSchema(Schema):
    """What has come of a batch; of a dry run, what would."""

    action = fields.String(required=True, metadata={"enum": list(MEMBERS)})
    dry_run = fields.Boolean(required=True)
    counts = fields.Nested(BatchCountsSchema, required=True)
    results = fields.List(fields.Nested(BatchedSchema), required=True, metadata={"description": "In the order of ids"})
