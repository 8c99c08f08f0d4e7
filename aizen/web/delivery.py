"""How an image leaves: exact type, safe name, ranges, conditional answers, and nothing a browser could run."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, redirect, request, send_file
from werkzeug.exceptions import HTTPException

from aizen.adapters import Adapters
from aizen.errors import NotFound

# A presigned address is followed at once; it need not outlive the redirect by much.
REDIRECT_SECONDS = 60
SANDBOX = "default-src 'none'; sandbox"


def disposition(file_name: str, *, download: bool = False) -> str:
    """A Content-Disposition (RFC 6266) whose name cannot break out of its header, in ASCII and in full."""
    plain = "".join(character if character.isascii() and (character.isalnum() or character in "._- ") else "_" for character in file_name)
    kind = "attachment" if download else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def send(
    key: str,
    *,
    media_type: str,
    file_name: str,
    etag: str,
    seconds: int,
    adapters: Adapters,
    download: bool = False,
    is_weak: bool = False,
    redirects: bool = True,
) -> Response:
    """The stored file, or a redirect to where the storage itself sends it. ``seconds`` bounds how long it may be cached.

    ``is_weak`` tells that the entity tag is that of a picture, whose bytes may be others another time. Raises NotFound.
    """
    named = disposition(file_name, download=download)
    tag = f'W/"{etag}"' if is_weak else f'"{etag}"'
    if not redirects:
        return _opened(key, media_type=media_type, named=named, tag=tag, seconds=seconds, adapters=adapters)
    address = adapters.storage.address(key, seconds=min(seconds, REDIRECT_SECONDS), media_type=media_type, disposition=named)
    if address is not None:
        answer = redirect(address, 302)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer  # type: ignore[return-value]
    return _opened(key, media_type=media_type, named=named, tag=tag, seconds=seconds, adapters=adapters)


def _opened(key: str, *, media_type: str, named: str, tag: str, seconds: int, adapters: Adapters) -> Response:
    try:
        return _sent(key, media_type=media_type, named=named, tag=tag, seconds=seconds, adapters=adapters)
    except FileNotFoundError:  # deleted since the row was read
        raise NotFound from None


def _sent(key: str, *, media_type: str, named: str, tag: str, seconds: int, adapters: Adapters) -> Response:
    path = adapters.storage.path(key)
    source = path if path is not None else adapters.storage.open(key)
    sent = send_file(source, mimetype=media_type, conditional=False, etag=False)
    sent.headers["ETag"] = tag
    sent.headers["Content-Disposition"] = named
    sent.headers["Content-Security-Policy"] = SANDBOX
    sent.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    sent.headers["Cache-Control"] = f"private, max-age={max(0, seconds)}"
    size = path.stat().st_size if path is not None else adapters.storage.size(key)
    try:
        sent.make_conditional(request, accept_ranges=True, complete_length=size)
    except HTTPException:  # a range that the file does not have: nobody else would close it
        sent.close()
        raise
    return sent
