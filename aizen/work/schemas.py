"""What is answered about jobs. The answers are built by ``tracking``; a test holds the one against the other."""

from __future__ import annotations

from marshmallow import Schema, fields

from aizen.web.fields import Timestamp
from aizen.work.tracking import STATUSES


class JobErrorSchema(Schema):
    """Why the work failed, or why its last try did while another one is to come."""

    code = fields.String(required=True)
    detail = fields.String(required=True)


class JobLinksSchema(Schema):
    """Where to go from a job."""

    self = fields.String(required=True)
    image = fields.String(metadata={"description": "The image that it is about, where there is one"})


class JobSchema(Schema):
    """A piece of work that was asked for, and what has come of it."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"description": "What is done", "example": "transformation"})
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    progress = fields.Integer(required=True, metadata={"minimum": 0, "maximum": 100, "description": "Percent"})
    place = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"minimum": 1, "description": "While it is pending: its place in the queue of its kind, about; 1 is the next"},
    )
    attempts = fields.Integer(required=True)
    result = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Null until it is done; then what the kind of work answers"}
    )
    error = fields.Nested(JobErrorSchema, required=True, allow_none=True)
    links = fields.Nested(JobLinksSchema, required=True)
    created_at = Timestamp(required=True)
