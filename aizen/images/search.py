"""Finding images by their words: one index, one function, on PostgreSQL (tsvector, GIN) and SQLite (FTS5) alike.

An owner looks through their own images, and everybody through those that are public, in the same index: ``documents`` says by which words.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from psycopg.errors import QueryCanceled
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import OperationalError

from aizen.database import changed_rows, db
from aizen.errors import FieldError, Invalid
from aizen.images import documents
from aizen.images.documents import fields_of, place_of, tag_word
from aizen.images.models import Image, ListedImage, SearchDocument
from aizen.images.queries import Condition, Query, Term
from aizen.images.words import Word, words_of
from aizen.web.pagination import Position

# So many images beyond a page's beginning are looked at one by one before the index of words is asked: what is common is found there, and
# what is not has few matches to be sorted.
WINDOW = 10_000
# So many of what the index finds are joined with their images to see which of them another condition allows, before all are.
HITS = 5_000
# Images are looked at one by one, too, where another condition leaves no more than these.
FEW = 2_000
SNIPPET = 120
_INDEX = sa.table("search_index", sa.column("rowid", sa.Integer))


@dataclass(frozen=True)
class Shelf:
    """Images among which somebody looks, and how the index tells them from all others.

    ``word`` is in their documents and in no other, or where it ``is_beginning`` one that goes on from it; and ``mark`` stands before each
    of the words by which they may be found. ``documents`` and ``images`` say in the columns of either table which they are, as an index has
    it.
    """

    word: str
    mark: str
    documents: sa.ColumnElement[bool]
    images: sa.ColumnElement[bool]
    is_beginning: bool = False


@dataclass(frozen=True)
class _Wanted:
    """A page of a search. ``where`` is what the images' rows must be, ``bounds`` where they must stand."""

    query: Query
    shelf: Shelf
    where: Sequence[sa.ColumnElement[bool]]
    bounds: Sequence[sa.ColumnElement[bool]]
    newest_first: bool
    limit: int

    def in_order(self, place: sa.SQLColumnExpression[int]) -> sa.ColumnElement[int]:
        return place.desc() if self.newest_first else place.asc()


@dataclass(frozen=True)
class Match:
    """Which field of an image a query was found in, and the text around it."""

    field: str
    snippet: str


def index(image: Image) -> None:
    """The open transaction has the image found by its texts as they are now."""
    known = sa.update(SearchDocument).where(SearchDocument.image_id == image.id)
    if not changed_rows(known.values(_found_by(image))):
        add(image)


def add(image: Image) -> None:
    """The open transaction has the new image found by its texts."""
    values = {"id": place_of(image.created_at, image.id), "image_id": image.id, "owner_id": image.owner_id, **_found_by(image)}
    db.session.execute(sa.insert(SearchDocument).values(values))


def _found_by(image: Image) -> dict[str, Any]:
    return {"words": documents.document_of(image), "is_public": image.visibility == "public"}


def own(owner_id: uuid.UUID, *, in_trash: bool | None = False) -> Shelf:
    """The images of that owner, who finds them by everything that is said of them: in the trash, outside of it, or (None) in both."""
    word = documents.owner_word(owner_id, in_trash=bool(in_trash))
    theirs = SearchDocument.owner_id == owner_id, Image.owner_id == owner_id
    return Shelf(word, "", *theirs, is_beginning=in_trash is None)


def everybodys() -> Shelf:
    """Public images, which are found by what everybody is told of them."""
    # As the partial indexes say it, with nothing bound.
    is_public = Image.visibility == sa.literal_column("'public'")
    return Shelf(documents.EVERYBODY, documents.PUBLIC, SearchDocument.is_public.expression, is_public)


