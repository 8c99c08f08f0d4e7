"""A loopback server that misbehaves as a real S3 service cannot be made to."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

Behaviour = Callable[[socket.socket, threading.Event], None]


class StandIn:
    """Reads the head of each request into ``heads``, then does what it was told with the connection."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.heads: list[str] = []
        self._behaviour = behaviour
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.settimeout(10)
            self._threads.append(threading.Thread(target=self._serve, args=[connection]))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    head += piece
                self.heads.append(head.decode("latin-1"))
                self._behaviour(connection, self._over)
            except OSError:
                pass  # the client has had enough


def says(status: int, code: str) -> Behaviour:
    """An S3 error with that HTTP status and that code."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message></Error>'.encode()

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 %d No\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body)

    return behave


def babbles(connection: socket.socket, over: threading.Event) -> None:
    """A success that is not S3's at all, as a captive portal gives."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\nConnection: close\r\n\r\n<html>sign in</html")


def resets(connection: socket.socket, over: threading.Event) -> None:
    """The connection breaks before an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets_half_way(connection: socket.socket, over: threading.Event) -> None:
    """The connection breaks in the middle of the object."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(50_000))
    resets(connection, over)


def ends_half_way(connection: socket.socket, over: threading.Event) -> None:
    """The connection is closed, in all order, in the middle of the object."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(50_000))


def hangs(connection: socket.socket, over: threading.Event) -> None:
    """Nothing comes, and nothing ends."""
    over.wait()


def hangs_half_way(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(50_000))
    over.wait()


def dawdles(connection: socket.socket, over: threading.Event) -> None:
    """An endless object, never silent for longer than a tenth of a second."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while not over.wait(0.1):
        connection.sendall(bytes(16 * 1024))


def takes_in_slowly(connection: socket.socket, over: threading.Event) -> None:
    """An upload that goes on and on, a little at a time."""
    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while not over.wait(0.05):
        if not connection.recv(16 * 1024):
            return
