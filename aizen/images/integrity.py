"""The integrity report: what the database says, against what the storage holds and the work has done."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any, BinaryIO

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.database import clock_ms, db, reading
from aizen.errors import NotFound
from aizen.images.models import Image, Variant
from aizen.images.variants import expected_names
from aizen.work.models import ObjectRemoval, WorkItem

# Longer than any work that is still getting somewhere.
STUCK_SECONDS = 600
ROWS_AT_A_TIME = 500


@dataclass(frozen=True)
class Report:
    """What is wrong, by kind; all empty is clean. Objects are told by their keys, images and items by their ids."""

    orphan_objects: tuple[str, ...]
    missing_objects: tuple[str, ...]
    mismatched_objects: tuple[str, ...]
    stuck_work: tuple[str, ...]
    missing_variants: tuple[str, ...]
    images: int
    objects: int
    checksums_compared: bool

    @property
    def is_clean(self) -> bool:
        return not any(getattr(self, name) for name in _FAULTS)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_clean": self.is_clean}

    def as_text(self) -> str:
        lines = [f"{self.images} images, {self.objects} objects"]
        for name in _FAULTS:
            found = getattr(self, name)
            lines.append(f"{name.replace('_', ' ')}: {len(found)}")
            lines.extend(f"  {each}" for each in found)
        if not self.checksums_compared:
            lines.append("checksums: not compared (--checksums compares them)")
        lines.append("Everything is in order." if self.is_clean else "Something is wrong.")
        return "\n".join(lines)


_FAULTS = tuple(field.name for field in fields(Report) if field.type == "tuple[str, ...]")


@dataclass(frozen=True)
class _Owned:
    bytes: int
    sha256: str | None


def examine(adapters: Adapters, *, checksums: bool = False) -> Report:
    """Everything was compared once. Slow on a large bucket: it lists all of it."""
    # The storage first: what comes to be after the listing is looked up again before it is called missing.
    stored = {each.key: each.bytes for each in adapters.storage.objects()}
    owned, leaving = _known()
    orphans = sorted(key for key in stored if key not in owned and key not in leaving and _is_orphan(key, adapters))
    missing = sorted(key for key in owned if key not in stored and _is_missing(key, adapters))
    mismatched = sorted(
        key for key, expected in owned.items() if key in stored and not _matches(key, stored[key], expected, adapters, checksums=checksums)
    )
    count, incomplete = _incomplete_images(adapters)
    return Report(
        orphan_objects=tuple(orphans),
        missing_objects=tuple(missing),
        mismatched_objects=tuple(mismatched),
        stuck_work=tuple(_stuck(adapters)),
        missing_variants=tuple(incomplete),
        images=count,
        objects=len(stored),
        checksums_compared=checksums,
    )


def _known() -> tuple[dict[str, _Owned], set[str]]:
    """Every key that belongs to a row, and every key on its way out, as of one moment: one statement is one snapshot."""
    nothing = sa.null()
    statement: sa.CompoundSelect[Any] = sa.union_all(
        sa.select(Image.key, Image.bytes, Image.sha256),
        sa.select(Variant.key, Variant.bytes, nothing),
        sa.select(ObjectRemoval.key, sa.literal(-1), nothing),
    )
    owned: dict[str, _Owned] = {}
    leaving: set[str] = set()
    with reading():
        for key, size, digest in db.session.execute(statement):
            if size < 0:
                leaving.add(key)
            else:
                owned[key] = _Owned(size, digest)
    return owned, leaving


def _is_orphan(key: str, adapters: Adapters) -> bool:
    try:
        # The clock may have removed it, and its removal, since the listing.
        adapters.storage.size(key)
    except NotFound:
        return False
    with reading():
        return not any(
            db.session.scalar(sa.select(sa.func.count()).where(column == key)) for column in (Image.key, Variant.key, ObjectRemoval.key)
        )


def _is_missing(key: str, adapters: Adapters) -> bool:
    try:
        adapters.storage.size(key)
    except NotFound:
        with reading():
            return any(db.session.scalar(sa.select(sa.func.count()).where(column == key)) for column in (Image.key, Variant.key))
    return False


def _matches(key: str, size: int, expected: _Owned, adapters: Adapters, *, checksums: bool) -> bool:
    if size != expected.bytes:
        return False
    if not checksums or expected.sha256 is None:
        return True
    try:
        with adapters.storage.open(key) as stored:
            return _digest(stored) == expected.sha256
    except NotFound:
        return not _is_missing(key, adapters)


def _digest(stored: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := stored.read(1 << 16):
        digest.update(piece)
    return digest.hexdigest()


def _stuck(adapters: Adapters) -> list[str]:
    """Work that nobody has moved for longer than it may take, and removals that nobody has carried out."""
    late = clock_ms() - STUCK_SECONDS * 1000
    unfinished = sa.or_(
        sa.and_(WorkItem.state == "pending", WorkItem.not_before < late),
        sa.and_(WorkItem.state == "working", WorkItem.lease_until < late),
    )
    idle = sa.and_(
        Image.status == "processing",
        ~sa.exists().where(WorkItem.subject_id == Image.id, WorkItem.state.in_(("pending", "working"))),
    )
    margin = int(adapters.settings.removal_margin_seconds * 1000)
    with reading():
        return [
            *(f"work item {each}" for each in db.session.scalars(sa.select(WorkItem.id).where(unfinished))),
            *(f"image {each}" for each in db.session.scalars(sa.select(Image.id).where(idle))),
            *(
                f"object removal {each}"
                for each in db.session.scalars(sa.select(ObjectRemoval.key).where(ObjectRemoval.not_before < late - margin))
            ),
        ]


def _incomplete_images(adapters: Adapters) -> tuple[int, list[str]]:
    """How many images there are, and the ready ones that lack a file which they should have."""
    count = 0
    incomplete: list[str] = []
    after = None
    while True:
        select = sa.select(Image).order_by(Image.id).limit(ROWS_AT_A_TIME)
        with reading():
            rows = list(db.session.scalars(select if after is None else select.where(Image.id > after)))
            names: dict[Any, set[str]] = {}
            found = sa.select(Variant.image_id, Variant.name).where(Variant.image_id.in_([row.id for row in rows]))
            for image_id, name in db.session.execute(found):
                names.setdefault(image_id, set()).add(name)
        if not rows:
            return count, incomplete
        count, after = count + len(rows), rows[-1].id
        for image in rows:
            lacking = expected_names(image, adapters.settings.variant_widths) - names.get(image.id, set())
            if image.status == "ready" and lacking:
                incomplete.append(f"image {image.id}: {', '.join(sorted(lacking))}")
        db.session.expunge_all()
