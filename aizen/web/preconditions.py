"""Preconditions (RFC 9110, 13). The entity tag of a resource is its row's version, and what tells apart whatever else the answer holds."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import request

# More digits than any version has, and few enough to be read.
_LONGEST_VERSION = 20


def if_match_header(what: str) -> dict[str, Any]:
    """The documentation of If-Match on a route that changes ``what``."""
    return {
        "in": "header",
        "name": "If-Match",
        "schema": {"type": "string"},
        "description": f"The ETag of {what} as it was read: if it has changed since, nothing is done",
    }


def entity_tag(version: int, rest: object) -> str:
    """The tag of a resource with that row version; If-Match leaves ``rest`` out of account."""
    return f"{version}-{rest}"


def version_of_etag(etag: str) -> int | None:
    """The row version in a tag of ``entity_tag``, or None for any other tag."""
    version, dash, _ = etag.partition("-")
    return int(version) if dash and version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION else None


def versions_asked_for() -> frozenset[int] | None:
    """The row versions that If-Match names: one of them must be the row's. None where any will do."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    # A proxy that packs an answer makes its tag a weak one; it names a version of the row, which is the same. werkzeug has None for an
    # empty tag.
    versions = (version_of_etag(etag or "") for etag in request.if_match.as_set(include_weak=True))
    return frozenset(version for version in versions if version is not None)


def body_etag(body: Any) -> str:
    """An entity tag of what is answered."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
