"""What messengers, networks and search engines show of the address of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol, TypeVar

from aizen.imaging import OUTPUT_MEDIA_TYPES

# What messengers show; they load it for each of their users, and some give up on large files.
_WIDTH = 1280
# Of a description: nobody shows more.
_LONGEST = 300
_MEDIA_TYPES: dict[str, str] = dict(OUTPUT_MEDIA_TYPES.items())


class Picture(Protocol):
    """A file of an image that viewers may open."""

    @property
    def format(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


File = TypeVar("File", bound=Picture)


def by_format(variants: Sequence[File]) -> tuple[list[File], list[File]]:
    """What everything opens, and what is smaller for those that read it."""
    return [each for each in variants if each.format != "webp"], [each for each in variants if each.format == "webp"]


def picture_of(variants: Sequence[File]) -> File | None:
    """The file that stands for the image: one that everything opens, and no larger than needed. None where there is no such file."""
    plain, _ = by_format(variants)
    return max((each for each in plain if each.width <= _WIDTH), key=lambda each: each.width, default=plain[0] if plain else None)


def first_words(text: str) -> str:
    """The beginning of a text, in one line."""
    return " ".join(text.split())[:_LONGEST]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A page and its picture, in words and addresses. All of it is text, whatever is in it; the addresses are absolute."""

    address: str
    title: str
    description: str
    picture: Picture
    picture_address: str
    alt: str

    def tags(self) -> str:
        """The same for a page's head: the Open Graph protocol, and X's cards where they differ from it."""
        graph = {
            "og:type": "website",
            "og:site_name": "Aizen",
            "og:url": self.address,
            "og:title": self.title,
            "og:description": self.description,
            "og:image": self.picture_address,
            "og:image:type": _MEDIA_TYPES[self.picture.format],
            "og:image:width": str(self.picture.width),
            "og:image:height": str(self.picture.height),
            "og:image:alt": self.alt,
        }
        named = {
            "twitter:card": "summary_large_image",
            "twitter:title": self.title,
            "twitter:description": self.description,
            "twitter:image": self.picture_address,
            "twitter:image:alt": self.alt,
            "description": self.description,
        }
        tags = [f'<meta property="{name}" content="{escape(value)}">' for name, value in graph.items()]
        return "\n".join([*tags, *(f'<meta name="{name}" content="{escape(value)}">' for name, value in named.items())])
