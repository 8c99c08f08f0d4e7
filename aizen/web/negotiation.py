"""What a client says that it takes: JSON about a picture or the picture itself, and in which formats."""

from __future__ import annotations

import re

from flask import request
from werkzeug.datastructures import MIMEAccept

from aizen.imaging import ANIMATED_FORMATS, OUTPUT_MEDIA_TYPES

# The best format that a client names comes first, whatever weights it gives: browsers give none.
BEST_FIRST = ("avif", "webp")
PLAIN = "plain"
_FORMATS = {media_type: form for form, media_type in OUTPUT_MEDIA_TYPES.items()}


def wants_picture() -> bool:
    """Whether Accept puts some picture that we make before JSON. Without the field, and with ``*/*``, nothing comes before JSON."""
    accept = request.accept_mimetypes
    return max(accept.quality(media_type) for media_type in _FORMATS) > accept.quality("application/json")


def reads() -> str:
    """The format that a client gets who leaves it to us, by Accept: a format, or ``plain`` for JPEG or PNG, whichever fits."""
    named = _named(request.accept_mimetypes)
    for form in BEST_FIRST:
        if form in named:
            return form
    wildcards = {media_type for media_type, quality in request.accept_mimetypes if quality > 0 and "*" in media_type}
    if "image/*" in wildcards and not named:
        # Whoever asks for a picture of any kind gets a small one that everything opens.
        return "webp"
    if wildcards or not named or {"jpeg", "png"} <= named.keys():
        return PLAIN
    return max(named, key=lambda form: named[form])


def reads_moving() -> str:
    """The same of an animation: WebP, else GIF, where the client takes it; else what ``reads`` says, which keeps no animation."""
    takes = request.accept_mimetypes.quality
    return next((form for form in ANIMATED_FORMATS if takes(OUTPUT_MEDIA_TYPES[form]) > 0), reads())


def _named(accept: MIMEAccept) -> dict[str, float]:
    """The formats that are named one by one, with their weights."""
    return {_FORMATS[media_type]: quality for media_type, quality in accept if quality > 0 and media_type in _FORMATS}


def prefers(preference: str) -> bool:
    """Whether Prefer (RFC 7240) has that preference, which takes no value."""
    told = re.split(r"[,;]", request.headers.get("Prefer", ""))
    return preference in (each.strip().lower() for each in told)
