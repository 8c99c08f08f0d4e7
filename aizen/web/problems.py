"""The one table from an error's kind to a status, and the one writer of problem details (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, g, json, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from aizen import errors
from aizen.web import legacy_routes

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.AizenError], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Expired: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.Invalid: 422,
    errors.Unreadable: 422,
    errors.Infeasible: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    errors.OutOfSpace: 507,
    errors.OutsideFailure: 502,
}

FRAMEWORK_CODES = {
    400: ("bad_request", "The request cannot be read."),
    404: ("not_found", errors.NotFound.detail),
    405: ("method_not_allowed", "This address does not answer to that method."),
    406: ("not_acceptable", "There is no answer in a form that the request accepts."),
    408: ("request_timeout", "The request took too long to arrive."),
    411: ("length_required", "The request must tell its length."),
    413: ("body_too_large", "The body of the request is too large."),
    414: ("address_too_long", "The address of the request is too long."),
    415: ("unsupported_media_type", errors.UnsupportedMedia.detail),
    416: ("range_not_satisfiable", "The file has no such range."),
    417: ("expectation_failed", "The expectation cannot be met."),
    421: ("unknown_host", "This host is not served here."),
    428: ("precondition_required", "The request must carry a precondition."),
    431: ("headers_too_large", "The headers of the request are too large."),
    500: ("internal_error", "Something in Aizen went wrong. The request id leads to it in the log."),
}

# What a problem's body may hold.
MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "code", "request_id", "errors", "limit", "used", "allowed"})
NO_FIELD = "non_field_errors"


def status_of(error: errors.AizenError) -> int:
    """The status of the error's kind, or of the nearest kind that it is one of."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 500


def problem(
    status: int, *, code: str, detail: str, members: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> Response:
    """A problem+json answer. It is never stored by a cache, and names nothing of our inside."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": legacy_routes.asked_path(),
        "code": code,
        "request_id": g.get("request_id"),
        **(members or {}),
    }
    answer = Response(json.dumps(body), status=status, content_type="application/problem+json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(headers or {})
    return answer


def messages_by_field(fields: Sequence[errors.FieldError]) -> dict[str, list[str]]:
    """The refusals as Django REST framework words them, for the clients of old addresses: ``{field: [messages]}``.

    What lies inside a field is told of that field. A field that is called like a member of the problem cannot have its place: it is told
    among ``non_field_errors``, which those clients show too, behind its name.
    """
    told: dict[str, list[str]] = {}
    for field in fields:
        name = field.pointer.removeprefix("/").partition("/")[0].replace("~1", "/").replace("~0", "~")
        if name in MEMBERS:
            told.setdefault(NO_FIELD, []).append(f"{name}: {field.detail}")
        else:
            told.setdefault(name or NO_FIELD, []).append(field.detail)
    return told


def of_error(error: errors.AizenError) -> Response:
    """The answer that tells a domain error."""
    members: dict[str, Any] = {}
    headers: dict[str, str] = {}
    status = status_of(error)
    fields: Sequence[errors.FieldError] = getattr(error, "errors", ())
    if fields and legacy_routes.by_old_address():
        status = 400
        members |= messages_by_field(fields)
    if fields:
        members["errors"] = [
            {"pointer": field.pointer, "code": field.code, "detail": field.detail}
            | ({"allowed": list(field.allowed)} if field.allowed is not None else {})
            for field in fields
        ]
    if isinstance(error, errors.TooLarge) and error.limit is not None:
        members["limit"] = error.limit
    if isinstance(error, errors.QuotaExceeded):
        members["used"] = error.used
    if isinstance(error, errors.UnsupportedMedia) and error.allowed:
        members["allowed"] = list(error.allowed)
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if isinstance(error, errors.Unauthenticated):
        # RFC 6750, 3.1: no error is told where no token was sent.
        no_token = error.code in (errors.Unauthenticated.code, "bad_credentials")
        headers["WWW-Authenticate"] = 'Bearer realm="aizen"' + ("" if no_token else ', error="invalid_token"')
    if isinstance(error, errors.ScopeMissing):
        headers["WWW-Authenticate"] = f'Bearer realm="aizen", error="insufficient_scope", scope="{error.scope}"'
    return problem(status, code=error.code, detail=error.detail, members=members, headers=headers)


def of_framework(error: HTTPException) -> Response:
    """The answer that tells an error of the framework, an unknown address for one."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    code, detail = FRAMEWORK_CODES.get(error.code, ("http_error", HTTPStatus(error.code).phrase + "."))
    headers = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "content-range", "www-authenticate")}
    members: dict[str, Any] = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        members["allowed"] = sorted(error.valid_methods)
    if isinstance(error, RequestEntityTooLarge) and request.max_content_length:
        members["limit"] = request.max_content_length
    return problem(error.code, code=code, detail=detail, members=members, headers=headers)


def _of_accident(error: Exception) -> Response:
    log.exception("request broke off", exc_info=error)
    code, detail = FRAMEWORK_CODES[500]
    return problem(500, code=code, detail=detail)


def register(app: Flask) -> None:
    """Every error of ``app``, the framework's included, is answered as problem details."""
    app.register_error_handler(errors.AizenError, of_error)
    app.register_error_handler(HTTPException, of_framework)
    app.register_error_handler(Exception, _of_accident)
