"""A wire between a client and a server on the loopback, which a test can cut, refuse or leave dead."""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Literal, Self

Behaviour = Literal["pass", "refuse", "hang", "reset half-way", "lose the answer"]
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: close sends RST


@dataclass
class Proxy:
    """Passes connections to ``target`` on, as ``behaviour`` has it at the moment when they are made.

    - ``refuse``: closed at once with a reset; ``hang``: accepted, and nothing comes back;
    - ``reset half-way``: cut after ``bytes_before_reset`` bytes of the client;
    - ``lose the answer``: the request arrives, and the connection is cut where the answer should come.
    """

    target: tuple[str, int]
    behaviour: Behaviour = "pass"
    bytes_before_reset: int = 2000
    _listening: socket.socket = field(default_factory=socket.socket)
    _open: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        # shutdown wakes the accepting thread, which close alone does not.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def behave(self, behaviour: Behaviour) -> None:
        """Connections of now are cut; those to come get the behaviour."""
        self.behaviour = behaviour
        self.cut()

    def cut(self) -> None:
        """Every connection has been reset."""
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client, self.behaviour), daemon=True).start()

    def _serve(self, client: socket.socket, behaviour: Behaviour) -> None:
        with closing(client), suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._open.append(client)
            if behaviour == "refuse":
                return
            if behaviour == "hang":
                while client.recv(64 * 1024):
                    pass
                return
            with socket.create_connection(self.target) as server:
                self._open.append(server)
                self._pass(client, server, behaviour)

    def _pass(self, client: socket.socket, server: socket.socket, behaviour: Behaviour) -> None:
        passed = 0
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for source, target in ((client, server), (server, client)):
                if source not in ready:
                    continue
                piece = source.recv(16 * 1024)
                # "100 Continue" is not yet the answer that is lost.
                if source is server and behaviour == "lose the answer" and not piece.startswith(b"HTTP/1.1 100"):
                    return
                if not piece:
                    return
                target.sendall(piece)
                passed += len(piece) if source is client else 0
                if behaviour == "reset half-way" and passed > self.bytes_before_reset:
                    return
