"""The example of the OpenAPI document, cut short. A test holds it against the schemas."""

from __future__ import annotations

from typing import Any

_SIDE = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 4096}, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}]}

CAPABILITIES: dict[str, Any] = {
    "limits": {
        "image_bytes": 10485760,
        "image_megapixels": 50.0,
        "image_frames": 200,
        "jpeg_scans": 100,
        "metadata_bytes": 4194304,
        "sync_megapixels": 25.0,
        "transform_side": 4096,
        "transform_steps": 8,
        "transform_parameters": 20,
        "transform_seconds": 10.0,
        "transform_bytes": 536870912,
        "transform_cache_bytes": 2147483648,
        "transform_rate": "3000 per minute",
        "trash_seconds": 2592000,
    },
    "formats": {
        "input": ["jpeg", "png", "gif", "webp", "avif"],
        "output": ["jpeg", "png", "webp", "avif", "gif", "tiff"],
        "animated": ["webp", "gif"],
        "transparent": ["png", "webp", "avif", "gif", "tiff"],
    },
    "operations": [
        {
            "name": "resize",
            "does": "fits into, covers, is padded or stretched to these sides",
            "url": "w=width,h=height,fit=fit",
            "parameters": [
                {
                    "name": "width",
                    "url": "w",
                    "does": "pixels, or a fraction of the picture's width",
                    "required": False,
                    "default": None,
                    "schema": _SIDE,
                }
            ],
        }
    ],
    "filters": [{"name": "grayscale", "does": "the luma of each pixel (ITU-R BT.601)", "parameters": []}],
    "output": [
        {
            "name": "frame",
            "url": "frame",
            "does": "a still of an animation, counted from 0; left out keeps all frames",
            "required": False,
            "default": None,
            "schema": {"type": "integer", "minimum": 0, "maximum": 9999},
        }
    ],
    "presets": [{"name": "thumb", "recipe": "w=320,h=320,g=auto"}],
    "variant_widths": [160, 320, 640, 1280, 1920],
    "features": {
        "describers": ["offline"],
        "email_verification": "optional",
        "email": False,
        "registration": True,
        "generation": True,
    },
    "generation": {
        "painters": ["offline"],
        "models": ["placard-1"],
        "prompt_characters": 2000,
        "smallest_side": 64,
        "largest_side": 2048,
        "default_side": 1024,
        "most_steps": 150,
        "largest_seed": 4294967295,
        "per_day": 100,
        "rate": "20 per minute",
    },
}
