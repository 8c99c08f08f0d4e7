"""How an image looks to everybody: what its owner says of it, the files for viewers, and the owner's name."""

from __future__ import annotations

from typing import Any

from aizen.gallery.browsing import Exhibit
from aizen.images import files, presenting
from aizen.settings import Settings
from aizen.web.addresses import Signed
from aizen.web.fields import timestamp

PREFIX = f"{presenting.PREFIX}/public"


def image(exhibit: Exhibit, settings: Settings) -> dict[str, Any]:
    """An image as ``PublicImageSchema`` documents it."""
    return images([exhibit], settings)[0]


def images(exhibits: list[Exhibit], settings: Settings) -> list[dict[str, Any]]:
    """Each of them."""
    signed = Signed(settings, audience="public")
    return [_image(each, signed) for each in exhibits]


def _image(exhibit: Exhibit, signed: Signed) -> dict[str, Any]:
    row = exhibit.shown.image
    # Named one by one: a column that comes to be is nobody's affair until it stands here.
    variants = presenting.variants(exhibit.shown, lambda key: signed.url(files.public_name(key)))
    largest = max(exhibit.shown.variants, key=lambda each: (each.width, _is_for_all(each.name, each.format)), default=None)
    path, url = signed.both(files.public_name(largest.key)) if largest else (None, None)
    return {
        "id": str(row.id),
        "status": row.status,
        "title": row.title,
        "description": row.description,
        "alt": presenting.alt_for_everybody(row),
        "tags": row.tags,
        "width": row.width,
        "height": row.height,
        "thumbhash": row.thumbhash,
        "dominant_color": row.dominant_color,
        "digital_source_type": presenting.source_type(row),
        "is_public": row.visibility == "public",
        "visibility": row.visibility,
        "variants": variants,
        "image": path,
        "image_url": url,
        "links": {"self": f"{PREFIX}/{row.id}", "thumb": presenting.thumb(variants)},
        "user": {"username": exhibit.username},
        "uploaded_at": timestamp(row.created_at),
    }


def _is_for_all(name: str, form: str) -> bool:
    """Of two files of one size: an animation before its poster, and what everything opens before WebP."""
    return name.startswith("animated.") or (form != "webp" and not name.startswith("poster."))
