"""The integrity report: what the database says, against what the storage holds and the work has done."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, BinaryIO

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth.models import User
from aizen.database import clock_ms, db, reading, transaction
from aizen.errors import NotFound
from aizen.images import indexing, library
from aizen.images.models import DerivedFile, Image, SearchDocument, Variant
from aizen.images.variants import expected_names
from aizen.work import items, kinds, removals
from aizen.work.models import ObjectRemoval, WorkItem

# Longer than any work that is still getting somewhere.
STUCK_SECONDS = 600
ROWS_AT_A_TIME = 500
# The images of each of them are added up in one statement.
USERS_AT_A_TIME = 20


@dataclass(frozen=True)
class Report:
    """What is wrong, by kind; all empty is clean. Objects are told by their keys, images and items by their ids."""

    orphan_objects: tuple[str, ...]
    missing_objects: tuple[str, ...]
    mismatched_objects: tuple[str, ...]
    stuck_work: tuple[str, ...]
    missing_variants: tuple[str, ...]
    unindexed_images: tuple[str, ...]
    miscounted_storage: tuple[str, ...]
    images: int
    objects: int
    objects_leaving: int
    checksums_compared: bool

    @property
    def is_clean(self) -> bool:
        return not any(getattr(self, name) for name in _FAULTS)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_clean": self.is_clean}

    def as_text(self) -> str:
        lines = [f"{self.images} images, {self.objects} objects, of which {self.objects_leaving} are noted for removal"]
        for name in _FAULTS:
            found = getattr(self, name)
            lines.append(f"{name.replace('_', ' ')}: {len(found)}")
            lines.extend(f"  {each}" for each in found)
        if not self.checksums_compared:
            lines.append("checksums: not compared (--checksums compares them)")
        if self.unindexed_images:
            lines.append("`flask doctor --repair` puts images that no search finds into the index.")
        if self.miscounted_storage:
            lines.append("`flask doctor --repair` counts anew what these users keep.")
        if self.missing_variants or self.missing_objects or self.mismatched_objects:
            lines.append("`flask doctor --repair` has a worker make missing, lost and damaged variants again.")
        lines.append("Everything is in order." if self.is_clean else "Something is wrong.")
        return "\n".join(lines)


_FAULTS = tuple(field.name for field in fields(Report) if field.type == "tuple[str, ...]")


@dataclass(frozen=True)
class _Owned:
    bytes: int
    sha256: str | None


def examine(adapters: Adapters, *, checksums: bool = False) -> Report:
    """Everything was compared once. Slow on a large bucket: it lists all of it, and holds the keys that it found."""
    # The storage first: what comes to be after the listing is looked up again before it is called missing.
    stored = {each.key: each.bytes for each in adapters.storage.objects()}
    objects = len(stored)
    missing: list[str] = []
    mismatched: list[str] = []
    for key, expected in _owned():
        size = stored.pop(key, None)
        if size is None:
            if _is_missing(key, adapters):
                missing.append(key)
        elif not _matches(key, size, expected, adapters, checksums=checksums):
            mismatched.append(key)
    leaving = sum(stored.pop(key, None) is not None for key in _leaving())
    count, incomplete, unindexed = _incomplete_images(adapters)
    return Report(
        orphan_objects=tuple(key for key in sorted(stored) if _is_orphan(key, adapters)),
        missing_objects=tuple(sorted(missing)),
        mismatched_objects=tuple(sorted(mismatched)),
        stuck_work=tuple(_stuck(adapters)),
        missing_variants=tuple(f"image {image_id}: {', '.join(sorted(lacking))}" for image_id, lacking in incomplete),
        unindexed_images=tuple(map(str, unindexed)),
        miscounted_storage=tuple(f"user {user_id}: {noted} bytes noted, {kept} kept" for user_id, noted, kept in _miscounted()),
        images=count,
        objects=objects,
        objects_leaving=leaving,
        checksums_compared=checksums,
    )


def repair(report: Report, adapters: Adapters) -> int:
    """How many images a worker now makes the variants of again: those that lack one, and those with a missing or a mismatched one.

    They stay ready and can be opened; the new files take the place of the former ones all at once. An image whose original is damaged is
    left as it is: nothing can be made of it. What no search found is in the index afterwards, and what users keep is counted anew. A
    damaged file of a transformation is forgotten: whoever wants it again has it made.
    """
    for user_id, _, _ in _miscounted():
        library.count_storage(user_id)
    _, incomplete, unindexed = _incomplete_images(adapters)
    for image_id in unindexed:
        indexing.reindex(image_id)
    damaged = [*report.missing_objects, *report.mismatched_objects]
    _forget_derived(damaged, adapters)
    wanting = {image_id for image_id, _ in incomplete} | _found(Variant.image_id, Variant.key, damaged)
    return sum(_make_again(image_id, adapters) for image_id in sorted(wanting - _found(Image.id, Image.key, damaged)))


def _make_again(image_id: uuid.UUID, adapters: Adapters) -> bool:
    with transaction():
        return items.redo(library.VARIANTS, subject_id=image_id, adapters=adapters)


def _forget_derived(damaged: Sequence[str], adapters: Adapters) -> None:
    for start in range(0, len(damaged), ROWS_AT_A_TIME):
        which = DerivedFile.key.in_(damaged[start : start + ROWS_AT_A_TIME])
        with transaction():
            keys = list(db.session.scalars(sa.delete(DerivedFile).where(which).returning(DerivedFile.key)))
            removals.remove(keys, adapters.settings)


def _found(wanted: sa.SQLColumnExpression[uuid.UUID], column: sa.SQLColumnExpression[Any], keys: Sequence[str]) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for start in range(0, len(keys), ROWS_AT_A_TIME):
        with reading():
            found.update(db.session.scalars(sa.select(wanted).where(column.in_(keys[start : start + ROWS_AT_A_TIME]))))
    return found


def _owned() -> Iterator[tuple[str, _Owned]]:
    """Every object that belongs to a row. Read in pages, between which a key may move: whoever finds a fault looks again at that key."""
    for key, size, digest in _pages(Image.key, Image.bytes, Image.sha256):
        yield key, _Owned(size, digest)
    for made in (Variant, DerivedFile):
        for key, size in _pages(made.key, made.bytes):
            yield key, _Owned(size, None)


def _leaving() -> Iterator[str]:
    """Every key on its way out, or reserved for an object on its way in."""
    for (key,) in _pages(ObjectRemoval.key):
        yield key


def _pages(key: sa.SQLColumnExpression[Any], *others: sa.SQLColumnExpression[Any]) -> Iterator[Sequence[Any]]:
    """The columns of every row in the order of its key; no statement reads more than a page, however many rows there are."""
    # An image that is being generated has none yet.
    select = sa.select(key, *others).where(key.is_not(None)).order_by(key).limit(ROWS_AT_A_TIME)
    rows: Sequence[Any] = ()
    while True:
        with reading():
            rows = db.session.execute(select.where(key > rows[-1][0]) if rows else select).all()
        if not rows:
            return
        yield from rows


def _is_orphan(key: str, adapters: Adapters) -> bool:
    try:
        # The clock may have removed it, and its removal, since the listing.
        adapters.storage.size(key)
    except NotFound:
        return False
    return not _is_known(key, Image.key, Variant.key, DerivedFile.key, ObjectRemoval.key)


def _is_known(key: str, *columns: sa.SQLColumnExpression[Any]) -> bool:
    """Whether one of the columns has the key, as of one moment: one statement is one snapshot, from which no key can move away."""
    with reading():
        return bool(db.session.scalar(sa.select(sa.or_(*(sa.exists().where(column == key) for column in columns)))))


def _is_missing(key: str, adapters: Adapters) -> bool:
    try:
        adapters.storage.size(key)
    except NotFound:
        return _is_known(key, Image.key, Variant.key, DerivedFile.key)
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
    # Slow work waits its turn, however long that takes, as long as somebody is at such work.
    another = sa.orm.aliased(WorkItem)
    moves = sa.exists().where(another.kind == WorkItem.kind, another.state == "working", another.lease_until >= clock_ms())
    unfinished = sa.or_(
        sa.and_(WorkItem.state == "pending", WorkItem.not_before < late, ~sa.and_(WorkItem.kind.in_(kinds.slow()), moves)),
        sa.and_(WorkItem.state == "working", WorkItem.lease_until < late),
    )
    idle = sa.and_(
        Image.status.in_(("generating", "processing")),
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


def _miscounted() -> list[tuple[uuid.UUID, int, int]]:
    """The users whose ``storage_used`` is not the bytes of their images, with both. One statement sees both as of one moment."""
    found: list[tuple[uuid.UUID, int, int]] = []
    after: uuid.UUID | None = None
    while True:
        page = sa.select(User.id).order_by(User.id).limit(USERS_AT_A_TIME)
        kept = library.bytes_kept(User.id).label("kept")
        with reading():
            user_ids = list(db.session.scalars(page if after is None else page.where(User.id > after)))
            rows = db.session.execute(sa.select(User.id, User.storage_used, kept).where(User.id.in_(user_ids)).order_by(User.id)).all()
        if not user_ids:
            return found
        found += [(row.id, row.storage_used, row.kept) for row in rows if row.storage_used != row.kept]
        after = user_ids[-1]


def _incomplete_images(adapters: Adapters) -> tuple[int, list[tuple[uuid.UUID, set[str]]], list[uuid.UUID]]:
    """How many images there are, the ready ones that lack a file which they should have, and those that a search would miss."""
    count = 0
    incomplete: list[tuple[uuid.UUID, set[str]]] = []
    unindexed: list[uuid.UUID] = []
    after = None
    while True:
        select = sa.select(Image).order_by(Image.id).limit(ROWS_AT_A_TIME)
        with reading():
            rows = list(db.session.scalars(select if after is None else select.where(Image.id > after)))
            ids = [row.id for row in rows]
            names: dict[Any, set[str]] = {}
            found = sa.select(Variant.image_id, Variant.name).where(Variant.image_id.in_(ids))
            for image_id, name in db.session.execute(found):
                names.setdefault(image_id, set()).add(name)
            documents = sa.select(SearchDocument.image_id, SearchDocument.is_public).where(SearchDocument.image_id.in_(ids))
            indexed = {row.image_id: row.is_public for row in db.session.execute(documents)}
        if not rows:
            return count, incomplete, unindexed
        count, after = count + len(rows), rows[-1].id
        unindexed += [image.id for image in rows if indexed.get(image.id) != (image.visibility == "public")]
        for image in rows:
            if image.status == "ready" and (
                lacking := expected_names(image, adapters.settings.variant_widths) - names.get(image.id, set())
            ):
                incomplete.append((image.id, lacking))
        db.session.expunge_all()
