"""How share links look in JSON, to the owner who made one and to whoever opens it."""

from __future__ import annotations

from typing import Any

from aizen.gallery import links
from aizen.gallery.links import Link
from aizen.gallery.opening import Shared
from aizen.images import presenting
from aizen.settings import Settings
from aizen.web.fields import timestamp


def link(found: Link, settings: Settings) -> dict[str, Any]:
    """The owner's view of a link, as ``LinkSchema`` documents it."""
    return {
        "id": str(found.id),
        "slug": found.slug,
        "url": links.address(found.slug, settings),
        "expires_at": timestamp(found.expires_at),
        "has_password": found.has_password,
        "max_views": found.max_views,
        "views": found.views,
        "created_at": timestamp(found.created_at),
    }


def shared(found: Shared, settings: Settings) -> dict[str, Any]:
    """What a viewer is told of the image; docs/sharing.md documents it. Neither its id nor its original is among it."""
    image, address = found.image, links.address(found.link.slug, settings)
    variants = [
        {
            "name": each.name,
            "width": each.width,
            "height": each.height,
            "bytes": each.bytes,
            "format": each.format,
            "url": f"{address}/{each.name}",
        }
        for each in found.variants
    ]
    return {
        "url": address,
        "title": image.title,
        "description": image.description,
        "alt": presenting.alt_for_everybody(image),
        "width": image.width,
        "height": image.height,
        "thumbhash": image.thumbhash,
        "dominant_color": image.dominant_color,
        "digital_source_type": presenting.source_type(image),
        # The widest, as JPEG or PNG, which every program reads.
        "image_url": variants[-1]["url"],
        "variants": variants,
        "user": {"username": found.username},
        "expires_at": timestamp(found.link.expires_at),
    }
