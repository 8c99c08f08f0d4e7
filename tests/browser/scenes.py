"""What a library looks like after a while: real or drawn photographs, some of them public, in the trash, generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests import pictures
from tests.faults.client import User
from tests.faults.waiting import eventually

PHOTOGRAPHS = pictures.SHARED / "photos"


def photographs(most: int) -> list[tuple[str, bytes]]:
    """Name and bytes of up to ``most`` pictures: real photographs where they are there, else drawn ones."""
    real: Sequence[Path] = sorted(PHOTOGRAPHS.glob("*.jpg")) if PHOTOGRAPHS.is_dir() else ()
    light = [path for path in real if path.stat().st_size < 2_000_000]
    found = [(path.name, path.read_bytes()) for path in light[:most]]
    drawn = [(f"drawn-{number}.jpg", pictures.jpeg(640 + 40 * number, 480)) for number in range(len(found), most)]
    return found + drawn


@dataclass(frozen=True)
class Library:
    """The ids of somebody's images by what they are."""

    private: str
    public: str
    trashed: str
    generated: str


def furnish(user: User) -> Library:
    """The user has images of each kind, and all work on them is done."""
    kept = [user.upload(data, name=name, describe="true") for name, data in photographs(3)]
    answer = user.request("POST", "/api/v1/generate", json={"prompt": "A red boat on a quiet lake", "width": 512, "height": 384})
    assert answer.status_code == 202, answer.text
    generated = str(answer.json()["id"])
    for image_id in (*kept, generated):
        eventually(partial(user.is_settled, image_id), what=f"the work on {image_id} is done", interval=0.2)
    private, public, trashed = kept
    changed = user.request("PATCH", f"/api/v1/images/{public}", json={"visibility": "public", "alt": "A path.", "title": "On the way"})
    assert changed.status_code == 200, changed.text
    assert user.request("POST", f"/api/v1/images/{trashed}/trash").ok
    return Library(private, public, trashed, generated)
