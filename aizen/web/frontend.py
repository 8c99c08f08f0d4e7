"""The page for people, as `make frontend` has built it: its files, the addresses that are its own, and the tags that one of them may have.

Its files lie in memory or are looked up in WhiteNoise's table, and only where one of the routes here was asked: no other request is
slower for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from flask import Flask, Response, current_app, request
from werkzeug import exceptions
from whitenoise import WhiteNoise

from aizen.adapters import Adapters
from aizen.errors import AizenError, NotFound
from aizen.web import EXTENSION as ADAPTERS
from aizen.web import legacy_routes, negotiation, pages, problems
from aizen.web.caller import PUBLIC, needs

STATIC = Path(__file__).resolve().parents[1] / "static"
ASSETS = "/assets/"
EXTENSION = "aizen-frontend"
# The page's own addresses that need nothing but the page. /setup belongs to the administration, /explore/<id> to the gallery.
ADDRESSES = ("/", "/sign-in", "/register", "/verify-email", "/forgot-password", "/reset-password", "/trash", "/generate", "/explore")
WITH_MORE_BELOW = ("/library", "/account", "/admin")
# What stands at an address, as frontend/src/app/router.tsx has it: a browser is told at once what it will need.
SCREENS = {
    "/sign-in": ("auth/SignInPage",),
    "/explore": ("explore/ExplorePage",),
    "/explore/*": ("explore/ExplorePage", "explore/PublicImagePage"),
    "/library": ("library/LibraryPage",),
    "/library/*": ("library/LibraryPage", "image/ImagePage"),
    "/library/*/edit": ("library/LibraryPage", "editor/EditorPage"),
    "/generate": ("generate/GeneratePage",),
    "/trash": ("trash/TrashPage",),
}
# Below these nothing is the page's, whether or not something is there: a program that errs must not be told so by a page.
OF_PROGRAMS = frozenset(
    {"api", "assets", "healthz", "i", "media", "metrics", "readyz", "s"} | {row.path.split("/")[1] for row in legacy_routes.OLD_ADDRESSES}
)
# Of the build, and of no use to a browser.
_UNSERVED = frozenset({"index.html", "sources.sha256", "chunks.json"})
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
# A tag that stands in the built page, and that a page with tags of its own says itself.
_GENERAL = re.compile(r"""[ \t]*(?:<title>.*?</title>|<meta name="description"[^>]*>)\n?""", re.DOTALL)
_ID = re.compile(r"^(/explore|/library)/[^/]+")
_NOT_BUILT = (
    "The page is not built",
    "Run “make frontend”, which needs Node.js 20.19 or newer, and start Aizen again. The API works without it.",
)


class Build:
    """What is built in a folder, read once: a new build is seen at the next start."""

    def __init__(self, folder: Path, adapters: Adapters) -> None:
        self._folder = folder
        self._adapters = adapters
        self._policy: str | None = None

    @cached_property
    def html(self) -> str | None:
        """The page; None where nothing has been built."""
        try:
            return (self._folder / "index.html").read_text(encoding="utf-8")
        except OSError:
            return None

    @cached_property
    def bodies(self) -> dict[str, bytes]:
        """The page in each encoding; ``identity`` is the plain one."""
        found = {"identity": (self.html or "").encode()}
        for encoding, ending in _ENCODINGS.items():
            compressed = self._folder / f"index.html{ending}"
            if compressed.is_file():
                found[encoding] = compressed.read_bytes()
        return found

    @cached_property
    def etag(self) -> str:
        """The same on every host that has this build."""
        return sha256(self.bodies["identity"]).hexdigest()[:32]

    @cached_property
    def files(self) -> WhiteNoise:
        """All files of the build, by their addresses."""
        root = self._folder if self._folder.is_dir() else None
        return WhiteNoise(_missing, root=root, max_age=3600, allow_all_origins=False, add_headers_function=_kept_for_ever)

    @cached_property
    def links(self) -> dict[str, str]:
        """For each of SCREENS a Link field that names the scripts and styles that it needs, what the page itself names first."""
        try:
            chunks = json.loads((self._folder / "chunks.json").read_text(encoding="utf-8"))
        except OSError:
            return {}
        found = {}
        for address, screens in SCREENS.items():
            roots = ["index.html", *(f"src/features/{screen}.tsx" for screen in screens)]
            files = [chunks[each] for each in dict.fromkeys(each for root in roots for each in _needed_by(root, chunks))]
            scripts = [f"</{file['file']}>; rel=modulepreload" for file in files]
            sheets = dict.fromkeys(sheet for file in files for sheet in file.get("css", ()))
            styles = [f"</{sheet}>; rel=preload; as=style; crossorigin" for sheet in sheets]
            found[address] = ", ".join([scripts[0], *styles, *scripts[1:]])
        return found

    def at_root(self) -> list[str]:
        """The names of the files beside the page that everybody may have, such as its icon."""
        if not self._folder.is_dir():
            return []
        served = (each.name for each in self._folder.iterdir() if each.is_file() and each.suffix not in _ENCODINGS.values())
        return sorted(name for name in served if name not in _UNSERVED)

    def with_head(self, tags: str) -> str:
        """The page with these tags in the place of the general ones."""
        before, end, after = _GENERAL.sub("", self.html or "").partition("</head>")
        return f"{before}{tags}\n{end}{after}"

    def policy(self) -> str:
        """The Content-Security-Policy: only our own scripts run, and pictures come from where we send them or have them sent from."""
        if self._policy is not None:
            return self._policy
        storage, is_known = _origin_of_storage(self._adapters)
        settings = self._adapters.settings
        addresses = (settings.base_url, settings.cdn_base_url, storage)
        policy = policy_of(dict.fromkeys(origin_of(each) for each in addresses if each))
        if is_known:
            self._policy = policy
        return policy


def register(app: Flask, folder: Path) -> None:
    """``app`` serves the page that is built in ``folder``, and shows it to browsers at unknown addresses too."""
    build = Build(folder, app.extensions[ADAPTERS])
    app.extensions[EXTENSION] = build
    for address in (*ADDRESSES, *WITH_MORE_BELOW):
        app.add_url_rule(address, "frontend", _own, strict_slashes=False)
    for address in WITH_MORE_BELOW:
        app.add_url_rule(f"{address}/<path:below>", "frontend", _own)
    app.add_url_rule(f"{ASSETS}<path:name>", "frontend_asset", _asset)
    for name in build.at_root():
        app.add_url_rule(f"/{name}", "frontend_file", _file)
    app.register_error_handler(exceptions.NotFound, _of_unknown_address)


def page(*, status: int = 200, head: str | None = None) -> Response:
    """The page, for a view whose address is one of the page's own. Raises NotFound for a program that wants something else.

    ``head`` are tags, as HTML, of what is shown at the address.
    """
    if not negotiation.takes_page():
        raise NotFound
    build: Build = current_app.extensions[EXTENSION]
    if build.html is None:
        title, text = _NOT_BUILT
        return pages.notice(title, text, status=503, leads_to="/api/docs", leads_to_label="Read about the API")
    answer = _plain(build) if head is None else Response(build.with_head(head), mimetype="text/html")
    answer.status_code = status
    answer.headers["Content-Security-Policy"] = build.policy()
    answer.headers["Cache-Control"] = "no-cache"
    answer.vary.add("Accept")
    if status == 200:
        if link := build.links.get(_ID.sub(r"\1/*", request.path.rstrip("/"))):
            answer.headers["Link"] = link
        answer.add_etag()
        answer.make_conditional(request)
    return answer


def policy_of(origins: Iterable[str] = ()) -> str:
    """The policy of the page where pictures come from these origins too; it is held against redirects as well."""
    elsewhere = "".join(f" {each}" for each in origins)
    # Mantine writes styles into the page; scripts are ours alone.
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; manifest-src 'self';"
        f" img-src 'self' data: blob:{elsewhere}; connect-src 'self'{elsewhere};"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )


def origin_of(address: str) -> str:
    """The scheme and host of an absolute address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _plain(build: Build) -> Response:
    encodings = request.accept_encodings
    encoding = next((each for each in build.bodies if each != "identity" and encodings.quality(each) > 0), "identity")
    answer = Response(build.bodies[encoding], mimetype="text/html")
    answer.vary.add("Accept-Encoding")
    if encoding == "identity":
        answer.set_etag(build.etag)
    else:
        answer.content_encoding = encoding
        answer.set_etag(f"{build.etag}-{encoding}")
    return answer


