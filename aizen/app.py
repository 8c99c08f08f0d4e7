"""The application factory: the only module that knows every part."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_jwt_extended import JWTManager

from aizen import cli, reporting
from aizen.adapters import Adapters, open_adapters
from aizen.admin import first_administrator
from aizen.admin import jobs as admin_jobs
from aizen.admin import routes as admin_routes
from aizen.auth import access, keys, letters, one_time, sessions
from aizen.auth import jobs as auth_jobs
from aizen.auth import routes as auth_routes
from aizen.batch import routes as batch_routes
from aizen.capabilities import routes as capability_routes
from aizen.database import Base, db, engine_options, prepare_engine
from aizen.delivery import address as delivery_addresses
from aizen.delivery import routes as delivery_routes
from aizen.gallery import links
from aizen.gallery import routes as gallery_routes
from aizen.generation import counting
from aizen.generation import jobs as generation_jobs
from aizen.generation import routes as generation_routes
from aizen.images import fingerprinting, indexing, trash
from aizen.images import jobs as image_jobs
from aizen.images import routes as image_routes
from aizen.logs import start_logging
from aizen.settings import Settings, SettingsError
from aizen.transformations import configuration, eviction, orders
from aizen.transformations import jobs as transformation_jobs
from aizen.transformations import routes as transformation_routes
from aizen.web import EXTENSION, conventions, frontend, health, idempotency, legacy_routes, limits, openapi, problems
from aizen.web.answers import JsonProvider
from aizen.web.caller import register_look_up
from aizen.web.remembered import SentAgain
from aizen.web.rules import LateRule
from aizen.web.uploads import UploadRequest, close_files
from aizen.work import clock, kinds, ledger
from aizen.work import routes as work_routes

__all__ = ["SWEEPS", "Base", "create_app"]

# A body without a file: enough that a field which is far too long is told by its name, and nothing that costs us.
LARGEST_BODY = 2 * 1024 * 1024
# What the fields beside a file may hold together.
LARGEST_FORM = 256 * 1024
SWEEPS: tuple[clock.Sweep, ...] = (
    idempotency.forget_old,
    sessions.forget_ended,
    one_time.forget_expired,
    keys.forget_dead,
    letters.forget_failed,
    links.forget_ended,
    orders.forget_old,
    fingerprinting.put_off_missing,
    trash.empty,
    eviction.CacheBudget(),
    counting.forget_old,
    ledger.forget_old,
    indexing.PublishedBefore(),
)


def create_app(settings: Settings, adapters: Adapters | None = None, *, page: Path = frontend.STATIC) -> Flask:
    """A Flask application with every part in its place. Nothing outside is asked for anything yet.

    ``page`` is the folder in which the page for people is built.

    Raises SettingsError for an administrator's password that may not be chosen, and for presets that cannot be read.
    """
    first_administrator.require_choosable(settings)
    language = configuration.language(settings)
    start_logging(settings.log_level)
    reporting.start(settings)
    app = Flask("aizen", static_folder=None)
    app.request_class = UploadRequest
    app.url_rule_class = LateRule
    app.teardown_request(lambda _error: close_files(request))
    app.config.update(_flask_settings(settings))
    app.json = JsonProvider(app)
    app.extensions[EXTENSION] = adapters or open_adapters(settings)
    app.extensions[configuration.EXTENSION] = language

    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine, settings)
    JWTManager(app)

    problems.register(app)
    conventions.register(app, settings)
    legacy_routes.register(app)
    limits.register(app, settings)
    register_look_up(app, access.caller_of_request)
    for kind in (*auth_jobs.KINDS, *image_jobs.KINDS, *transformation_jobs.KINDS, *generation_jobs.KINDS, *admin_jobs.KINDS):
        kinds.register(kind)

    documented = [
        *auth_routes.BLUEPRINTS,
        image_routes.images,
        transformation_routes.blueprint,
        generation_routes.blueprint,
        delivery_routes.signed,
        *gallery_routes.BLUEPRINTS,
        batch_routes.blueprint,
        work_routes.blueprint,
        capability_routes.blueprint,
        *admin_routes.BLUEPRINTS,
    ]
    openapi.register(app, documented)
    app.register_blueprint(image_routes.media)
    app.register_blueprint(delivery_routes.pictures)
    for pages in (*gallery_routes.PAGES, *admin_routes.PAGES):
        app.register_blueprint(pages)
    app.register_blueprint(health.blueprint)
    frontend.register(app, page)
    cli.register(app, settings, sweeps=SWEEPS)
    # Around everything else: what is answered here costs no dispatch.
    app.wsgi_app = SentAgain(app.wsgi_app, prefix=delivery_addresses.PREFIX, settings=settings)  # type: ignore[method-assign]
    return app


def create_app_or_exit(settings: Settings, adapters: Adapters | None = None) -> Flask:
    """As ``create_app``, for a program: where the settings cannot be used, it ends by saying why."""
    try:
        return create_app(settings, adapters)
    except SettingsError as error:
        raise SystemExit(str(error)) from None


def _flask_settings(settings: Settings) -> dict[str, Any]:
    return {
        # No SECRET_KEY: nobody uses Flask's own sessions, and without one none is opened for each request.
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_FORM,
        "MAX_FORM_PARTS": 30,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings),
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "JWT_ALGORITHM": "HS256",
        # Hosts whose clocks differ a little sign for each other.
        "JWT_DECODE_LEEWAY": 5,
        # The claim is for tokens in cookies that scripts may read; there are none.
        "JWT_COOKIE_CSRF_PROTECT": False,
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(seconds=settings.jwt_access_seconds),
        "JWT_REFRESH_TOKEN_EXPIRES": timedelta(seconds=settings.jwt_refresh_seconds),
        "JWT_ENCODE_ISSUER": "aizen",
        "JWT_DECODE_ISSUER": "aizen",
        "JWT_ENCODE_AUDIENCE": "aizen",
        "JWT_DECODE_AUDIENCE": "aizen",
    }
