"""/admin/jobs: background work, who does it, and what is tried again."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from aizen.admin import examples, work
from aizen.admin.routes.blueprint import actor, admin_blueprint, listed, position
from aizen.admin.schemas import RetriedSchema, RetrySchema, WorkItemSchema, WorkListArguments, WorkSummarySchema
from aizen.web import adapters
from aizen.web.caller import needs

blueprint = admin_blueprint("admin_jobs", "/api/v1/admin/jobs", "Look after background work")


@blueprint.route("", methods=["GET"])
@needs("admin")
@blueprint.arguments(WorkListArguments, location="query")
@blueprint.response(200, WorkItemSchema(many=True), example=[examples.WORK_ITEM])
@blueprint.alt_response(400, schema=None, description="The cursor is none, or belongs to other filters")
def admin_list_jobs(arguments: dict[str, Any]) -> Response:
    """List pieces of work with their reasons, the failed ones unless told otherwise."""
    filters = {name: arguments.get(name) for name in ("kind", "state")}
    selection = work.Selection(kind=arguments.get("kind"), state=arguments["state"])
    page = work.browse(selection, after=position(arguments, filters), limit=arguments["limit"], filters=filters)
    found = WorkItemSchema(many=True).dump([_told(row) for row in page.rows])
    return listed(found, page, filters, limit=arguments["limit"])


@blueprint.route("/summary", methods=["GET"])
@needs("admin")
@blueprint.response(200, WorkSummarySchema, example=examples.WORK_SUMMARY)
def admin_summarize_jobs() -> dict[str, Any]:
    """Count unfinished work by kind and state, and see which workers are alive."""
    return {"counts": work.counts(), "queue": work.crew(adapters())}


@blueprint.route("/<uuid:item_id>/retry", methods=["POST"])
@needs("admin")
@blueprint.response(202, WorkItemSchema, example=examples.WORK_ITEM)
@blueprint.alt_response(404, schema=None, description="No such piece of work")
@blueprint.alt_response(409, schema=None, description="It has not failed")
def admin_retry_job(item_id: uuid.UUID) -> dict[str, Any]:
    """Run a failed piece of work again."""
    return _told(work.retry(item_id, actor=actor(), adapters=adapters()))


@blueprint.route("/retry", methods=["POST"])
@needs("admin")
@blueprint.arguments(RetrySchema, example=examples.RETRY)
@blueprint.response(202, RetriedSchema, example=examples.RETRIED)
def admin_retry_jobs(body: dict[str, Any]) -> dict[str, int]:
    """Run all failed work but letters again, or that of one kind: up to 500 pieces a request."""
    work.require_known(body.get("kind"))
    retried, left = work.retry_all(body.get("kind"), actor=actor(), adapters=adapters())
    return {"retried": retried, "left": left}


def _told(row: Any) -> dict[str, Any]:
    error = {"code": row.error_code, "detail": row.error_detail or ""} if row.error_code else None
    return {**row._mapping, "owner": {"id": row.owner_id, "email": row.owner_email}, "error": error}
