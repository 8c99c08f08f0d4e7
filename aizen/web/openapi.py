"""The OpenAPI 3.1 document, made from the routes themselves, and the page that shows it with nothing from an outside host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from functools import cache, partial
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, send_from_directory
from flask_smorest import Api as SmorestApi
from marshmallow import Schema, fields

from aizen.web.caller import KEY_SCOPES, PUBLIC, SCOPES, needs
from aizen.web.problems import FRAMEWORK_CODES

VERSION = "1"
PREFIX = "/api/v1"
PROBLEM = "application/problem+json"
ALWAYS = {"500": "Something in Aizen went wrong", "503": "A part of the service is out of reach"}
JSON_BODY = {"400": "The body is no JSON object", "413": "The body is too large", "415": "The body is not JSON"}
SIGNED_IN = {"401": "Nobody is signed in", "403": "The caller lacks the scope"}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " frame-ancestors 'none'"
)
_METHODS = ("get", "post", "put", "patch", "delete")
_EXTENSION = "aizen-api"

blueprint = Blueprint("documents", __name__)


class FieldProblemSchema(Schema):
    """One field that cannot be accepted."""

    pointer = fields.String(required=True, metadata={"description": "RFC 6901 pointer to the field", "example": "/email"})
    code = fields.String(required=True, metadata={"example": "not_an_email"})
    detail = fields.String(required=True, metadata={"example": "Must be an e-mail address."})
    allowed = fields.List(fields.String(), metadata={"description": "What would be allowed"})


class ProblemSchema(Schema):
    """Problem details, RFC 9457."""

    type = fields.String(required=True, metadata={"example": "about:blank"})
    title = fields.String(required=True, metadata={"example": "Unprocessable Entity"})
    status = fields.Integer(required=True, metadata={"example": 422})
    detail = fields.String(required=True, metadata={"example": "Some fields cannot be accepted."})
    instance = fields.String(required=True, metadata={"example": "/api/v1/auth/register"})
    code = fields.String(required=True, metadata={"description": "A stable word for programs", "example": "invalid"})
    request_id = fields.String(required=True, metadata={"example": "3f2b8a52-5c0f-4f5c-9f6e-0d4c1c1e7a11"})
    errors = fields.List(fields.Nested(FieldProblemSchema))
    limit = fields.Integer(metadata={"description": "The limit that was passed, with 413"})
    used = fields.Integer(metadata={"description": "How much of the limit is taken, with 413 `quota_exceeded`"})
    allowed = fields.List(fields.String(), metadata={"description": "What would be allowed, with 405 and 415"})


class Api(SmorestApi):  # type: ignore[misc]
    """flask-smorest's document, with our errors."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """``aizen.web.problems`` answers every error."""


def settings_of_api() -> dict[str, Any]:
    """What flask-smorest is told."""
    return {
        "API_TITLE": "Aizen",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.1.0",
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "Keep images, get them in every size, have them described, and find them again.",
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "components": {
                "securitySchemes": {
                    "bearer": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "An access token of /auth/login, or an API key of /auth/keys",
                    }
                }
            },
        },
    }


