"""How an image leaves: exact type, safe name, ranges, conditional answers, and nothing a browser could run."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request, send_file
from werkzeug.exceptions import HTTPException

from aizen.adapters import Adapters
from aizen.errors import NotFound
from aizen.web.answers import led_on

# A presigned address is followed at once; it need not outlive the redirect by much.
REDIRECT_SECONDS = 60
SANDBOX = "default-src 'none'; sandbox"
# Of the file's tag, which nginx is not told in time to compare it.
_ON_CONDITION = ("If-Match", "If-Range", "If-Unmodified-Since")


def disposition(file_name: str, *, download: bool = False) -> str:
    """A Content-Disposition (RFC 6266) whose name cannot break out of its header, in ASCII and in full."""
    plain = "".join(character if character.isascii() and (character.isalnum() or character in "._- ") else "_" for character in file_name)
    kind = "attachment" if download else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def strong(tag: str) -> str:
    """The entity tag of bytes."""
    return f'"{tag}"'


def weak(tag: str) -> str:
    """The entity tag of a picture, whose bytes may be others another time."""
    return f'W/"{tag}"'


def send(
    key: str,
    *,
    media_type: str,
    file_name: str,
    etag: str,
    seconds: int,
    adapters: Adapters,
    download: bool = False,
    redirects: bool = True,
    cache_control: str | None = None,
) -> Response:
    """The stored file, or a redirect to where the storage itself sends it. ``seconds`` bounds how long it may be cached, privately.

    ``etag`` is the field's whole value, ``strong`` or ``weak``. ``cache_control`` tells caches more than ``seconds``. Raises NotFound.
    """
    named = disposition(file_name, download=download)
    if redirects:
        address = adapters.storage.address(key, seconds=max(1, min(seconds, REDIRECT_SECONDS)), media_type=media_type, disposition=named)
        if address is not None:
            return redirected(address, cache_control="private, no-store")
    headers = {
        "ETag": etag,
        "Content-Disposition": named,
        "Content-Security-Policy": SANDBOX,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": cache_control or f"private, max-age={max(0, seconds)}",
    }
    try:
        return _sent(key, headers, media_type=media_type, adapters=adapters)
    except FileNotFoundError:  # deleted since the row was read
        raise NotFound from None


def redirected(address: str, *, cache_control: str) -> Response:
    """The picture lies at that address of the storage, or of whatever stands before it."""
    answer = led_on(address, 302)
    answer.headers["Cache-Control"] = cache_control
    return answer


def unchanged(tag: str, *, cache_control: str) -> Response | None:
    """304, where the request says that its client has the picture of that weak entity tag; nothing is rendered or opened for it."""
    if not request.if_none_match.contains_weak(tag):
        return None
    answer = Response(status=304)
    answer.headers.update({"ETag": weak(tag), "Cache-Control": cache_control, "Cross-Origin-Resource-Policy": "cross-origin"})
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


def _sent(key: str, headers: dict[str, str], *, media_type: str, adapters: Adapters) -> Response:
    path = adapters.storage.path(key)
    size = path.stat().st_size if path is not None else adapters.storage.size(key)
    prefix = adapters.settings.x_accel_redirect
    if path is not None and prefix is not None and _is_for_proxy(size):
        return _sent_by_proxy(key, headers, media_type=media_type, prefix=prefix)
    source = path if path is not None else adapters.storage.open(key)
    sent = send_file(source, mimetype=media_type, conditional=False, etag=False)
    sent.headers.update(headers)
    try:
        sent.make_conditional(request, accept_ranges=_may_be_in_parts(headers["ETag"]), complete_length=size)
    except HTTPException:  # a range that the file does not have: nobody else would close it
        sent.close()
        raise
    return sent


def _may_be_in_parts(etag: str) -> bool:
    """Whether a client that has a part may have the rest: not by a weak tag, which does not promise the same bytes (RFC 9110, 13.1.5)."""
    return not (etag.startswith("W/") and '"' in request.headers.get("If-Range", ""))


def _is_for_proxy(size: int) -> bool:
    """Whether the web server in front of us would answer this request for a file of that size as we do."""
    part = request.range  # None as well for one that cannot be read
    has_part = "Range" not in request.headers or (part is not None and part.range_for_length(size) is not None)
    return has_part and not any(name in request.headers for name in _ON_CONDITION)


def _sent_by_proxy(key: str, headers: dict[str, str], *, media_type: str, prefix: str) -> Response:
    """The web server in front of us sends the file, and does what ranges ask for; only what the client has already is said by us."""
    sent = Response(mimetype=media_type)
    sent.headers.update(headers)
    sent.make_conditional(request)
    if sent.status_code == 200:
        sent.headers["X-Accel-Redirect"] = prefix + key
    return sent
