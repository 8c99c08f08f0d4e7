"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

from aizen.images import examples

_ID = examples.IMAGE["id"]
_PATH = f"/media/public/{_ID}/0f3d5a7b9c1e2d4f"
_TERMS = "?expires=1796000400&for=public&signature=Zm9yIHNob3csIG5vdCBmb3IgdXNl"
_PLAIN = f"{_PATH}/w2560.jpeg{_TERMS}"
_SMALL = f"http://localhost:8000{_PATH}/w320.webp{_TERMS}"

PUBLIC_IMAGE: dict[str, Any] = {
    "id": _ID,
    "status": "ready",
    "title": "Picos de Europa",
    "description": "",
    "alt": "A snowy ridge above a green valley",
    "tags": ["mountains"],
    "width": 2560,
    "height": 1600,
    "thumbhash": "2fcZFIB3iId/h3iJh4aIYJ2V8g==",
    "dominant_color": "#5b7d9a",
    "digital_source_type": None,
    "is_public": True,
    "visibility": "public",
    "variants": [
        {"name": "w320.webp", "width": 320, "height": 200, "bytes": 11840, "format": "webp", "url": _SMALL},
        {
            "name": "w2560.jpeg",
            "width": 2560,
            "height": 1600,
            "bytes": 820114,
            "format": "jpeg",
            "url": f"http://localhost:8000{_PLAIN}",
        },
    ],
    "image": _PLAIN,
    "image_url": f"http://localhost:8000{_PLAIN}",
    "links": {"self": f"/api/v1/images/public/{_ID}", "thumb": _SMALL},
    "user": {"username": "owner"},
    "uploaded_at": "2026-11-24T09:30:00.000000Z",
}

SHARED: dict[str, Any] = {**examples.IMAGE, "visibility": "public", "is_public": True, "warnings": ["alt_missing"]}
