"""What administration looks like in JSON."""

from __future__ import annotations

from marshmallow import Schema, fields

from aizen.admin.audit import ACTIONS, SUBJECT_KINDS
from aizen.admin.users import STATES
from aizen.auth.models import ROLES
from aizen.auth.passwords import LONGEST, SHORTEST
from aizen.auth.schemas import PageArguments, Username
from aizen.images.models import STATUSES, VISIBILITIES
from aizen.images.queries import LONGEST_QUERY
from aizen.images.schemas import ImageSchema
from aizen.web.fields import Choice, EmailAddress, Secret, Text, Timestamp, Truth, Whole
from aizen.work.models import STATES as WORK_STATES

# The largest whole number that every reader of JSON keeps exactly.
MOST_BYTES = 2**53 - 1


class SetupSchema(Schema):
    """Who will be the first administrator."""

    token = Secret(longest=200, required=True, metadata={"description": "What stands behind `#token=` in the set-up link"})
    email = EmailAddress(required=True)
    password = Secret(longest=LONGEST, required=True, metadata={"minLength": SHORTEST})
    username = Username(metadata={"description": "`user-` and 8 random characters when it is left out"})


class UserListArguments(PageArguments):
    """Which users."""

    search = Text(longest=254, metadata={"description": "A part of the e-mail address or the username, as it stands, without case"})
    role = Choice(*ROLES)
    state = Choice(*STATES)
    include = Choice("total", metadata={"description": "`total` counts them all into X-Total-Count"})


class UserEditSchema(Schema):
    """What an administrator changes of a user; what is not named stays."""

    role = Choice(*ROLES)
    disabled = Truth(
        metadata={"description": "true ends every session, revokes every API key and voids every link that was sent; false revives nothing"}
    )
    email_verified = Truth()
    storage_quota = Whole(
        lowest=0,
        highest=MOST_BYTES,
        allow_none=True,
        metadata={"description": "Bytes of originals: 0 for none at all, null for what the setting says"},
    )


class AdminUserSchema(Schema):
    """A user as administrators see them."""

    id = fields.UUID(required=True)
    email = fields.String(required=True, metadata={"format": "email"})
    username = fields.String(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    date_joined = Timestamp(required=True, attribute="created_at")
    role = fields.String(required=True, metadata={"enum": list(ROLES)})
    email_verified = fields.Function(lambda user: user.email_verified_at is not None, required=True, metadata={"type": "boolean"})
    disabled = fields.Function(lambda user: user.disabled_at is not None, required=True, metadata={"type": "boolean"})
    disabled_at = Timestamp(required=True, allow_none=True)
    storage_used = fields.Integer(required=True, metadata={"description": "Bytes of originals"})
    storage_quota = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Bytes: 0 is none at all, null where the setting holds"}
    )


class CountsSchema(Schema):
    """How much hangs on an account."""

    images = fields.Integer(required=True)
    sessions = fields.Integer(required=True, metadata={"description": "Those that live"})
    keys = fields.Integer(required=True, metadata={"description": "API keys that are neither expired nor revoked"})
    failed_work = fields.Integer(required=True)


class KnownUserSchema(AdminUserSchema):
    """A user with what hangs on the account."""

    counts = fields.Nested(CountsSchema, required=True)


class EndedSchema(Schema):
    """How many sessions have just ended."""

    sessions_ended = fields.Integer(required=True)


class ImageListArguments(PageArguments):
    """Which images."""

    owner = fields.UUID(metadata={"description": "The id of a user"})
    search = Text(
        longest=LONGEST_QUERY,
        metadata={"description": "As in GET /images; words and tags need `owner`, while `is:`, `before:` and `after:` do not"},
    )
    status = Choice(*STATUSES)
    visibility = Choice(*VISIBILITIES)
    trashed = Truth(metadata={"description": "true: only what lies in its owner's trash; false: only what does not"})


class ModeratedSchema(ImageSchema):
    """An image of anybody: its words, its owner and its variants. The original is its owner's alone."""

    class Meta:
        exclude = ("focal_point", "image", "image_url", "signed_url", "links", "duplicate_of", "parent_id", "recipe")

    thumb = fields.Url(required=True, allow_none=True, metadata={"description": "The variant for a grid; null until there is one"})


class TakeDownSchema(Schema):
    """Why an image is taken down."""

    reason = Text(longest=500, lines=True, load_default="", metadata={"description": "Kept in the audit log"})


class WorkListArguments(PageArguments):
    """Which pieces of work."""

    kind = Text(longest=40)
    state = Choice(*WORK_STATES, load_default="failed")


class FailureSchema(Schema):
    """Why a piece of work failed, or last failed."""

    code = fields.String(required=True)
    detail = fields.String(required=True)


class WorkOwnerSchema(Schema):
    """For whom the work is done. The address is null where the account is gone."""

    id = fields.UUID(required=True)
    email = fields.String(required=True, allow_none=True)


