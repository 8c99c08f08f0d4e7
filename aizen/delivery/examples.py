"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

_ID = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11"
_BASE = "http://localhost:8000/i/jVyS24-OeaUPSfwoRaSI839HEh1joD8Jk1uPo1GpCCQ"

SIGN: dict[str, Any] = {"ids": [_ID], "recipes": ["w=800,h=600,g=auto/fx=sepia:80", "t=thumb"], "format": "webp"}
SIGNED: list[dict[str, Any]] = [
    {"id": _ID, "recipe": recipe, "url": f"{_BASE}/{recipe}/{_ID}@9f86d081.webp", "expires_at": None}
    for recipe in ("w=800,h=600,g=auto/fx=sepia:80", "w=320,h=320,g=auto")
]
EMBED: dict[str, Any] = {
    "as": "markdown",
    "text": f"![A lake at dawn]({_BASE}/w=1920/{_ID}@9f86d081)",
    "digital_source_type": None,
    "expires_at": None,
    "warnings": [],
}
