"""/admin/overview, /admin/integrity, /admin/audit: how the service is, and what was done to it."""

from __future__ import annotations

from typing import Any

from flask import Response

from aizen.admin import audit, examples, integrity
from aizen.admin.models import AdminAction
from aizen.admin.overview import overview
from aizen.admin.routes.blueprint import actor, admin_blueprint, listed, position
from aizen.admin.schemas import AuditListArguments, AuditSchema, ExaminationSchema, IntegritySchema, OverviewSchema
from aizen.web import adapters
from aizen.web.caller import needs

blueprint = admin_blueprint("admin_state", "/api/v1/admin", "Look after the service")


@blueprint.route("/overview", methods=["GET"])
@needs("admin")
@blueprint.response(200, OverviewSchema, example=examples.OVERVIEW)
def admin_get_overview() -> dict[str, Any]:
    """See the state of the service at a glance."""
    return overview(adapters())


@blueprint.route("/integrity", methods=["GET"])
@needs("admin")
@blueprint.response(200, IntegritySchema, example=examples.INTEGRITY)
def admin_get_integrity() -> integrity.State:
    """Read the latest integrity report, and see whether one is being made."""
    return integrity.latest()


@blueprint.route("/integrity", methods=["POST"])
@needs("admin")
@blueprint.arguments(ExaminationSchema, example=examples.EXAMINATION)
@blueprint.response(202, IntegritySchema, example={**examples.INTEGRITY, "state": "pending", "made_at": None, "report": None})
@blueprint.alt_response(409, schema=None, description="One is being made")
def admin_ask_for_integrity(body: dict[str, Any]) -> integrity.State:
    """Have a worker compare database, storage and work."""
    return integrity.ask(checksums=body["checksums"], actor=actor(), adapters=adapters())


@blueprint.route("/audit", methods=["GET"])
@needs("admin")
@blueprint.arguments(AuditListArguments, location="query")
@blueprint.response(200, AuditSchema(many=True), example=[examples.ACTION])
@blueprint.alt_response(400, schema=None, description="The cursor is none, or belongs to other filters")
def admin_list_actions(arguments: dict[str, Any]) -> Response:
    """Read what was done with an administrator's power."""
    filters = {name: arguments.get(name) for name in ("actor", "action", "subject")}
    selection = audit.Selection(actor_id=filters["actor"], action=filters["action"], subject_id=filters["subject"])
    page = audit.browse(selection, after=position(arguments, filters), limit=arguments["limit"], filters=filters)
    found = AuditSchema(many=True).dump([_told(row) for row in page.rows])
    return listed(found, page, filters, limit=arguments["limit"])


def _told(row: AdminAction) -> dict[str, Any]:
    return {
        "id": row.id,
        "actor": {"id": row.actor_id, "name": row.actor},
        "action": row.action,
        "subject": {"kind": row.subject_kind, "id": row.subject_id, "label": row.subject_label},
        "detail": row.detail,
        "request_id": row.request_id,
        "network": row.network,
        "at": row.created_at,
    }
