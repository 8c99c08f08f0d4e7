"""An image as a page shows it: in the format and the size that the reader's browser takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from aizen.delivery import addressing
from aizen.delivery.addressing import Terms
from aizen.images.models import Image
from aizen.images.presenting import ALT_MISSING, TOLD, source_type
from aizen.settings import Settings

KINDS = ("html", "markdown", "url")
# Before what everybody reads.
_STILL, _MOVING = ("avif", "webp"), ("webp",)


@dataclass(frozen=True)
class Embed:
    """``text`` is to be put into a page; ``expires`` is when its addresses end, in Unix seconds, None for never.

    ``source_type`` is where the picture comes from, a term of the IPTC's vocabulary.
    """

    text: str
    source_type: str | None
    expires: int | None
    warnings: tuple[str, ...]


def embed(image: Image, kind: str, settings: Settings) -> Embed:
    """The image as ``kind``: ``html`` a picture element, ``markdown`` an image of CommonMark, ``url`` one address that follows Accept.

    Its alternative text is what its owner has approved: nobody else has looked at what a model suggests. A decorative one has none.
    """
    text = _KINDS[kind](image, _widths(image, settings), settings)
    warnings = (ALT_MISSING,) if image.alt_status not in TOLD and kind != "url" else ()
    return Embed(text, source_type(image), addressing.end_of(image, Terms(), settings), warnings)


def _widths(image: Image, settings: Settings) -> list[int]:
    """The widths of the variants that are below the image's own, and that one as far as we make it."""
    largest = min(image.width, settings.transform_max_side, max(1, settings.transform_max_side * image.width // image.height))
    most = max(settings.variant_widths)
    return sorted({width for width in settings.variant_widths if width < largest} | {min(largest, most)})


def _alt(image: Image) -> str:
    return image.alt if image.alt_status == "approved" else ""


def _address(image: Image, width: int, form: str | None, settings: Settings) -> str:
    # Of a picture that is thousands of times as tall as it is wide, one pixel across may still be too tall.
    side = settings.transform_max_side
    recipe = f"w={width}" if _height(image, width) <= side else f"w={width},h={side},fit=contain"
    return addressing.signed_address(image, recipe, Terms(form=form), settings).url


def _height(image: Image, width: int) -> int:
    return max(1, round(image.height * width / image.width))


def _plain(image: Image) -> str:
    """What everybody reads and keeps all of the picture."""
    if image.frames > 1:
        return "gif"
    return "png" if image.has_alpha else "jpeg"


def _html(image: Image, widths: Sequence[int], settings: Settings) -> str:
    largest = widths[-1]
    sizes = f"(max-width: {largest}px) 100vw, {largest}px"
    sources = [
        f'  <source type="image/{form}" srcset="{_source_set(image, widths, form, settings)}" sizes="{sizes}">'
        for form in (_MOVING if image.frames > 1 else _STILL)
    ]
    plain = _plain(image)
    told = {
        "src": escape(_address(image, largest, plain, settings)),
        "srcset": _source_set(image, widths, plain, settings),
        "sizes": sizes,
        "width": largest,
        "height": min(_height(image, largest), settings.transform_max_side),
        # An empty one would say that the picture tells nothing; none at all says that nobody has told.
        **({"alt": escape(_alt(image))} if image.alt_status in TOLD else {}),
        # For scripts and styles of the page that mark what a model has made.
        **({"data-digital-source-type": escape(term)} if (term := source_type(image)) else {}),
        # In a page that says nothing of pictures too it is no wider than its place; the page's own rules may say otherwise.
        "style": "max-width:100%;height:auto",
        "loading": "lazy",
        "decoding": "async",
    }
    shown = " ".join(f'{name}="{value}"' for name, value in told.items())
    return "\n".join(["<picture>", *sources, f"  <img {shown}>", "</picture>"])


def _source_set(image: Image, widths: Sequence[int], form: str, settings: Settings) -> str:
    # A comma inside an address does no harm: only one at its end would part it from the next.
    return escape(", ".join(f"{_address(image, width, form, settings)} {width}w" for width in widths))


def _markdown(image: Image, widths: Sequence[int], settings: Settings) -> str:
    # Every mark of CommonMark means itself behind a backslash.
    alt = "".join(f"\\{each}" if each in _MARKS else each for each in " ".join(_alt(image).split()))
    return f"![{alt}]({_url(image, widths, settings)})"


def _url(image: Image, widths: Sequence[int], settings: Settings) -> str:
    return _address(image, widths[-1], None, settings)


_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_KINDS: dict[str, Callable[[Image, Sequence[int], Settings], str]] = {"html": _html, "markdown": _markdown, "url": _url}
