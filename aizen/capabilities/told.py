"""What is told of the capabilities: every word of it from what requests are checked against."""

from __future__ import annotations

from typing import Any

from aizen.generation.ordering import LARGEST_SEED, LONGEST_PROMPT, MOST_STEPS, SMALLEST_SIDE, default_side
from aizen.imaging import ALPHA_FORMATS, ANIMATED_FORMATS, MEDIA_TYPES, OUTPUT_MEDIA_TYPES
from aizen.settings import Settings
from aizen.transformations.configuration import Language
from aizen.transformations.language.describing import described


def capabilities(language: Language, settings: Settings) -> dict[str, Any]:
    """The capabilities, as ``CapabilitiesSchema`` documents them."""
    recipes = described(language.presets, limits=language.limits)
    return {
        "limits": _limits(language, settings),
        "formats": {
            "input": list(MEDIA_TYPES),
            "output": list(OUTPUT_MEDIA_TYPES),
            "animated": list(ANIMATED_FORMATS),
            "transparent": list(ALPHA_FORMATS),
        },
        **{name: recipes[name] for name in ("operations", "filters", "output", "presets")},
        "variant_widths": list(settings.variant_widths),
        "features": {
            "describers": list(settings.describers),
            "email_verification": settings.email_verification,
            "email": settings.email_host is not None,
            "registration": True,
            # Also where no model paints: then the picture says so itself.
            "generation": True,
        },
        "generation": _generation(settings),
    }


def _generation(settings: Settings) -> dict[str, Any]:
    return {
        "painters": list(settings.painters),
        "models": list(settings.painter_models),
        "prompt_characters": LONGEST_PROMPT,
        "smallest_side": SMALLEST_SIDE,
        "largest_side": settings.generation_max_side,
        "default_side": default_side(settings),
        "most_steps": MOST_STEPS,
        "largest_seed": LARGEST_SEED,
        "per_day": settings.generations_per_day or None,
        "rate": settings.rate_limit_generate,
    }


def _limits(language: Language, settings: Settings) -> dict[str, Any]:
    return {
        "image_bytes": settings.max_image_size,
        "image_megapixels": settings.max_image_pixels / 1_000_000,
        "image_frames": settings.max_image_frames,
        "jpeg_scans": settings.max_jpeg_scans,
        "metadata_bytes": settings.max_image_metadata,
        "sync_megapixels": settings.sync_max_megapixels,
        "transform_side": language.limits.max_side,
        "transform_steps": language.limits.max_steps,
        "transform_parameters": language.limits.max_parameters,
        "transform_seconds": settings.transform_seconds,
        "transform_bytes": settings.transform_memory,
        "transform_cache_bytes": settings.transform_cache_bytes or None,
        "transform_rate": settings.rate_limit_transform,
        "trash_seconds": settings.trash_seconds,
    }