def find(
    query: Query, *, among: Shelf, where: Sequence[sa.ColumnElement[bool]], newest_first: bool, after: Position | None, limit: int
) -> list[Image]:
    """At most ``limit`` images of that shelf that the query finds and ``where`` allows, by time, from ``after`` on. Raises Invalid."""
    bounds = _bounds(query, after, newest_first=newest_first)
    wanted = _Wanted(query, among, where, bounds, newest_first=newest_first, limit=limit)
    search = _in_index if db.engine.dialect.name == "sqlite" else _in_documents
    with _narrow_enough():
        return search(wanted)


def count(query: Query, *, among: Shelf, where: Sequence[sa.ColumnElement[bool]]) -> int:
    """How many such images there are in all. Raises Invalid."""
    bounds = _bounds(query, None, newest_first=True)
    with _narrow_enough():
        if db.engine.dialect.name != "sqlite":
            _prefer_the_index()
        if not where:
            # Documents are images, and FTS5 counts its rows without a look at either table.
            counted = sa.select(sa.func.count()).select_from(_source()).where(_matches(query, among), *bounds)
        else:
            counted = _matching(sa.select(sa.func.count()), query, among).where(*where, *bounds)
        return db.session.scalar(counted) or 0


@contextmanager
def _narrow_enough() -> Iterator[None]:
    """PostgreSQL's time for a statement, if it runs out inside, is the search's own fault: Invalid, too_broad."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        detail = "The search takes too long: too many images have these words. Narrow it with before: and after:, or with more words."
        raise Invalid(errors=[FieldError("/search", "too_broad", detail)]) from error


def _bounds(query: Query, after: Position | None, *, newest_first: bool) -> list[sa.ColumnElement[bool]]:
    place = _INDEX.c.rowid if db.engine.dialect.name == "sqlite" else SearchDocument.id
    bounds = []
    if after is not None:
        beyond = place_of(after.created_at, after.id)
        bounds.append(place < beyond if newest_first else place > beyond)
    if query.after is not None:
        bounds.append(place >= place_of(query.after))
    if query.before is not None:
        bounds.append(place < place_of(query.before))
    return bounds


def _in_index(wanted: _Wanted) -> list[Image]:
    """FTS5 itself gives its rows in the order of their numbers, and no more of them than are asked for."""
    if _are_few(wanted):
        return _among_few(wanted)
    select = _matching(sa.select(Image), wanted.query, wanted.shelf).where(*wanted.where, *wanted.bounds)
    return list(db.session.scalars(select.order_by(wanted.in_order(_INDEX.c.rowid)).limit(wanted.limit)))


def _in_documents(wanted: _Wanted) -> list[Image]:
    """GIN knows no order: all that it finds must be read and sorted. So the nearest images are looked at first, in their order."""
    place = SearchDocument.id
    all_of_them = sa.select(place).where(wanted.shelf.documents, *wanted.bounds).order_by(wanted.in_order(place))
    found = _among_nearest(wanted, all_of_them)
    if len(found) == wanted.limit or db.session.scalar(all_of_them.offset(WINDOW).limit(1)) is None:
        return found
    _prefer_the_index()
    if _are_few(wanted):
        return _among_few(wanted)
    found = _among_first_hits(wanted)
    if not wanted.where or len(found) == wanted.limit:
        return found
    # Added to nothing, for the planner not to walk through all images in their order.
    images = _matching(sa.select(Image), wanted.query, wanted.shelf).where(*wanted.where, *wanted.bounds)
    return list(db.session.scalars(images.order_by(wanted.in_order(place + 0)).limit(wanted.limit)))


def _among_nearest(wanted: _Wanted, all_of_them: sa.Select[Any]) -> list[Image]:
    """Within the window, whose limit keeps the planner from asking the index of words after all."""
    near = all_of_them.add_columns(SearchDocument.image_id, SearchDocument.words).limit(WINDOW).subquery()
    images = sa.select(Image).join(near, near.c.image_id == Image.id).where(*wanted.where)
    images = images.where(_matches(wanted.query, wanted.shelf, near.c.words))
    return list(db.session.scalars(images.order_by(wanted.in_order(near.c.id)).limit(wanted.limit)))


def _prefer_the_index() -> None:
    """The open transaction keeps what GIN finds exactly, and reads that alone.

    In the 4 MB of PostgreSQL's default it would remember pages only, to compare each of their rows again, or read the whole table.
    """
    chosen = {"work_mem": "32MB", "enable_seqscan": "off", "jit": "off"}
    db.session.execute(sa.select(*(sa.func.set_config(name, value, sa.true()) for name, value in chosen.items())))


def _among_first_hits(wanted: _Wanted) -> list[Image]:
    """The images in question among the first of those that have the words: of a million hits only these are joined with their images."""
    place = SearchDocument.id
    hits = (
        sa.select(place.label("id"), SearchDocument.image_id)
        .where(_matches(wanted.query, wanted.shelf), *wanted.bounds)
        .order_by(wanted.in_order(place + 0))
        .limit(HITS if wanted.where else wanted.limit)
        .cte("hits")
        .prefix_with("MATERIALIZED")
    )
    images = sa.select(Image).join(hits, hits.c.image_id == Image.id).where(*wanted.where)
    return list(db.session.scalars(images.order_by(wanted.in_order(hits.c.id)).limit(wanted.limit)))


def _are_few(wanted: _Wanted) -> bool:
    """Whether there is a condition that so few of the shelf's images fulfil that each of them can be looked at."""
    if not wanted.where:
        return False
    some = sa.select(sa.literal(1)).where(wanted.shelf.images, *wanted.where).limit(FEW + 1).subquery()
    return (db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0) <= FEW


