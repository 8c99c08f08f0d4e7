"""Sentry's place for envelopes, played by a server on the loopback: it keeps what it is sent, or hangs."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli

from tests.faults.waiting import eventually

# The SDK packs by the best that is installed.
READERS = {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}


class Sentry:
    """``with Sentry() as sentry``: processes report to ``sentry.dsn``. ``hangs`` makes it accept everything and answer nothing; it
    takes ``seconds`` for each answer.
    """

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.seconds = 0.0
        self.hangs = threading.Event()
        self.ended = threading.Event()
        sentry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sentry.raw.append(READERS[self.headers.get("Content-Encoding", "")](body))
                sentry.ended.wait(60 if sentry.hangs.is_set() else sentry.seconds)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_arguments: object) -> None:
                """Nothing is said."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def dsn(self) -> str:
        return f"http://quiet-key@127.0.0.1:{self._server.server_address[1]}/7"

    def __enter__(self) -> Sentry:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Nothing has come, and each answer is there at once."""
        self.raw.clear()
        self.seconds = 0.0

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that came: an envelope is lines of JSON, its third the event."""
        return [json.loads(each.split(b"\n")[2]) for each in self.raw]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        eventually(lambda: len(self.raw) >= count, what=f"{count} envelopes come", seconds=20, story=lambda: repr(self.events))
        return self.events
