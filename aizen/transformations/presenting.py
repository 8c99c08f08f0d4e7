"""How what came of a transformation looks in an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aizen.images.models import DerivedFile, Image, ListedImage
from aizen.settings import Settings
from aizen.web import addresses


def derived(file: DerivedFile, *, recipe: str, cached: bool, settings: Settings, is_trashed: bool = False) -> dict[str, Any]:
    """A derived file, as ``TransformedSchema`` documents it."""
    return {
        "id": str(file.image_id),
        "url": addresses.of_owner(settings, is_trashed=is_trashed).url(file.key),
        "width": file.width,
        "height": file.height,
        "bytes": file.bytes,
        "format": file.format,
        "recipe": recipe,
        "cached": cached,
        "warnings": list(file.warnings),
        "parent_id": None,
    }


def saved(image: Image | ListedImage, *, cached: bool, warnings: Sequence[str], settings: Settings) -> dict[str, Any]:
    """A picture that was kept as an image of its own, as ``TransformedSchema`` documents it."""
    assert image.key is not None
    return {
        "id": str(image.id),
        "url": addresses.of_owner(settings, is_trashed=image.trashed_at is not None).url(image.key),
        "width": image.width,
        "height": image.height,
        "bytes": image.bytes,
        "format": image.format,
        "recipe": image.recipe or "",
        "cached": cached,
        "warnings": list(warnings),
        "parent_id": str(image.parent_id) if image.parent_id else None,
    }
