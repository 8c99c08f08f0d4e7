"""A million images of one owner in PostgreSQL, with the search documents that Aizen itself would write.

A few thousand sets of texts are written in Python, indexed by Aizen's own code, and dealt out to the rows in SQL. What is rare is put into
single rows.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg.types.json import Json
from sqlalchemy.dialects.postgresql import TSVECTOR

from aizen.database import db
from aizen.images import documents
from aizen.images.models import Image, SearchDocument

TEXTS = 4000
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
APART = timedelta(minutes=3)
# How many of the newest and the oldest images have variants: more than the pages that are looked at.
SHOWN = 3000
_SYLLABLES = ("ka", "lo", "mi", "ren", "ta", "vu", "so", "pel", "dor", "in", "gra", "shi", "bo", "ne", "wal", "qui")
_POSTGRESQL = sa.make_url("postgresql+psycopg://").get_dialect()()
_WORDS: Any = sa.inspect(SearchDocument).columns["words"].type
# Not in ASCII, so that some words are folded.
_PLACES = ("Zürich", "Malmö", "Orléans", "Kraków", "São Paulo", "Genève", "Århus", "Łódź")


@dataclass(frozen=True)
class Shelf:
    """Who owns the million images, who owns fifty, and how many the first has."""

    owner_id: uuid.UUID
    other_id: uuid.UUID
    images: int

    def moment(self, number: int) -> datetime:
        """When image ``number`` of the million was uploaded; the newest has the highest number."""
        return FIRST + number * APART


def fill(url: str, shelf: Shelf) -> None:
    """Both owners' images, documents and variants are there, the planner's statistics too. Needs a superuser: no foreign key is checked."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '512MB'")
        definitions = _take_indexes_away(connection)
        _write_texts(connection, shelf)
        for owner_id, first, last in ((shelf.owner_id, 1, shelf.images), (shelf.other_id, shelf.images + 1, shelf.images + 50)):
            word = f"'{documents.owner_word(owner_id)}':1"
            values = {"owner": owner_id, "owner_word": word, "first": first, "last": last, "half": shelf.images // 2}
            connection.execute(_ROWS, {**values, "texts": TEXTS, "start": FIRST})
        for definition in definitions:
            connection.execute(cast(Any, definition))
        connection.execute(_VARIANTS, {"owner": shelf.owner_id, "shown": SHOWN})
        connection.execute("DROP TABLE texts")
        connection.execute("VACUUM ANALYZE")


def check(shelf: Shelf, *, sample: int = 300) -> None:
    """Raises RuntimeError unless documents of a sample are those which ``search.add`` would have written."""
    chosen = random.Random(1).sample(range(1, shelf.images + 1), sample)
    moments = [shelf.moment(number) for number in (1, 2, 3, *chosen)]
    images = db.session.scalars(sa.select(Image).where(Image.created_at.in_(moments))).all()
    if len(images) < sample:
        raise RuntimeError(f"only {len(images)} images of {sample} are there")
    for image in images:
        words = _WORDS.process_bind_param(documents.document_of(image), _POSTGRESQL)
        same = sa.select(SearchDocument.id).where(
            SearchDocument.image_id == image.id,
            SearchDocument.owner_id == image.owner_id,
            sa.cast(SearchDocument.words, sa.Text) == sa.cast(sa.cast(words, TSVECTOR), sa.Text),
        )
        if db.session.scalar(same) != documents.place_of(image.created_at, image.id):
            raise RuntimeError(f"the document of {image.created_at} is not what Aizen writes")
    db.session.rollback()


def _take_indexes_away(connection: psycopg.Connection[Any]) -> list[str]:
    """The indexes which are no constraint are gone, to be made anew of all rows at once; their definitions are answered."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('images', 'search_documents') AND indexname LIKE 'ix_%%'"
    ).fetchall()
    for name, _ in found:
        connection.execute(cast(Any, f"DROP INDEX {name}"))
    return [definition for _, definition in found]


def _write_texts(connection: psycopg.Connection[Any], shelf: Shelf) -> None:
    """Two tables of texts with their documents: for the older half of the rows and for the newer. The owner's word is left out."""
    connection.execute("CREATE TABLE texts (number int PRIMARY KEY, is_old bool, image json, words tsvector)")
    with connection.cursor().copy("COPY texts FROM STDIN") as copy:
        copy.set_types(["int4", "bool", "json", "text"])
        for number, is_old, fields in _texts():
            words = documents.document_of(Image(**fields, owner_id=shelf.owner_id))
            # Without the last field, the file's name, which each row has for itself: three words and the gap behind them.
            document = _WORDS.process_bind_param(words[1:-4], _POSTGRESQL)
            copy.write_row((number, is_old, Json(fields), document))


def _texts() -> Iterator[tuple[int, bool, dict[str, Any]]]:
    chance = random.Random(20)
    vocabulary = ["".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3, 4)))) for _ in range(8000)]
    # As often as words are: the hundredth a hundredth as often as the first (Zipf).
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(vocabulary))))

    def words(count: int) -> list[str]:
        return chance.choices(vocabulary, cum_weights=weights, k=count)

    for number in range(2 * TEXTS):
        is_old = number < TEXTS
        common = ["photo", "harbour" if number % 2 else "desert"]
        middling = ["otter"] if number % 100 == 7 else []
        phrase = ["calm", "lake"] if number % 3 == 0 else ["lake", "so", "calm"]
        yield (
            number,
            is_old,
            {
                "title": " ".join([*common, *words(3)]).capitalize(),
                "alt": " ".join(words(7)),
                "description": " ".join([*words(6), "analogue" if is_old else "digital", *words(5), *middling, *words(3), *phrase]) + ".",
                "tags": [*words(2), f"trip {number % 50}", chance.choice(_PLACES)],
                "ai_description": " ".join([*words(10), "by", chance.choice(_PLACES), *words(8)]),
                "ai_alt": " ".join(words(6)),
                "ai_tags": [" ".join(words(chance.choice((1, 1, 2)))) for _ in range(8)],
                "file_name": "img_0.jpg",
            },
        )


