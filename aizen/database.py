"""The database: one base class, one type for times, one way to write, one way to read, on PostgreSQL and SQLite alike."""

from __future__ import annotations

import os
import secrets
import select
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, CursorResult, Dialect, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import BigInteger, DateTime, Integer, TypeDecorator

from aizen.errors import OutOfSpace, Unavailable
from aizen.settings import Settings

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# In an index's ``info``: the one dialect that has it.
ONLY_ON = "aizen_only_on"
# serialization_failure and deadlock_detected, https://www.postgresql.org/docs/current/errcodes-appendix.html: both are to be tried again.
_UNDONE_FOR_ANOTHER = ("40001", "40P01")
_64_BITS = (1 << 64) - 1
SQLITE_BUSY_MILLISECONDS = 15000
# Of a connection that was used so short a time ago nobody asks whether its server lives: a busy process would before every transaction.
TRUSTED_SECONDS = 1.0
_USED = "aizen-used"
SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={SQLITE_BUSY_MILLISECONDS}")


def is_compared(dialect: str) -> Callable[..., bool]:
    """What Alembic holds the models against on that dialect: not the tables that FTS5 keeps for itself, nor another dialect's indexes."""

    def include_object(item: Any, name: str | None, kind: str, is_reflected: bool, _counterpart: Any) -> bool:  # noqa: FBT001 - Alembic's
        if kind == "table":
            return not str(name).startswith("search_index")
        return is_reflected or kind != "index" or item.info.get(ONLY_ON, dialect) == dialect

    return include_object


