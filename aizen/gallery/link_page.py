"""The page of a share link: the picture, what its owner says of it, and what messengers show of the address. It needs no script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from aizen.gallery import links
from aizen.gallery.opening import Shared
from aizen.gallery.previews import Preview, by_format, first_words, picture_of
from aizen.images import presenting
from aizen.images.models import Variant
from aizen.imaging.provenance import BY_MODELS, TRAINED
from aizen.settings import Settings
from aizen.web.pages import MARK

NAMELESS = "A shared picture"
# Of the height of the window: some of what is said below shows that there is more.
_HIGHEST = 74
# Not by strftime: its names are those of the machine's language.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Page:
    """The text of a page, and the policy that it is sent with: nothing may run in it, and nothing comes from elsewhere."""

    html: str
    policy: str


def invitation(shared: Shared) -> str:
    """What a guarded link says before it is opened. It tells nothing of the image, and not whose it is."""
    texts = []
    if shared.has_password:
        texts.append("This picture is protected by a password. Whoever sent you the link can tell you it.")
    if shared.link.max_views is not None:
        left = shared.link.max_views - shared.link.views
        texts.append("It can be seen " + ("once more." if left == 1 else f"{left} more times; showing it now uses one of them."))
    return " ".join(texts)


def page(shared: Shared, *, settings: Settings, pictures_from: str) -> Page:
    """The page of an opened link. ``pictures_from`` is where the storage sends its files from, if not from here."""
    style = _STYLE + _own_style(shared)
    title = _title(shared)
    html = _PAGE.format(
        title=escape(title),
        previews="" if shared.is_guarded else _preview(shared, title, settings).tags(),
        style=style,
        picture=_picture(shared),
        told=_told(shared),
        mark=MARK,
    )
    # The page, unlike the file, is sent in one piece: its one style is named by its digest.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    sources = " ".join(("'self'", "data:", *([pictures_from] if pictures_from else [])))
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Page(html, policy)


def _title(shared: Shared) -> str:
    return shared.image.title or f"A picture by {shared.username}"


def _own_style(shared: Shared) -> str:
    """Room for the picture before it is there, in its own colour: nothing jumps."""
    widest = shared.variants[-1]
    color = shared.image.dominant_color or ""
    ground = f"--ground-of-picture: {color};" if _COLOR.fullmatch(color) and not shared.image.has_alpha else ""
    return f":root {{ --width: {widest.width}px; --ratio: {widest.width / widest.height:.4f}; {ground} }}\n"


def _picture(shared: Shared) -> str:
    base = f"{links.PREFIX}{shared.link.slug}"
    plain, webp = by_format(shared.variants)
    widest = plain[-1]
    sizes = f"min(100vw, {_HIGHEST * widest.width / widest.height:.0f}vh, {widest.width}px)"
    if shared.image.frames > 1:
        sources = [f'<source media="(prefers-reduced-motion: reduce)" srcset="{base}/{widest.name}">']
        sources += [f'<source type="image/webp" srcset="{base}/{each.name}">' for each in webp]
    else:
        sources = [f'<source type="image/webp" srcset="{_source_set(base, webp)}" sizes="{sizes}">']
    shown = f'src="{base}/{widest.name}" srcset="{_source_set(base, plain)}" sizes="{sizes}"'
    size = f'width="{widest.width}" height="{widest.height}"'
    return "\n".join(["<picture>", *sources, f"<img {shown} {size}{_alt(shared)}>", "</picture>"])


def _alt(shared: Shared) -> str:
    # An empty one would say that the picture tells nothing; none at all says that nobody has told.
    alt = presenting.alt_for_everybody(shared.image)
    return f' alt="{escape(alt)}"' if alt is not None else ""


def _source_set(base: str, variants: Sequence[Variant]) -> str:
    return ", ".join(f"{base}/{each.name} {each.width}w" for each in variants)


def _told(shared: Shared) -> str:
    """What the owner says. Each text runs in the direction of its own language."""
    image, ends = shared.image, shared.link.expires_at
    who = f'<strong dir="auto">{escape(shared.username)}</strong>'
    until = f'<time datetime="{ends.isoformat()}">{_day(ends)}</time>'
    parts = [
        f'<h1 dir="auto">{escape(image.title)}</h1>' if image.title else "",
        f'<p class="description" dir="auto">{escape(image.description)}</p>' if image.description else "",
        f'<p class="by">Shared by {who} until {until}</p>',
        _origin(presenting.source_type(image)),
    ]
    return "\n".join(part for part in parts if part)


def _origin(source_type: str | None) -> str:
    """Whether a model has made what is seen, or a part of it, in plain words; nothing of any other origin."""
    if source_type not in BY_MODELS:
        return ""
    return f'<p class="origin">{"Made by an AI model" if source_type == TRAINED else "Made with the help of an AI model"}</p>'


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _preview(shared: Shared, title: str, settings: Settings) -> Preview:
    address = links.address(shared.link.slug, settings)
    picture = picture_of(shared.variants) or shared.variants[0]
    return Preview(
        address=address,
        title=title,
        description=first_words(shared.image.description) or f"Shared by {shared.username}",
        picture=picture,
        picture_address=f"{address}/{picture.name}",
        alt=presenting.alt_for_everybody(shared.image) or title,
    )


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title} · Aizen</title>
{previews}
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<figure>
{picture}
</figure>
<div class="told">
{told}
</div>
</main>
<footer>{mark}Aizen</footer>
</body>
</html>
"""

_STYLE = """
:root { --ground: #fff; --text: #000; --quiet: #495057; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181f; --text: #c9c9c9; --quiet: #a3adba; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column;
  background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { flex: 1; width: 100%; padding: 1.5rem 1.5rem 0; }
figure { margin: 0; display: grid; place-items: center; }
img { display: block; width: min(100%, var(--width), 74vh * var(--ratio)); height: auto; border-radius: .5rem;
  background: var(--ground-of-picture, transparent); }
picture { display: contents; }
.told { width: min(100%, var(--width), 74vh * var(--ratio)); min-width: min(100%, 24rem); margin: 1.25rem auto 0; }
.told > * { max-width: 44rem; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; font-weight: 650; line-height: 1.25; text-wrap: balance; overflow-wrap: anywhere; }
.description { margin: 0 0 .75rem; white-space: pre-line; overflow-wrap: anywhere; }
.by { margin: 0; color: var(--quiet); font-size: .925rem; }
.by strong { color: var(--text); font-weight: 600; overflow-wrap: anywhere; }
.origin { margin: .35rem 0 0; color: var(--quiet); font-size: .8125rem; }
footer { display: flex; align-items: center; justify-content: center; gap: .45rem; padding: 2rem 1rem 1.5rem; color: var(--quiet);
  font-size: .875rem; font-weight: 600; }
.mark { width: 1.25rem; height: 1.25rem; }
@media (max-width: 40rem) {
  main { padding: 0; } img { border-radius: 0; }
  .told { width: auto; margin: 1.1rem 1.25rem 0; }
}
"""