@needs(PUBLIC)
def _own(below: str = "") -> Response:
    return page()


@needs(PUBLIC)
def _asset(name: str) -> Response:
    return _file()


@needs(PUBLIC)
def _file() -> Response:
    files = current_app.extensions[EXTENSION].files
    if request.path not in files.files:
        raise NotFound
    return Response.from_app(files, request.environ)  # type: ignore[return-value]


def _of_unknown_address(error: exceptions.NotFound) -> Response:
    """To who looks at it with a browser the page says that there is nothing; everybody else is told as everywhere."""
    is_lost = request.routing_exception is error and request.method in ("GET", "HEAD") and negotiation.names_page()
    build: Build = current_app.extensions[EXTENSION]
    if is_lost and build.html is not None and request.path.split("/")[1] not in OF_PROGRAMS:
        return page(status=404)
    return problems.of_framework(error)


def _needed_by(chunk: str, chunks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The chunk, and those without which it does not run; the names are those of Vite's manifest."""
    found = [chunk]
    for each in found:
        found += [other for other in dict.fromkeys(chunks[each].get("imports", ())) if other not in found]
    return found


def _missing(*_: object) -> list[bytes]:
    raise NotFound


def _kept_for_ever(headers: Headers, _path: str, address: str) -> None:
    # The names of these files hold the digest of what is in them.
    if address.startswith(ASSETS):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"


def _origin_of_storage(adapters: Adapters) -> tuple[str | None, bool]:
    """Some address at which the storage itself sends files, if it does, and whether that is known: without its keys it can sign none."""
    try:
        address = adapters.storage.address("origin", seconds=1, media_type="image/webp", disposition="inline")
    except AizenError:
        return None, False
    return address, True
