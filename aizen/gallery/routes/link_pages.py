"""/s/{slug}: an image as whoever has a share link sees it: a page, JSON for programs, and the files that both name.

None of it is guarded against forged requests: who would have somebody's browser send one must know the slug, and can open the link alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Response, jsonify, request

from aizen.errors import AizenError, Expired, Invalid, NotAllowed, NotFound, TooMany, Unavailable
from aizen.gallery import link_page, link_presenting, opening
from aizen.gallery.links import PREFIX
from aizen.gallery.opening import Shared
from aizen.gallery.schemas.links import OpeningSchema
from aizen.images import presenting
from aizen.web import adapters, pages, problems, sending
from aizen.web.answers import led_on
from aizen.web.caller import PUBLIC, needs
from aizen.web.frontend import origin_of
from aizen.web.parsing import FORMS, ArgumentsParser

link_pages = PlainBlueprint("link_pages", __name__)
_PARSER = ArgumentsParser()
_COOKIE = "aizen_link"
_PASSWORD = pages.Field("password", "Password", kind="password")
_TITLES: tuple[tuple[type[AizenError], str, str], ...] = (
    (NotFound, "Nothing here", "There is no such link, or it is shared no longer."),
    (Expired, "This link has ended", "Ask whoever sent it to you for another one."),
    (Unavailable, "In a moment", ""),
)


def _for_people(view: Callable[..., Response]) -> Callable[..., Response]:
    """What the view refuses is told as a page, or as problem details to who prefers JSON."""

    @wraps(view)
    def answered(slug: str) -> Response:
        try:
            answer = view(slug)
        except AizenError as error:
            answer = problems.of_error(error) if _wants_json() else _sorry(error)
        answer.vary.add("Accept")
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    return answered


def _wants_json() -> bool:
    """Whether JSON comes before a page: for who sends JSON, or names it in Accept. Messengers that make a preview take anything."""
    return request.is_json or request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _sorry(error: AizenError) -> Response:
    status = problems.status_of(error)
    title, text = next(((title, text) for kind, title, text in _TITLES if isinstance(error, kind)), ("This did not work", ""))
    told = text if isinstance(error, NotFound) else f"{error.detail} {text}".rstrip()
    return _retried(pages.notice(title, told, status=status), error)


def _retried(page: Response, error: AizenError) -> Response:
    if isinstance(error, TooMany | Unavailable):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


@link_pages.get(f"{PREFIX}<string:slug>")
@needs(PUBLIC)
@_for_people
def open_link(slug: str) -> Response:
    """The image of a link; of a guarded one a cover, from which it is opened. A program that asks for JSON opens it by that.

    A HEAD counts nothing. Nor does the cover: messengers fetch each address that is sent by them.
    """
    shared = opening.find(slug)
    if opening.may_see(shared, _passes(), adapters().settings):
        return _looked_at(shared)
    if not _wants_json():
        return _cover(shared)
    if request.method == "HEAD" and not shared.has_password:
        return Response(mimetype="application/json")
    return _opened(shared, None)


def _looked_at(shared: Shared) -> Response:
    if not shared.is_guarded and request.method != "HEAD":
        opening.open_(shared, None, adapters().settings)
    return _shown(shared)


@link_pages.post(f"{PREFIX}<string:slug>")
@needs(PUBLIC)
@_for_people
def open_guarded_link(slug: str) -> Response:
    """The link is opened, by its password if it has one: that counts, unless its caller has a view that lasts."""
    shared = opening.find(slug)
    if opening.may_see(shared, _passes(), adapters().settings):
        return _looked_at(shared) if _wants_json() else led_on(f"{PREFIX}{slug}", 303)
    try:
        return _opened(shared, _password_sent())
    except (NotAllowed, TooMany, Invalid) as error:
        if _wants_json():
            raise
        return _cover(shared, error)


def _password_sent() -> str | None:
    location = "form" if request.mimetype in FORMS else "json"
    sent: dict[str, Any] = _PARSER.parse(OpeningSchema(), request, location=location)
    return sent["password"] or None


def _opened(shared: Shared, password: str | None) -> Response:
    written = opening.open_(shared, password, adapters().settings)
    address = f"{PREFIX}{shared.link.slug}"
    answer = _shown(shared) if _wants_json() else led_on(address, 303)
    if written is not None:
        seconds = shared.pass_seconds(adapters().settings)
        # Lax, and not Strict: the link is followed from letters and messengers.
        answer.set_cookie(_cookie_name(), written, max_age=seconds, path=address, secure=_is_secure(), httponly=True, samesite="Lax")
        answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _shown(shared: Shared) -> Response:
    if _wants_json():
        answer = jsonify(link_presenting.shared(shared, adapters().settings))
    else:
        page = link_page.page(shared, settings=adapters().settings, pictures_from=_storage_origin(shared))
        answer = Response(page.html, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = page.policy
    # Of an open link too: each look is counted.
    answer.headers["Cache-Control"] = "private, no-store" if shared.is_guarded else "private, no-cache"
    return answer


def _storage_origin(shared: Shared) -> str:
    """Where the storage itself sends pictures from, if it does: a page's policy is held against redirects too."""
    variant = shared.variants[-1]
    address = adapters().storage.address(
        variant.key, seconds=sending.REDIRECT_SECONDS, media_type=variant.media_type, disposition=sending.disposition(variant.name)
    )
    return origin_of(address) if address is not None else ""


def _cover(shared: Shared, error: AizenError | None = None) -> Response:
    """What a guarded link shows before it is opened: nothing of the image, and a form that needs no script."""
    page = pages.asking(
        link_page.NAMELESS,
        link_page.invitation(shared),
        posts_to=f"{PREFIX}{shared.link.slug}",
        field=_PASSWORD if shared.has_password else None,
        button="Show the picture",
        wrong=_wrong(error),
        status=problems.status_of(error) if error else 200,
    )
    return _retried(page, error) if error else page


def _wrong(error: AizenError | None) -> str:
    fields = getattr(error, "errors", ())
    return fields[0].detail if fields else error.detail if error else ""


@link_pages.get(f"{PREFIX}<string:slug>/<string:name>")
@needs(PUBLIC)
def open_link_file(slug: str, name: str) -> Response:
    """A variant of the image of a link, never the original; of a guarded link for as long as a view of it lasts."""
    parts = adapters()
    shared = opening.find(slug)
    opening.require_seen(shared, _passes(), parts.settings)
    variant = next((each for each in shared.variants if each.name == name), None)
    if variant is None:
        raise NotFound
    seconds = min(parts.settings.public_seconds, shared.seconds_left)
    answer = sending.send(
        variant.key,
        media_type=variant.media_type,
        file_name=presenting.file_name(shared.image, variant),
        etag=sending.strong(str(variant.id)),
        seconds=sending.REDIRECT_SECONDS,
        cache_control="private, no-store" if shared.is_guarded else f"public, max-age={seconds}",
        adapters=parts,
    )
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _passes() -> list[str]:
    return request.cookies.getlist(_cookie_name())


def _is_secure() -> bool:
    return adapters().settings.is_production or request.is_secure


def _cookie_name() -> str:
    # Browsers take the prefix from secure origins only.
    return f"__Secure-{_COOKIE}" if _is_secure() else _COOKIE
