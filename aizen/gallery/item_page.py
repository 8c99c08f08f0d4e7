"""What the page of an image in the gallery says of itself in its head; the rest of it is drawn in the browser."""

from __future__ import annotations

from html import escape

from aizen.gallery.browsing import Exhibit
from aizen.gallery.previews import Preview, first_words, picture_of
from aizen.images import files, presenting
from aizen.settings import Settings
from aizen.web.addresses import Signed

PREFIX = "/explore/"


def head(exhibit: Exhibit, settings: Settings) -> str:
    """Title, address, description and picture as HTML. Only what is public may be found by search engines."""
    image = exhibit.shown.image
    title = image.title or f"A picture by {exhibit.username}"
    address = f"{settings.page_url}{PREFIX}{image.id}"
    tags = [f"<title>{escape(title)} · Aizen</title>", f'<link rel="canonical" href="{escape(address)}">']
    if image.visibility != "public":
        tags.append('<meta name="robots" content="noindex">')
    picture = picture_of(exhibit.shown.variants)
    if picture:  # they may have been lost, until `flask doctor --repair` has them made again
        alt = presenting.alt_for_everybody(image)
        preview = Preview(
            address=address,
            title=title,
            description=first_words(image.description) or first_words(alt or "") or f"By {exhibit.username}",
            picture=picture,
            picture_address=Signed(settings, audience="public").url(files.public_name(picture.key)),
            alt=alt or title,
        )
        tags.append(preview.tags())
    return "\n".join(tags)
