"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

_ID = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11"
_KEY = f"images/019ab1c0-0000-7000-8000-000000000001/{_ID}-5f2c9a10_picos.jpg"
_PATH = f"/media/{_KEY}?expires=1796000400&for=owner&signature=Zm9yIHNob3csIG5vdCBmb3IgdXNl"
_VARIANT = f"/media/images/019ab1c0-0000-7000-8000-000000000001/{_ID}/0f3d5a7b9c1e2d4f/w320.webp"

IMAGE: dict[str, Any] = {
    "id": _ID,
    "status": "ready",
    "title": "Picos de Europa",
    "description": "",
    "alt": "",
    "alt_status": "missing",
    "tags": ["mountains"],
    "file_name": "picos.jpg",
    "format": "jpeg",
    "media_type": "image/jpeg",
    "width": 2560,
    "height": 1600,
    "bytes": 1826239,
    "sha256": "9b344e9f0c869d8637ea22e672df9451d8d3cc1d2d0b291af3b284e538e5f124",
    "thumbhash": "2fcZFIB3iId/h3iJh4aIYJ2V8g==",
    "dominant_color": "#5b7d9a",
    "source": "upload",
    "parent_id": None,
    "recipe": None,
    "digital_source_type": None,
    "prompt": None,
    "generation": None,
    "is_public": False,
    "visibility": "private",
    "focal_point": {"x": 0.5, "y": 0.3},
    "ai": {
        "status": "done",
        "description": "No model has looked at this picture. Measured: a landscape photograph, mostly blue and gray, finely detailed.",
        "alt": "Landscape photograph, mostly blue and gray. Not looked at by a model.",
        "tags": ["landscape", "photograph", "blue"],
        "provider": "offline",
        "model": "measurements-1",
        "error": None,
    },
    "variants": [
        {
            "name": "w320.webp",
            "width": 320,
            "height": 200,
            "bytes": 11840,
            "format": "webp",
            "url": f"http://localhost:8000{_VARIANT}?expires=1796000400&for=owner&signature=Zm9yIHNob3csIG5vdCBmb3IgdXNl",
        }
    ],
    "image": _PATH,
    "image_url": f"http://localhost:8000{_PATH}",
    "signed_url": f"http://localhost:8000{_PATH}",
    "links": {
        "self": f"/api/v1/images/{_ID}",
        "file": f"/api/v1/images/{_ID}/file",
        "status": f"/api/v1/images/{_ID}/status",
        "thumb": f"http://localhost:8000{_VARIANT}?expires=1796000400&for=owner&signature=Zm9yIHNob3csIG5vdCBmb3IgdXNl",
        "embed": f"/api/v1/images/{_ID}/embed",
    },
    "duplicate_of": None,
    "user": {
        "id": "019ab1c0-0000-7000-8000-000000000001",
        "email": "owner@example.org",
        "username": "owner",
        "date_joined": "2026-11-24T09:00:00.000000Z",
    },
    "trashed_at": None,
    "uploaded_at": "2026-11-24T09:30:00.000000Z",
    "updated_at": "2026-11-24T09:30:01.250000Z",
}

TRASHED: dict[str, Any] = {**IMAGE, "trashed_at": "2026-11-25T18:00:00.000000Z", "updated_at": "2026-11-25T18:00:00.000000Z"}

BY_URL: dict[str, Any] = {"url": "https://example.org/picos.jpg", "title": "Picos de Europa", "tags": ["mountains"]}

FOUND: dict[str, Any] = {**IMAGE, "matched": {"field": "title", "snippet": "Picos de Europa"}}

SIMILAR: dict[str, Any] = {**IMAGE, "distance": 3, "same_pixels": False}

STATUS: dict[str, Any] = {
    "id": _ID,
    "status": "ready",
    "ai_status": "done",
    "work": [
        {"kind": "variants", "state": "done", "attempts": 1, "error": None},
        {"kind": "description", "state": "done", "attempts": 1, "error": None},
    ],
    "updated_at": "2026-11-24T09:30:01.250000Z",
}