# Each row's texts by chance, a UUID as new_id makes them, and the document as it would be with owner and file name around the text's own.
# Four rows in a million each are in another state than all others.
_ROWS = """
WITH rows AS (
  SELECT n, %(start)s::timestamptz + n * interval '3 minutes' AS created_at, md5(n::text) AS random,
         CASE WHEN n %% 200000 = 77 THEN '_axolotl' ELSE '' END AS rarity,
         abs(hashint4(n)::bigint) %% %(texts)s + CASE WHEN n <= %(half)s THEN 0 ELSE %(texts)s END AS text
  FROM generate_series(%(first)s::int, %(last)s::int) AS n
), named AS MATERIALIZED (
  SELECT *, 'img_' || n || rarity || '.jpg' AS file_name,
         (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0') || '7' || substr(random, 1, 3) || '8'
         || substr(random, 4, 15))::uuid AS id
  FROM rows
), documents AS (
  INSERT INTO search_documents (id, image_id, owner_id, words)
  SELECT ((extract(epoch FROM created_at) * 1000000)::bigint << 10) + (('x' || substr(random, 16, 3))::bit(12)::int & 1023),
         id, %(owner)s,
         %(owner_word)s::tsvector || words || CASE WHEN rarity = '' THEN format('''img'':3 ''%%s'':4 ''jpg'':5', n)
         ELSE format('''img'':3 ''%%s'':4 ''axolotl'':5 ''jpg'':6', n) END::tsvector
  FROM named JOIN texts ON texts.number = named.text
)
INSERT INTO images (id, owner_id, version, status, source, visibility, title, description, alt, alt_status, tags, key, file_name, format,
  media_type, width, height, frames, has_alpha, bytes, sha256, thumbhash, dominant_color, duplicate_of, ai_status, ai_description, ai_alt,
  ai_tags, ai_provider, ai_model, created_at, updated_at)
SELECT id, %(owner)s, 3, CASE WHEN n %% 250000 = 11 THEN 'failed' ELSE 'ready' END, CASE WHEN n %% 250000 = 12 THEN 'url' ELSE 'upload' END,
  CASE WHEN n %% 250000 = 13 THEN 'unlisted' ELSE 'private' END, image->>'title', image->>'description', image->>'alt', 'approved',
  image->'tags', 'originals/' || id || '.jpg', file_name, 'jpeg', 'image/jpeg', 4032, 3024, 1, false, 2400000 + n, random || random,
  '3OcRJYB4d3h/iIeHeEh3eIhw+j2w', '#5f6f7f', CASE WHEN n %% 250000 = 14 THEN id END, 'done', image->>'ai_description', image->>'ai_alt',
  image->'ai_tags', 'gemini', 'gemini-2.5-flash', created_at, created_at
FROM named JOIN texts ON texts.number = named.text
"""
_VARIANTS = """
INSERT INTO variants (id, image_id, name, role, key, format, media_type, width, height, bytes)
SELECT gen_random_uuid(), shown.id, width || '.' || format, 'variant', 'variants/' || shown.id || '/' || width || '.' || format, format,
       'image/' || format, width, width * 3 / 4, width * 90
FROM (
  (SELECT id FROM images WHERE owner_id = %(owner)s ORDER BY created_at DESC, id DESC LIMIT %(shown)s)
  UNION (SELECT id FROM images WHERE owner_id = %(owner)s ORDER BY created_at, id LIMIT %(shown)s)
) AS shown, (VALUES (320, 'webp'), (320, 'jpeg'), (1280, 'webp')) AS made (width, format)
"""
