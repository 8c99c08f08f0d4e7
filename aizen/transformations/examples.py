"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

_ID = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11"
_CACHE_KEY = "b7b1c9c2f6a04fd8b5a1f2d7ce0f3a4f5de1c1a7f30d2d1f8a1f6f5b0d9c3e21"

TRANSFORM: dict[str, Any] = {
    "steps": [
        {"op": "resize", "width": 800, "height": 600, "gravity": "auto"},
        {"op": "filter", "name": "sepia", "amount": 80},
        {"op": "watermark", "text": "© Aizen", "gravity": "south_east", "x": 16, "y": 16, "opacity": 0.6},
    ],
    "output": {"format": "webp", "quality": 80},
}

TRANSFORMED: dict[str, Any] = {
    "id": _ID,
    "url": f"http://localhost:8000/media/derived/private/{_ID}/{_CACHE_KEY}.webp?expires=1796000400&for=owner&signature=Zm9yIHNob3c",
    "width": 800,
    "height": 600,
    "bytes": 61234,
    "format": "webp",
    "recipe": "w=800,h=600,g=auto/fx=sepia:80/wm=b64:wqkgQWl6ZW4,wx=16,wy=16,wo=0.6/f=webp,q=80",
    "cached": False,
    "warnings": [],
    "parent_id": None,
}
