"""/admin/ai: what describers and painters were asked, what it has cost, and what is left of the budgets."""

from __future__ import annotations

from typing import Any

from flask import Response

from aizen.admin import examples, ledger
from aizen.admin.routes.blueprint import admin_blueprint, listed, position
from aizen.admin.schemas.ai import AiCallListArguments, AiCallSchema, AiUseArguments, AiUseSchema
from aizen.database import utc_now
from aizen.web import adapters
from aizen.web.caller import needs
from aizen.work import budgets

blueprint = admin_blueprint("admin_ai", "/api/v1/admin/ai", "See what AI has cost")


@blueprint.route("", methods=["GET"])
@needs("admin")
@blueprint.arguments(AiUseArguments, location="query")
@blueprint.response(200, AiUseSchema, example=examples.AI_USE)
def admin_get_ai_use(arguments: dict[str, Any]) -> dict[str, Any]:
    """Add up a month's calls to describers and painters: by outcome, model and user, and against the budgets."""
    return ledger.use(arguments.get("month") or budgets.month_of(utc_now()), adapters().settings)


@blueprint.route("/calls", methods=["GET"])
@needs("admin")
@blueprint.arguments(AiCallListArguments, location="query")
@blueprint.response(200, AiCallSchema(many=True), example=[examples.AI_CALL])
@blueprint.alt_response(400, schema=None, description="The cursor is none, or belongs to other filters")
def admin_list_ai_calls(arguments: dict[str, Any]) -> Response:
    """List the calls to describers and painters, each with its outcome, time, tokens and cost."""
    filters = {name: arguments.get(name) for name in ("owner", "service", "outcome")}
    selection = ledger.Selection(owner_id=filters["owner"], service=filters["service"], outcome=filters["outcome"])
    page = ledger.browse(selection, after=position(arguments, filters), limit=arguments["limit"], filters=filters)
    found = AiCallSchema(many=True).dump([_told(row) for row in page.rows])
    return listed(found, page, filters, limit=arguments["limit"])


def _told(row: Any) -> dict[str, Any]:
    owner = {"id": row.owner_id, "email": row.owner_email} if row.owner_id else None
    return {**row._mapping, "owner": owner}
