"""What a client says that it takes: JSON about a picture or the picture itself, and in which formats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from aizen.imaging import ANIMATED_FORMATS, OUTPUT_MEDIA_TYPES

# The best format that a client names comes first, whatever weights it gives: browsers give none.
BEST_FIRST = ("avif", "webp")
PLAIN = "plain"
_FORMATS = {media_type: form for form, media_type in OUTPUT_MEDIA_TYPES.items()}


def wants_picture() -> bool:
    """Whether Accept puts some picture that we make before JSON. Without the field, and with ``*/*``, nothing comes before JSON."""
    accept = request.accept_mimetypes
    return max(accept.quality(media_type) for media_type in _FORMATS) > accept.quality("application/json")


@dataclass(frozen=True)
class Reads:
    """What a client gets who leaves the format to us: ``still`` of a picture, ``moving`` of an animation.

    Each is a format; or ``plain``, which is JPEG or PNG, whichever fits.
    """

    still: str
    moving: str


# Browsers send few different values; whoever sends others shall not fill the memory.
@lru_cache(maxsize=256)
def reads(accept: str) -> Reads:
    """What a client gets that sends this Accept. There are few answers, however many values of the field."""
    parsed = parse_accept_header(accept, MIMEAccept)
    still = _still(parsed)
    # Of an animation WebP, else GIF, where the client takes it; else what keeps no animation.
    moving = next((form for form in ANIMATED_FORMATS if parsed.quality(OUTPUT_MEDIA_TYPES[form]) > 0), still)
    return Reads(still, moving)


def _still(accept: MIMEAccept) -> str:
    named = _named(accept)
    for form in BEST_FIRST:
        if form in named:
            return form
    wildcards = {media_type for media_type, quality in accept if quality > 0 and "*" in media_type}
    if "image/*" in wildcards and not named:
        # Whoever asks for a picture of any kind gets a small one that everything opens.
        return "webp"
    if wildcards or not named or {"jpeg", "png"} <= named.keys():
        return PLAIN
    return max(named, key=lambda form: named[form])


def _named(accept: MIMEAccept) -> dict[str, float]:
    """The formats that are named one by one, with their weights."""
    return {_FORMATS[media_type]: quality for media_type, quality in accept if quality > 0 and media_type in _FORMATS}


def takes_page() -> bool:
    """Whether a page may be the answer: for all but those who would rather have JSON, or something else altogether.

    Whoever makes a preview of an address takes anything, or does not say what.
    """
    accept = request.accept_mimetypes
    return not accept or accept.best_match(["text/html", "application/json"]) == "text/html"


def names_page() -> bool:
    """Whether a page is asked for by its name, as browsers do: programs that take anything get JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def prefers(preference: str) -> bool:
    """Whether Prefer (RFC 7240) has that preference, which takes no value."""
    told = re.split(r"[,;]", request.headers.get("Prefer", ""))
    return preference in (each.strip().lower() for each in told)
