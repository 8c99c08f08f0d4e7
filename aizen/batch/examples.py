"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

_IDS = ("019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11", "019ab1c2-8a41-7c3d-9b10-6e2f4d8a7c05", "019ab1c2-9f00-7e21-8d44-0b1c2d3e4f50")

BATCH: dict[str, Any] = {"action": "tag", "ids": list(_IDS), "tags": ["alps", "2026"], "dry_run": False}
RESULT: dict[str, Any] = {
    "action": "tag",
    "dry_run": False,
    "counts": {"done": 1, "accepted": 0, "unchanged": 1, "failed": 1},
    "results": [
        {"id": _IDS[0], "status": "done", "error": None, "warnings": [], "job": None},
        {"id": _IDS[1], "status": "unchanged", "error": None, "warnings": [], "job": None},
        {
            "id": _IDS[2],
            "status": "failed",
            "error": {"code": "not_found", "detail": "There is nothing here."},
            "warnings": [],
            "job": None,
        },
    ],
}