class Base(DeclarativeBase):
    """The parent of every model. Its constraints have names, and the names become domain errors."""

    metadata = sa.MetaData(naming_convention=NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time in Python; ``timestamptz`` on PostgreSQL, naive UTC text on SQLite. A naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("A time without a zone cannot be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class clock_ms(FunctionElement[int]):  # noqa: N801 - it reads as the SQL function that it is
    """The database's own clock in integer milliseconds since 1970: leases of many machines are compared by one clock."""

    type = BigInteger()
    inherit_cache = True


@compiles(clock_ms, "postgresql")
def _postgresql_clock(element: clock_ms, compiler: Any, **options: Any) -> str:
    return "(extract(epoch from clock_timestamp()) * 1000)::bigint"


@compiles(clock_ms, "sqlite")
def _sqlite_clock(element: clock_ms, compiler: Any, **options: Any) -> str:
    # unixepoch('subsec') is NULL on SQLite 3.40, so Julian days it is.
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


class hamming_distance(FunctionElement[int]):  # noqa: N801 - as above
    """In how many of their 64 bits two numbers differ."""

    type = Integer()
    inherit_cache = True


@compiles(hamming_distance, "postgresql")
def _postgresql_distance(element: hamming_distance, compiler: Any, **options: Any) -> str:
    one, other = (compiler.process(each, **options) for each in element.clauses)
    return f"bit_count(({one} # {other})::bit(64))"


@compiles(hamming_distance, "sqlite")
def _sqlite_distance(element: hamming_distance, compiler: Any, **options: Any) -> str:
    return f"hamming_distance({compiler.process(element.clauses, **options)})"


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def utc_now() -> datetime:
    """The current time, in microseconds as both engines keep them."""
    return datetime.now(UTC)


class _Moments:
    """Unix milliseconds, and 12 bits that count from a random number on (RFC 9562, 6.2, method 1): each is more than the last."""

    def __init__(self) -> None:
        self._last = 0
        self.begin_anew()

    def begin_anew(self) -> None:
        # Another thread may have held the lock when we were forked, and there is none in the child to let go of it.
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self._last = max((time.time_ns() // 1_000_000) << 12 | secrets.randbits(11), self._last + 1)
            return self._last


_moments = _Moments()


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): a moment, then 62 random bits, so that ids sort by the time of their making; those of one process strictly.

    Rows that are locked in the order of their ids are so in the order of their making, although it be within a millisecond.
    """
    moment = _moments.next()
    return uuid.UUID(int=(moment >> 12) << 80 | 0x7 << 76 | (moment & 0xFFF) << 64 | 0x2 << 62 | secrets.randbits(62))


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def _begin_anew() -> None:
    _moments.begin_anew()
    # A connection that two processes share would mix up their answers.
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_begin_anew)


def engine_options(settings: Settings) -> dict[str, Any]:
    """The options of the application's engine: small pools and short waits, so that a lost database is a quick 503."""
    if settings.uses_sqlite:
        return {"hide_parameters": True, "connect_args": {"timeout": 15, "check_same_thread": False}}
    return {
        # An error that nobody expected is logged, and must not take the row's content along: a password's hash, an address.
        "hide_parameters": True,
        "json_deserializer": orjson.loads,
        "pool_size": settings.database_pool_size,
        "max_overflow": settings.database_pool_size,
        "pool_timeout": settings.database_pool_seconds,
        "pool_recycle": 300,
        "connect_args": {
            # We begin our transactions ourselves: see prepare_engine.
            "autocommit": True,
            # The pooler of Neon (PgBouncer in transaction mode) keeps no prepared statement between transactions.
            "prepare_threshold": None,
            "connect_timeout": settings.database_connect_seconds,
            "tcp_user_timeout": 3000,
            "application_name": "aizen",
        },
    }


class _BoundedConnection(psycopg.Connection[Any]):
    """A connection that closes itself when its server leaves it without an answer.

    ``statement_timeout`` is kept by the server, which one that hangs does not do; libpq itself would wait for ever.
    """

    ping_seconds: float
    statement_seconds: float
    _is_pinged = False

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come from the server that nobody asked for: its farewell, most of all."""
        unread = select.poll()
        unread.register(self.fileno(), select.POLLIN)
        return not unread.poll(0)

    def ping(self) -> None:
        """The server has answered on this connection. Raises psycopg.Error where it does not, at once or within ``ping_seconds``."""
        self._is_pinged = True
        try:
            self.execute("SELECT 1")
        finally:
            self._is_pinged = False

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        patience = self.ping_seconds if self._is_pinged else self.statement_seconds
        try:
            return super().wait(gen, interval=interval, timeout=patience if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


def _bounded(settings: Settings) -> Callable[..., _BoundedConnection]:
    class Bounded(_BoundedConnection):
        ping_seconds = float(settings.database_connect_seconds)
        # The server's own time-out comes first, and tells more.
        statement_seconds = settings.database_statement_seconds + 1

    return Bounded.connect


def prepare_engine(engine: Engine, settings: Settings) -> None:
    """``engine`` begins its transactions as Aizen needs them, and is dropped in a forked child."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        milliseconds = int(settings.database_statement_seconds * 1000)

        def begin(connection: Connection) -> None:
            # SET LOCAL and not a start-up option: a transaction pooler would keep that one for other clients. Both in one go, which the
            # driver's own BEGIN would not be.
            connection.exec_driver_sql(f"BEGIN; SET LOCAL statement_timeout = {milliseconds}")

        event.listen(engine, "begin", begin)
        connect = _bounded(settings)
        event.listen(engine, "do_connect", lambda _dialect, _record, words, named: connect(*words, **named))
        event.listen(engine, "checkout", _require_alive)
        event.listen(engine, "checkin", _note_use)
    _engines.add(engine)


def _require_alive(connection: _BoundedConnection, record: Any, _proxy: object) -> None:
    """Nothing, where the connection was used a moment ago or answers now; else the pool makes it and all others anew."""
    used = record.info.get(_USED)
    if used is None or (time.monotonic() - used < TRUSTED_SECONDS and connection.is_silent):
        return
    try:
        connection.ping()
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def _note_use(_connection: object, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("hamming_distance", 2, _hamming_distance, deterministic=True)


def _hamming_distance(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else ((one ^ other) & _64_BITS).bit_count()


def _sqlite_begin(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot take the write lock any more once another has written.
    writes = connection.get_execution_options().get("aizen_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def transaction() -> Iterator[None]:
    """All that is written inside stands together, or nothing does; then the callbacks of ``after_commit`` run.

    Raises Unavailable where the database is out of reach, OutOfSpace where its disk is full.
    """
    session = db.session()
    if session.in_transaction():
        raise RuntimeError("A read was still open before this transaction: end it with reading().")
    callbacks: list[Callable[[], object]] = []
    session.info["after_commit"] = callbacks
    try:
        with translated_errors(), session.begin():
            session.connection(execution_options={"aizen_writes": True})
            yield
    except BaseException:
        callbacks.clear()
        session.expunge_all()
        raise
    finally:
        session.info.pop("after_commit", None)
    for callback in callbacks:
        callback()


def after_commit(callback: Callable[[], object]) -> None:
    """``callback`` runs once the open transaction stands, and never if it is undone."""
    db.session().info["after_commit"].append(callback)


@contextmanager
def impatient_transaction(seconds: float) -> Iterator[Connection]:
    """What is written inside stands on its own, apart from the session; it gives up where it would wait longer for a lock than that.

    For what may as well not be written. Raises the errors of SQLAlchemy as they are.
    """
    milliseconds = max(1, int(seconds * 1000))
    writing = db.engine.connect().execution_options(aizen_writes=True)
    with writing as connection, _sqlite_patience(connection, milliseconds), connection.begin():
        if connection.dialect.name != "sqlite":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
        yield connection


@contextmanager
def _sqlite_patience(connection: Connection, milliseconds: int) -> Iterator[None]:
    """On SQLite the connection waits so long for others that write. It had better not have begun: BEGIN IMMEDIATE is what waits."""
    driver: Any = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
    if driver is None:
        yield
        return
    driver.execute(f"PRAGMA busy_timeout={milliseconds}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MILLISECONDS}")


@contextmanager
def reading() -> Iterator[None]:
    """What is read inside comes from one short transaction, which has ended when the block has: no connection is kept."""
    session = db.session()
    if session.in_transaction():
        yield
        return
    with translated_errors(), session.begin():
        yield


def upsert(table: type[Base]) -> Any:
    """An INSERT into ``table`` that can say what happens ON CONFLICT, which SQLAlchemy has for each database by itself."""
    return (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(table)


def changed_rows(statement: sa.UpdateBase, values: Mapping[str, Any] | None = None) -> int:
    """How many rows the statement, with ``values`` for its parameters, has changed in the open transaction."""
    result = db.session.execute(statement, values, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount


@contextmanager
def translated_errors() -> Iterator[None]:
    """The database's outages leave this block as ours; a broken constraint stays what it is, for the domain to name."""
    try:
        yield
    except IntegrityError:
        raise
    except PoolTimeout as error:
        raise Unavailable("The database is busy. Try again shortly.", code="database_busy") from error
    except (OperationalError, InterfaceError) as error:
        if "disk is full" in str(error.orig) or type(error.orig).__name__ == "DiskFull":
            raise OutOfSpace("The database has no space left.") from error
        if "no such " in str(error.orig):
            # SQLite's word for a table or column that a migration should have made: no outage, and it does not pass.
            raise
        if getattr(error.orig, "sqlstate", None) in _UNDONE_FOR_ANOTHER:
            detail = "Another request was in the way of this one. Nothing was changed. Try again."
            raise Unavailable(detail, code="database_conflict", retry_after=1) from error
        raise Unavailable("The database is out of reach. Try again shortly.", code="database_unavailable") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("The database is out of reach. Try again shortly.", code="database_unavailable") from error
        raise


@cache
def _revisions() -> tuple[str, frozenset[str]]:
    # From the names of their files, which begin with it: Alembic, asked for this alone, would be 8 MiB of every process that serves.
    folder = Path(__file__).resolve().parents[1] / "migrations" / "versions"
    known = frozenset(file.name.partition("_")[0] for file in folder.glob("[0-9]*_*.py"))
    return max(known), known


def is_migrated() -> bool:
    """Whether the database has every table and column that this version of Aizen knows.

    One that a newer version has migrated is: its own processes are on their way, and this one works until they are there.
    """
    head, known = _revisions()
    with reading():
        if not sa.inspect(db.session.connection()).has_table("alembic_version"):
            return False
        found = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found == head or (found is not None and found not in known)


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint that ``error`` is about; SQLite tells columns, from which the name follows."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None and diagnostics.constraint_name:
        return str(diagnostics.constraint_name)
    message = str(error.orig)
    _, _, columns = message.partition("UNIQUE constraint failed: ")
    if columns:
        table = columns.split(".", 1)[0]
        names = "_".join(column.strip().split(".", 1)[1] for column in columns.split(","))
        return f"uq_{table}_{names}"
    return message.rpartition(": ")[2]