class WorkItemSchema(Schema):
    """A piece of background work."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(WORK_STATES)})
    subject_id = fields.UUID(required=True, metadata={"description": "What it is done on: an image, for most kinds"})
    owner = fields.Nested(WorkOwnerSchema, required=True)
    attempts = fields.Integer(required=True)
    error = fields.Nested(FailureSchema, required=True, allow_none=True)
    request_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Of the request that put it off: `trace.id` in the log"}
    )
    created_at = Timestamp(required=True)


class WorkCountSchema(Schema):
    """How many pieces of one kind are in one state."""

    kind = fields.String(required=True)
    state = fields.String(required=True)
    count = fields.Integer(required=True)


class WorkerSchema(Schema):
    """A worker, as it last told of itself."""

    name = fields.String(required=True)
    host = fields.String(required=True)
    last_heartbeat = Timestamp(required=True, allow_none=True)
    state = fields.Function(
        lambda seen: "busy" if seen.is_busy else "idle", required=True, metadata={"type": "string", "enum": ["busy", "idle"]}
    )


class QueueSchema(Schema):
    """What Redis says: who works, and how many hints wait."""

    workers = fields.List(fields.Nested(WorkerSchema), required=True)
    queue_length = fields.Integer(required=True, allow_none=True)
    unavailable = fields.String(
        required=True, allow_none=True, metadata={"description": "Why Redis could not be asked; null where it could"}
    )


class WorkSummarySchema(Schema):
    """Unfinished work by kind and state, and who does it."""

    counts = fields.List(fields.Nested(WorkCountSchema), required=True)
    queue = fields.Nested(QueueSchema, required=True)


class RetrySchema(Schema):
    """Which failed work is tried again."""

    kind = Text(longest=40, metadata={"description": "Every kind but letters (`send_…`), when it is left out"})


class RetriedSchema(Schema):
    """What is due again."""

    retried = fields.Integer(required=True, metadata={"description": "With what else had failed on the same images"})
    left = fields.Integer(required=True, metadata={"description": "Still failed: ask again for these"})


class UserCountsSchema(Schema):
    """Users."""

    total = fields.Integer(required=True)
    admins = fields.Integer(required=True)
    disabled = fields.Integer(required=True)


class ImageCountsSchema(Schema):
    """Images, and the bytes of their originals."""

    total = fields.Integer(required=True)
    trashed = fields.Integer(required=True, metadata={"description": "Those among them that lie in their owners' trash"})
    bytes = fields.Integer(required=True)


class WorkStatesSchema(Schema):
    """Unfinished work."""

    waiting = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    working = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class QueueStateSchema(Schema):
    """The queue, as far as Redis could be asked."""

    length = fields.Integer(required=True, allow_none=True)
    workers = fields.Integer(required=True)
    unavailable = fields.String(required=True, allow_none=True)


class DescriberSchema(Schema):
    """A describer or painter, in the order in which they are asked."""

    name = fields.String(required=True)
    left_alone_seconds = fields.Integer(required=True, metadata={"description": "More than 0 after repeated failures"})


class IntegrityAgeSchema(Schema):
    """The latest integrity report in short."""

    state = fields.String(required=True)
    made_at = Timestamp(required=True, allow_none=True)
    is_clean = fields.Boolean(required=True, allow_none=True)


class OverviewSchema(Schema):
    """The state of the service."""

    version = fields.String(required=True)
    environment = fields.String(required=True)
    database = fields.String(required=True, metadata={"enum": ["postgresql", "sqlite"]})
    storage = fields.String(required=True, metadata={"enum": ["local", "s3"]})
    users = fields.Nested(UserCountsSchema, required=True)
    images = fields.Nested(ImageCountsSchema, required=True)
    work = fields.Nested(WorkStatesSchema, required=True)
    queue = fields.Nested(QueueStateSchema, required=True)
    describers = fields.List(fields.Nested(DescriberSchema), required=True)
    painters = fields.List(fields.Nested(DescriberSchema), required=True)
    integrity = fields.Nested(IntegrityAgeSchema, required=True)


class IntegritySchema(Schema):
    """The latest integrity report, and how it stands with the next."""

    state = fields.String(
        required=True, metadata={"enum": ["none", *WORK_STATES], "description": "Of the making: `pending` and `working` are under way"}
    )
    asked_at = Timestamp(required=True, allow_none=True)
    made_at = Timestamp(required=True, allow_none=True)
    report = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "As `flask doctor --json`, with `counts` of every fault and the first hundred of each"},
    )
    error = fields.Nested(FailureSchema, required=True, allow_none=True)


class ExaminationSchema(Schema):
    """What a report compares."""

    checksums = Truth(load_default=False, metadata={"description": "Read every original: slow"})


class AuditListArguments(PageArguments):
    """Which actions."""

    actor = fields.UUID(metadata={"description": "The id of an administrator"})
    action = Choice(*ACTIONS)
    subject = fields.UUID(metadata={"description": "The id of what was acted on"})


class AuditActorSchema(Schema):
    """Who acted. The id is null where nobody had signed in."""

    id = fields.UUID(required=True, allow_none=True)
    name = fields.String(required=True, metadata={"description": "The e-mail address at that time, or who it was in words"})


class AuditSubjectSchema(Schema):
    """What was acted on."""

    kind = fields.String(required=True, metadata={"enum": list(SUBJECT_KINDS)})
    id = fields.UUID(required=True, allow_none=True)
    label = fields.String(required=True)


class AuditSchema(Schema):
    """Something that was done with an administrator's power."""

    id = fields.UUID(required=True)
    actor = fields.Nested(AuditActorSchema, required=True)
    action = fields.String(required=True, metadata={"enum": list(ACTIONS)})
    subject = fields.Nested(AuditSubjectSchema, required=True)
    detail = fields.Dict(
        required=True, metadata={"description": "Values before and after, and the like; `key_id` where an API key was used"}
    )
    request_id = fields.String(required=True, allow_none=True)
    network = fields.String(required=True)
    at = Timestamp(required=True)
