"""/jobs: work that takes longer than a request, as its owner follows it, waits for it, and calls it off."""

from __future__ import annotations

import uuid

from flask import Response, jsonify

from aizen.web import adapters, waiting
from aizen.web.answers import nothing
from aizen.web.caller import caller, needs
from aizen.web.parsing import Blueprint
from aizen.web.preconditions import body_etag
from aizen.work import examples, tracking
from aizen.work.schemas import JobSchema
from aizen.work.tracking import Tracked

blueprint = Blueprint("jobs", __name__, url_prefix=tracking.PREFIX, description="Follow work that takes longer than a request")

# The scopes that reach every job. A key without them reaches those of the kinds that its scopes ask for; of any other it is told nothing,
# not even that it is there.
READ, WRITE = "images:read", "images:write"
# Seconds after which it is worth while to ask again, for those who do not wait.
RETRY_AFTER = 1


@blueprint.route("/<uuid:job_id>", methods=["GET"])
@needs(READ, instead=tracking.scopes)
@blueprint.doc(parameters=[waiting.PREFER_HEADER])
@blueprint.response(200, JobSchema, example=examples.JOB)
@blueprint.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
@blueprint.alt_response(404, schema=None, description="No such job of yours")
def get_job(job_id: uuid.UUID) -> Response:
    """See how far a job is, or wait until it is done."""
    among = tracking.within_reach(caller().scopes, of_all=READ)
    return waiting.answer_with_news(
        lambda: tracking.find(job_id, owner_id=caller().user_id, adapters=adapters(), among=among),
        _shown,
        is_settled=lambda job: job.is_settled,
    )


def _shown(job: Tracked) -> Response:
    body = tracking.as_json(job)
    answer = jsonify(body)
    answer.set_etag(body_etag(body))
    answer.headers["Cache-Control"] = "private, no-cache"
    if not job.is_settled:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


@blueprint.route("/<uuid:job_id>", methods=["DELETE"])
@needs(WRITE, instead=tracking.scopes)
@blueprint.response(204)
@blueprint.alt_response(404, schema=None, description="No such job of yours")
def delete_job(job_id: uuid.UUID) -> Response:
    """Call a job off, or forget one that has ended."""
    among = tracking.within_reach(caller().scopes, of_all=WRITE)
    tracking.drop(job_id, owner_id=caller().user_id, adapters=adapters(), among=among)
    return nothing()
