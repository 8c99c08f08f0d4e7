"""The examples of the OpenAPI document. A test holds them against the schemas."""

from __future__ import annotations

from typing import Any

from aizen.images.examples import IMAGE

GENERATE: dict[str, Any] = {"prompt": "a quiet river at nine, in the manner of a woodcut", "width": 1024, "height": 768, "seed": 7}

REMIX: dict[str, Any] = {"prompt": "the same river under snow", "seed": 7}

ORDERED: dict[str, Any] = {
    **IMAGE,
    "status": "generating",
    "title": "",
    "tags": [],
    "file_name": "a quiet river at nine, in the manner of a woodcut",
    "format": None,
    "media_type": None,
    "width": 1024,
    "height": 768,
    "bytes": 0,
    "sha256": None,
    "thumbhash": None,
    "dominant_color": None,
    "source": "generation",
    "prompt": GENERATE["prompt"],
    "generation": {
        "negative_prompt": None,
        "width": 1024,
        "height": 768,
        "seed": 7,
        "steps": None,
        "model": None,
        "provider": None,
    },
    "focal_point": None,
    "ai": {"status": "pending", "description": None, "alt": None, "tags": [], "provider": None, "model": None, "error": None},
    "variants": [],
    "image": None,
    "image_url": None,
    "signed_url": None,
    "links": {**IMAGE["links"], "thumb": None, "job": "/api/v1/jobs/019ab1c2-8000-7a00-9c55-2f6d0c9b1e22"},
}