def _among_few(wanted: _Wanted) -> list[Image]:
    few = sa.select(Image.id).where(wanted.shelf.images, *wanted.where).limit(FEW).cte("few").prefix_with("MATERIALIZED")
    if db.engine.dialect.name == "sqlite":
        # FTS5 leads here too: asked about one row at a time, it would begin anew for each. Hence the places are added to nothing.
        places = sa.select(SearchDocument.id).join(few, few.c.id == SearchDocument.image_id)
        images = _matching(sa.select(Image), wanted.query, wanted.shelf).where((_INDEX.c.rowid + 0).in_(places))
        order = wanted.in_order(_INDEX.c.rowid)
    else:
        images = sa.select(Image).join(few, few.c.id == Image.id).join(SearchDocument, SearchDocument.image_id == few.c.id)
        images = images.where(_matches(wanted.query, wanted.shelf))
        order = wanted.in_order(SearchDocument.id + 0)
    return list(db.session.scalars(images.where(*wanted.bounds).order_by(order).limit(wanted.limit)))


def _source() -> sa.FromClause:
    return _INDEX if db.engine.dialect.name == "sqlite" else sa.inspect(SearchDocument).local_table


def _matches(query: Query, shelf: Shelf, words: sa.ColumnElement[Any] | None = None) -> sa.ColumnElement[bool]:
    if db.engine.dialect.name == "sqlite":
        return sa.literal_column("search_index").op("MATCH", return_type=sa.Boolean())(_fts5(query, shelf))
    words = sa.inspect(SearchDocument).columns["words"] if words is None else words
    return words.op("@@", return_type=sa.Boolean())(sa.cast(_tsquery(query, shelf), TSQUERY))


def _matching(select: sa.Select[Any], query: Query, shelf: Shelf) -> sa.Select[Any]:
    if db.engine.dialect.name == "sqlite":
        # FTS5 must lead the join: its order is the answer's.
        select = select.select_from(_INDEX).join(SearchDocument, SearchDocument.id == _INDEX.c.rowid)
    else:
        select = select.select_from(SearchDocument)
    return select.join(Image, Image.id == SearchDocument.image_id).where(_matches(query, shelf))