def register(app: Flask, blueprints: Sequence[Any]) -> None:
    """``app`` has these documented blueprints, the document and its page."""
    for each in blueprints:
        app.register_blueprint(each)
    app.extensions[_EXTENSION] = cache(partial(_document, app, tuple(blueprints)))
    app.register_blueprint(blueprint)


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of ``app``: each operation with its id, its scope and its errors."""
    told: dict[str, Any] = deepcopy(app.extensions[_EXTENSION]())
    return told


def _document(app: Flask, blueprints: Sequence[Any]) -> dict[str, Any]:
    # flask-smorest writes a document while it registers, which costs ten times what the rest of an application does. So it registers the
    # blueprints once more, with an application that answers nobody, and only when somebody wants to read the document.
    unheard = Flask(app.import_name, static_folder=None)
    unheard.config.update(settings_of_api())
    api = Api(unheard)
    for each in blueprints:
        api.register_blueprint(each)
    told: dict[str, Any] = api.spec.to_dict()
    for response in told["components"].get("responses", {}).values():
        _as_problem(response)
    for rule in app.url_map.iter_rules():
        path = told["paths"].get(re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        if path is None:
            continue
        view = app.view_functions[rule.endpoint]
        for method in _METHODS:
            if method.upper() in (rule.methods or ()) and method in path:
                _complete(path[method], view, rule.endpoint.rpartition(".")[2])
    told["components"].setdefault("schemas", {})
    return told


def _complete(operation: dict[str, Any], view: Any, name: str) -> None:
    operation["operationId"] = name
    scope = getattr(view, "needs", PUBLIC)
    errors = dict(ALWAYS)
    if scope == PUBLIC:
        operation["security"] = []
    else:
        operation["security"] = [{"bearer": []}]
        operation["x-scope"] = scope
        told = f"Needs the scope `{scope}`: {SCOPES[scope].lower()}." + ("" if scope in KEY_SCOPES else " No API key has it.")
        if others := sorted(view.needs_instead()):
            operation["x-scope-instead"] = others
            told += f" Without it, {' or '.join(f'`{each}`' for each in others)} reaches what was asked for by that scope."
        operation["description"] = f"{operation.get('description', '')}\n\n{told}".strip()
        errors |= SIGNED_IN
        if view.needs_verified_email:
            errors["403"] += ", or a verified e-mail address (`email_not_verified`, with EMAIL_VERIFICATION=required)"
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        errors |= JSON_BODY
    if hasattr(view, "limited"):
        errors["429"] = "Too many requests; Retry-After says when to come back"
    responses = operation["responses"]
    for status, says in errors.items():
        responses.setdefault(status, {"description": says})
    for status, response in responses.items():
        if status.isdigit() and int(status) >= 400 and "$ref" not in response:
            response.setdefault("content", {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}})
        _as_problem(response)
        if PROBLEM in response.get("content", {}) and status.isdigit():
            response["content"][PROBLEM]["example"] = _example(int(status), response["description"])
    operation["responses"] = dict(sorted(responses.items()))
    operation["summary"] = operation["summary"].removesuffix(".")


def _example(status: int, says: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"{says}.",
        "instance": f"{PREFIX}/images",
        "code": FRAMEWORK_CODES.get(status, ("stable_code", ""))[0],
        "request_id": "3f2b8a52-5c0f-4f5c-9f6e-0d4c1c1e7a11",
    }


def _as_problem(response: dict[str, Any]) -> None:
    content = response.get("content", {})
    if content.get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/Problem"):
        content[PROBLEM] = content.pop("application/json")


@blueprint.get(f"{PREFIX}/openapi.json")
@needs(PUBLIC)
def openapi_document() -> Response:
    """The document, as the running application has it."""
    return jsonify(document(current_app._get_current_object()))  # type: ignore[attr-defined]


@blueprint.get("/api/docs")
@needs(PUBLIC)
def openapi_page() -> Response:
    """A page to read and try the API."""
    page = Response(_PAGE, mimetype="text/html")
    page.headers["Content-Security-Policy"] = PAGE_POLICY
    return page


@blueprint.get("/api/docs/start.js")
@needs(PUBLIC)
def openapi_page_script() -> Response:
    """What starts the page; a file of its own, so that the page needs no inline script."""
    return Response(_SCRIPT, mimetype="text/javascript")


@blueprint.get("/api/docs/assets/<path:name>")
@needs(PUBLIC)
def openapi_page_asset(name: str) -> Response:
    """A file of Swagger UI."""
    return send_from_directory(str(files("flask_swagger_ui") / "dist"), name)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aizen API</title>
<link rel="icon" href="/api/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""

_SCRIPT = f"""const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle({{
  url: "{PREFIX}/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  persistAuthorization: false,
  displayRequestDuration: true,
}});
"""
