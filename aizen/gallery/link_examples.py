"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

_SLUG = "4q7v0n2kzc9tq1m8x5ehr3wdga"

LINK_REQUEST: dict[str, Any] = {"expires_in": 604800, "password": "blue heron", "max_views": 20}
LINK: dict[str, Any] = {
    "id": "019ab1d0-41aa-7c10-9b3e-5a7f1c2d3e44",
    "slug": _SLUG,
    "url": f"http://localhost:8000/s/{_SLUG}",
    "expires_at": "2026-12-01T09:30:00.000000Z",
    "has_password": True,
    "max_views": 20,
    "views": 0,
    "created_at": "2026-11-24T09:30:00.000000Z",
}