def _terms(query: Query, shelf: Shelf) -> Iterator[Term]:
    """All that the index is asked for, whose images first: something that must be there, before anything that must not."""
    yield Term((shelf.word,), is_beginning=shelf.is_beginning)
    for tag in query.tags:
        yield Term((shelf.mark + tag_word(tag.value),), is_beginning=False, is_excluded=tag.is_excluded)
    for term in query.terms:
        yield replace(term, words=tuple(shelf.mark + word for word in term.words))


def _fts5(query: Query, shelf: Shelf) -> str:
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in _terms(query, shelf):
        phrase = f'"{" ".join(term.words)}"' + (" *" if term.is_beginning else "")
        (unwanted if term.is_excluded else wanted).append(phrase)
    return f"({' AND '.join(wanted)})" + "".join(f" NOT {phrase}" for phrase in unwanted)


def _tsquery(query: Query, shelf: Shelf) -> str:
    parts = []
    for term in _terms(query, shelf):
        phrase = " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_beginning else "")
        parts.append(f"{'!' if term.is_excluded else ''}({phrase})")
    return " & ".join(parts)


def states(conditions: Sequence[Condition]) -> list[sa.ColumnElement[bool]]:
    """The conditions of ``is:`` as the database knows them."""
    return [sa.not_(_state(each.value)) if each.is_excluded else _state(each.value) for each in conditions]


def _state(value: str) -> sa.ColumnElement[bool]:
    others: dict[str, sa.ColumnElement[bool]] = {
        # As their partial indexes say it, with nothing bound.
        "animated": Image.frames > sa.literal_column("1"),
        "duplicate": Image.duplicate_of.is_not(None),
        "decorative": Image.alt_status == sa.literal_column("'decorative'"),
        "private": Image.visibility == "private",
        "unlisted": Image.visibility == "unlisted",
        "public": Image.visibility == "public",
    }
    return others.get(value, Image.status == value)


def matched(image: Image | ListedImage, query: Query) -> Match | None:
    """The field of the image that holds most of what the query looks for; None for a query without words and tags."""
    wanted = [term for term in query.terms if not term.is_excluded]
    tags = {tag_word(tag.value) for tag in query.tags if not tag.is_excluded}
    if not wanted and not tags:
        return None
    best: Match | None = None
    most = 0
    for name, text in fields_of(image):
        words = words_of(text) if wanted else []
        hits = [hit for term in wanted if (hit := _hit(term, words)) is not None]
        is_tag = bool(tags) and name.endswith("tags") and tag_word(text) in tags
        if len(hits) + is_tag > most:
            most = len(hits) + is_tag
            best = Match(name, _snippet(text, min(hits)) if hits else text)
        if len(hits) == len(wanted) and not tags:
            break
    return best


def _hit(term: Term, words: Sequence[Word]) -> tuple[int, int] | None:
    """Where in the text the term stands first."""
    *head, tail = term.words
    length = len(term.words)
    for at in range(len(words) - length + 1):
        last = words[at + length - 1]
        if not (last.text.startswith(tail) if term.is_beginning else last.text == tail):
            continue
        if all(words[at + place].text == word for place, word in enumerate(head)):
            return words[at].start, last.end
    return None


def _snippet(text: str, hit: tuple[int, int]) -> str:
    """At most ``SNIPPET`` characters of the text with the hit in the middle of them, cut between words, on one line."""
    if len(text) <= SNIPPET:
        return " ".join(text.split())
    start = max(0, min((hit[0] + hit[1] - SNIPPET) // 2, len(text) - SNIPPET))
    start, end = min(start, hit[0]), min(start, hit[0]) + SNIPPET
    before, after = text[start : hit[0]], text[hit[0] : end]
    if start > 0:
        before = before.partition(" ")[2] if " " in before else before
    if end < len(text) and " " in after[hit[1] - hit[0] :]:
        after = after.rpartition(" ")[0]
    return ("…" if start > 0 else "") + " ".join((before + after).split()) + ("…" if end < len(text) else "")
