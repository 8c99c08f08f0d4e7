"""TLS belongs in front of Aizen. Whoever has gunicorn do it all the same is held up by no client either."""

from __future__ import annotations

import socket
import ssl
import sys
from pathlib import Path

import pytest

from tests.faults.gates import FOLDER_VARIABLE
from tests.faults.waiting import eventually
from tests.services.smtp import make_certificate
from tests.web.server import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc: TLS of our own is not checked")

# More than what kernels keep for a client that does not read.
LARGE = 40_000_000


class TlsServer(Server):
    """With a certificate of its own."""

    def __init__(self, folder: Path) -> None:
        self.certificate = make_certificate(folder)
        settings = {
            "GUNICORN_CMD_ARGS": f"--certfile={self.certificate} --keyfile={self.certificate}",
            "REQUEST_SECONDS": "0.5",
            FOLDER_VARIABLE: str(folder),
        }
        super().__init__(folder, application="tests.web.talking_web:app", **settings)

    def answers(self) -> bool:
        try:
            with self.connected():
                return True
        except OSError:
            return False

    def connected(self) -> ssl.SSLSocket:
        trusting = ssl.create_default_context(cafile=str(self.certificate))
        return trusting.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=15), server_hostname="127.0.0.1")


def test_a_client_that_does_not_receive_is_given_up_over_tls_as_well(tmp_path: Path) -> None:
    with TlsServer(tmp_path).running() as server, server.connected() as client:
        client.sendall(b"GET /talk/memory?size=%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % LARGE)
        eventually(
            lambda: any(line["message"] == "client does not receive" for line in server.lines()),
            what="the server gives the client up",
            story=server.story,
            seconds=10,
        )
        assert server.answer_to(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0] == 200
