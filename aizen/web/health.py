"""/healthz says that the process lives; /readyz, whether it could take an upload now. Both answer under any Host."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from aizen.database import is_migrated
from aizen.errors import AizenError
from aizen.queue import HintLost
from aizen.web import adapters
from aizen.web.caller import PUBLIC, needs

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@needs(PUBLIC)
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
@needs(PUBLIC)
def readyz() -> tuple[Response, int]:
    """Database and storage answer. Redis is told too, but uploads are taken without it."""
    parts: dict[str, Any] = {"database": _database(), "storage": _storage(), "queue": _queue()}
    ready = parts["database"] == parts["storage"] == "ok"
    answer = jsonify({"status": "ready" if ready else "unavailable", "parts": parts})
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if ready else 503


def _database() -> str:
    try:
        return "ok" if is_migrated() else "not migrated: run `flask db upgrade`"
    except AizenError as error:
        return error.code


def _storage() -> str:
    try:
        adapters().storage.check()
    except AizenError as error:
        return error.code
    return "ok"


def _queue() -> str:
    try:
        adapters().queue.length()
    except HintLost:
        return "unavailable: work waits until it is back"
    return "ok"
