"""A real nginx, as it is installed on the machine."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.services.process import end, spawn, wait_until

# The configuration of docs/nginx.conf names this user, and these places.
DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "nginx.conf"


def program() -> str | None:
    """Where nginx lies; Debian has it where only root looks."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


class Nginx:
    """nginx runs with a configuration inside ``with``. Everything that it writes is below ``folder``, which is made."""

    def __init__(self, folder: Path, configuration: str, *, port: int, processes: int = 1) -> None:
        """``configuration`` is a whole one as docs/nginx.conf is, with its user, its places and its ``worker_processes auto``."""
        self._folder, self._port = folder, port
        folder.mkdir()
        self._file = folder / "nginx.conf"
        self._file.write_text(_below(folder, configuration, processes=processes), encoding="utf-8")

    def __enter__(self) -> Self:
        found = program()
        assert found is not None, "nginx is not installed"
        log = self._folder / "log"
        command: list[str | Path] = [found, "-p", self._folder, "-c", self._file, "-e", self._folder / "error.log", "-g", "daemon off;"]
        self._process = spawn(command, dies_by=signal.SIGTERM, log=log, folder=self._folder, environment={"PATH": os.defpath})
        wait_until(self._listens, process=self._process, log=log)
        return self

    def __exit__(self, *exception: object) -> None:
        end(self._process, by=signal.SIGTERM)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


def documented(*, port: int, plain_port: int, application_port: int, media: Path) -> str:
    """docs/nginx.conf with other ports and another folder of pictures."""
    changes = {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{application_port};",
        # What only says that TLS is wanted has no port here, and TLS no certificate.
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "        listen 443 ssl http2;": f"        listen 127.0.0.1:{port};",
        "ssl_certificate     /etc/letsencrypt/live/images.example.org/fullchain.pem;": "",
        "ssl_certificate_key /etc/letsencrypt/live/images.example.org/privkey.pem;": "",
        "alias /srv/aizen/media/;": f"alias {media}/;",
    }
    return _replaced(DOCUMENTED.read_text(encoding="utf-8"), changes)


def _below(folder: Path, configuration: str, *, processes: int) -> str:
    """The configuration for whoever we are: with our own user, and without a place outside ``folder``."""
    temporary = "".join(f"    {kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    changes = {
        "user aizen;": f"user {pwd.getpwuid(os.getuid()).pw_name};",
        "worker_processes auto;": f"worker_processes {processes};",
        "error_log /var/log/nginx/error.log": f"error_log {folder / 'error.log'}",
        "pid /run/nginx.pid;": f"pid {folder / 'pid'};",
        "http {\n": f"http {{\n{temporary}",
    }
    return _replaced(configuration, changes)


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    """Each of them stands there once."""
    for written, meant in changes.items():
        assert text.count(written) == 1, written
        text = text.replace(written, meant)
    return text
