"""What the browser has to fetch before somebody sees something: the built page stays within its budgets.

``chunks.json`` is Vite's manifest: which file needs which.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

BUILT = Path(__file__).resolve().parents[2] / "aizen" / "static"
KILOBYTE = 1000
MOST_FILES = 30
ENTRY = "index.html"
CHUNKS: dict[str, dict[str, Any]] = json.loads((BUILT / "chunks.json").read_text(encoding="utf-8"))
# What stands around the screens; frontend/vite.config.ts names it.
(FRAME,) = (chunk for chunk, told in CHUNKS.items() if told.get("name") == "frame" and chunk.endswith(".js"))


def compressed(file: str) -> int:
    """Bytes on the wire for a browser that takes gzip alone."""
    return len(gzip.compress((BUILT / file).read_bytes(), 9))


def needed_by(chunk: str) -> set[str]:
    """The chunk, and those without which it does not run."""
    found, seen = {chunk}, [chunk]
    while seen:
        for other in CHUNKS[seen.pop()].get("imports", ()):
            if other not in found:
                found.add(other)
                seen.append(other)
    return found


def scripts(chunks: set[str]) -> int:
    return sum(compressed(CHUNKS[chunk]["file"]) for chunk in chunks)


def styles(chunks: set[str]) -> int:
    return sum(compressed(file) for file in {file for chunk in chunks for file in CHUNKS[chunk].get("css", ())})


SCREENS = sorted(
    chunk
    for chunk, told in CHUNKS.items()
    if told.get("isDynamicEntry") and chunk.startswith("src/features/") and chunk.endswith("Page.tsx")
)


def test_what_every_screen_needs_first_is_at_most_200_kilobytes() -> None:
    assert scripts(needed_by(ENTRY)) <= 200 * KILOBYTE


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_needs_at_most_40_kilobytes_more(screen: str) -> None:
    assert scripts(needed_by(screen) - needed_by(ENTRY) - needed_by(FRAME)) <= 40 * KILOBYTE


def test_the_frame_around_the_screens_needs_at_most_40_kilobytes() -> None:
    assert scripts(needed_by(FRAME) - needed_by(ENTRY)) <= 40 * KILOBYTE


@pytest.mark.parametrize("screen", SCREENS)
def test_the_styles_of_a_screen_are_at_most_45_kilobytes(screen: str) -> None:
    assert styles(needed_by(screen) | needed_by(ENTRY) | needed_by(FRAME)) <= 45 * KILOBYTE


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_in_few_files(screen: str) -> None:
    """Over HTTP/1.1 a browser fetches six at a time, and each costs a round trip."""
    assert len(needed_by(screen) | needed_by(ENTRY)) <= MOST_FILES


def test_there_are_screens() -> None:
    assert len(SCREENS) > 20
