"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

_ID = "019ab1c4-2b1f-7d10-9f43-6b1d5a0c7e22"

JOB: dict[str, Any] = {
    "id": _ID,
    "kind": "transformation",
    "status": "pending",
    "progress": 0,
    "place": 3,
    "attempts": 0,
    "result": None,
    "error": None,
    "links": {"self": f"/api/v1/jobs/{_ID}", "image": "/api/v1/images/019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11"},
    "created_at": "2026-11-24T09:31:00.000000Z",
}
