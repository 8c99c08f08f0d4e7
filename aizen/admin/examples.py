"""The examples of administration in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from aizen.admin.images import TOLD
from aizen.auth.examples import CREDENTIALS_EXAMPLE, USER_EXAMPLE
from aizen.images.examples import IMAGE

_MOMENT = "2026-11-24T12:00:00Z"
_IMAGE: dict[str, Any] = IMAGE

SETUP = {**CREDENTIALS_EXAMPLE, "token": "4f1a9c0e7b52d8363a1f0c9e8b7d6a54", "username": "ada"}
ADMIN = {**USER_EXAMPLE, "email_verified": True, "role": "admin"}
_ACCOUNT = {name: value for name, value in USER_EXAMPLE.items() if name not in ("pending_email", "storage")}
USER: dict[str, Any] = {**_ACCOUNT, "disabled": False, "disabled_at": None, "storage_used": 48213377, "storage_quota": None}
KNOWN_USER = {**USER, "counts": {"images": 31, "sessions": 2, "keys": 1, "failed_work": 0}}
USER_EDIT = {"disabled": True, "storage_quota": 1073741824}
ENDED = {"sessions_ended": 2}
MODERATED = {**{name: _IMAGE[name] for name in TOLD}, "thumb": _IMAGE["links"]["thumb"]}
TAKE_DOWN = {"reason": "Shows a person who has not agreed."}
WORK_ITEM = {
    "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7b22",
    "kind": "description",
    "state": "failed",
    "subject_id": _IMAGE["id"],
    "owner": {"id": USER_EXAMPLE["id"], "email": USER_EXAMPLE["email"]},
    "attempts": 4,
    "error": {"code": "provider_busy", "detail": "The provider could not answer now."},
    "request_id": "3f2b8a52-5c0f-4f5c-9f6e-0d4c1c1e7a11",
    "created_at": _MOMENT,
}
WORK_SUMMARY = {
    "counts": [{"kind": "description", "state": "failed", "count": 3}],
    "queue": {
        "workers": [{"name": "9f3c1a", "host": "worker-1", "last_heartbeat": _MOMENT, "state": "idle"}],
        "queue_length": 0,
        "unavailable": None,
    },
}
RETRY = {"kind": "description"}
RETRIED = {"retried": 3, "left": 0}
OVERVIEW = {
    "version": "0.1.0",
    "environment": "production",
    "database": "postgresql",
    "storage": "s3",
    "users": {"total": 12, "admins": 1, "disabled": 0},
    "images": {"total": 3120, "trashed": 14, "bytes": 9126312003},
    "work": {"waiting": 0, "pending": 2, "working": 1, "failed": 3},
    "queue": {"length": 2, "workers": 1, "unavailable": None},
    "describers": [{"name": "gemini", "left_alone_seconds": 0}, {"name": "offline", "left_alone_seconds": 0}],
    "painters": [{"name": "huggingface", "left_alone_seconds": 0}],
    "integrity": {"state": "done", "made_at": _MOMENT, "is_clean": True},
}
INTEGRITY = {
    "state": "done",
    "asked_at": _MOMENT,
    "made_at": _MOMENT,
    "report": {
        "images": 3120,
        "objects": 28080,
        "objects_leaving": 0,
        "checksums_compared": False,
        "is_clean": True,
        "counts": {"orphan_objects": 0, "missing_objects": 0},
        "orphan_objects": [],
        "missing_objects": [],
    },
    "error": None,
}
EXAMINATION = {"checksums": False}
_AI_SUM = {
    "calls": 1204,
    "done": 1187,
    "unfinished": 1,
    "counted_calls": 1204,
    "calls_without_cost": 15,
    "input_tokens": 1323300,
    "output_tokens": 142440,
    "cost_micros": 544485,
}
AI_USE = {
    "month": "2026-11",
    "total": _AI_SUM,
    "failed": [{"code": "rate_limited", "count": 14}, {"code": "blocked", "count": 2}],
    "models": [{"service": "description", "provider": "gemini", "model": "gemini-3.5-flash-lite", **_AI_SUM}],
    "users": [
        {
            "owner": {"id": USER_EXAMPLE["id"], "email": USER_EXAMPLE["email"]},
            **_AI_SUM,
            "left": {"calls": 796, "cost_micros": None},
        }
    ],
    "budgets": {
        "each_user": {"calls": 2000, "cost_micros": None},
        "all": {"calls": None, "cost_micros": 20000000, "left": {"calls": None, "cost_micros": 19455515}},
    },
}
AI_CALL = {
    "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7e55",
    "service": "description",
    "provider": "gemini",
    "model": "gemini-3.5-flash-lite",
    "owner": {"id": USER_EXAMPLE["id"], "email": USER_EXAMPLE["email"]},
    "image_id": _IMAGE["id"],
    "outcome": "done",
    "milliseconds": 842,
    "input_tokens": 1100,
    "output_tokens": 118,
    "cost_micros": 452,
    "created_at": _MOMENT,
}
ACTION = {
    "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7c33",
    "actor": {"id": USER_EXAMPLE["id"], "name": "ada@example.org"},
    "action": "user.changed",
    "subject": {"kind": "user", "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7d44", "label": "max@example.org"},
    "detail": {"disabled": [False, True], "sessions_ended": 2, "keys_revoked": 1, "links_withdrawn": 0},
    "request_id": "3f2b8a52-5c0f-4f5c-9f6e-0d4c1c1e7a11",
    "network": "203.0.113.0/24",
    "at": _MOMENT,
}
