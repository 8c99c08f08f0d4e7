"""The contenders as services: processes, an address, and the paths of pictures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.delivery.installation import ROOT, Installation
from benchmarks.installing import node_with, python_with
from benchmarks.processes import cpu_seconds, mebibytes
from tests.faults.installation import free_port
from tests.services.nginx import Nginx, documented
from tests.services.process import end, spawn

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / "peers" / "delivery"
PROGRAMS = Path(sys.executable).parent
QUALITY = 80
WORKERS = 2
LONGEST_START_SECONDS = 30
# thumbor's documentation has file loader, file storage of results and signed addresses among what production wants. That it makes baseline
# JPEGs is so that all make the same; by itself it makes progressive ones.
THUMBOR = """
SECURITY_KEY = {key!r}
ALLOW_UNSAFE_URL = False
LOADER = 'thumbor.loaders.file_loader'
FILE_LOADER_ROOT_PATH = {pictures!r}
STORAGE = 'thumbor.storages.no_storage'
RESULT_STORAGE = 'thumbor.result_storages.file_storage'
RESULT_STORAGE_FILE_STORAGE_ROOT_PATH = {results!r}
RESULT_STORAGE_EXPIRATION_SECONDS = 0
QUALITY = {quality}
WEBP_QUALITY = {quality}
PROGRESSIVE_JPEG = False
"""
# In the form of docs/nginx.conf.
BALANCER = """
user aizen;
worker_processes auto;
error_log /var/log/nginx/error.log warn;
pid /run/nginx.pid;
events {{
    worker_connections 1024;
}}
http {{
    access_log off;
    sendfile on;
    upstream service {{
{servers}
        keepalive 32;
    }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://service;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Wanted:
    """A picture that covers ``width`` × ``height`` pixels, in that format."""

    width: int
    height: int
    format: str


@dataclass(frozen=True)
class Contender:
    """A service at ``base_url``. ``parts`` are its processes by what they are, and ``path`` has where it has a picture."""

    name: str
    base_url: str
    parts: Mapping[str, Sequence[int]]
    path: Callable[[Wanted], str]
    # Aizen signs a batch of addresses at once.
    prepare: Callable[[Sequence[Wanted]], None] = field(default=lambda _wanted: None)

    def cpu_seconds(self) -> dict[str, float]:
        """Of each part so far."""
        return {part: sum(map(cpu_seconds, pids)) for part, pids in self.parts.items()}

    def mebibytes(self) -> float:
        """Of the service itself, without what stands before and behind it."""
        return sum(mebibytes(pid, "Pss") for pid in self.parts["service"])


@contextmanager
def aizen(installation: Installation, image_id: str, *, name: str, proxied: bool, folder: Path, **settings: str) -> Iterator[Contender]:
    """Two processes of gunicorn; ``proxied`` behind nginx with docs/nginx.conf, which sends the files."""
    port = free_port()
    environment = {**installation.environment, "PORT": str(port), "WEB_PROCESSES": str(WORKERS), **settings}
    if proxied:
        environment |= {"TRUSTED_PROXIES": "1", "X_ACCEL_REDIRECT": "/protected/"}
    with ExitStack() as stack:
        gunicorn = stack.enter_context(running([PROGRAMS / "gunicorn", "wsgi:app"], environment, log=folder / f"{name}.log"))
        base_url, parts = f"http://127.0.0.1:{port}", {"service": [gunicorn], **installation.parts}
        _wait_for(f"{base_url}/readyz")
        if proxied:
            front = free_port()
            configuration = documented(port=front, plain_port=free_port(), application_port=port, media=installation.media)
            nginx = stack.enter_context(Nginx(folder / f"nginx-{name}", configuration, port=front))
            base_url, parts = nginx.base_url, {**parts, "nginx": [nginx.pid]}
        addresses: dict[Wanted, str] = {}

        def prepare(wanted: Sequence[Wanted]) -> None:
            addresses.update(installation.addresses(image_id, [each for each in wanted if each not in addresses]))

        yield Contender(name, base_url, parts, addresses.__getitem__, prepare)


def of_another(contender: Contender, installation: Installation, image_id: str, name: str) -> Contender:
    """The same service, asked for another image."""
    addresses: dict[Wanted, str] = {}

    def prepare(wanted: Sequence[Wanted]) -> None:
        addresses.update(installation.addresses(image_id, [each for each in wanted if each not in addresses]))

    return replace(contender, name=name, path=addresses.__getitem__, prepare=prepare)


@contextmanager
def thumbor(picture: Path, folder: Path) -> Iterator[Contender]:
    """Two processes of thumbor behind a balancer, which share the folder of their results."""
    # Linters and type checkers pass over a folder whose name begins with a dot.
    python = python_with(HERE / "requirements.txt", PEERS / ".venv")
    key = secrets.token_hex(32)
    pictures, results = _only(picture, folder / "thumbor-pictures"), folder / "thumbor-results"
    file = folder / "thumbor.conf"
    file.write_text(THUMBOR.format(key=key, pictures=str(pictures), results=str(results), quality=QUALITY), encoding="utf-8")
    ports = [free_port() for _ in range(WORKERS)]

    def path(wanted: Wanted) -> str:
        filters = "filters:format(webp)/" if wanted.format == "webp" else ""
        url = f"{wanted.width}x{wanted.height}/{filters}{picture.name}"
        return f"/{base64.urlsafe_b64encode(hmac.digest(key.encode(), url.encode(), hashlib.sha1)).decode()}/{url}"

    with ExitStack() as stack:
        service = []
        for port in ports:
            command: list[str | Path] = [python, "-m", "thumbor.server", "-p", str(port), "-i", "127.0.0.1", "-c", file]
            service.append(stack.enter_context(running(command, _bare(folder), log=folder / f"thumbor-{port}.log")))
        for port in ports:
            _wait_for(f"http://127.0.0.1:{port}/healthcheck")
        balancer = stack.enter_context(_balancer(ports, folder / "nginx-thumbor"))
        yield Contender("thumbor", balancer.base_url, {"service": service, "nginx": [balancer.pid]}, path)


@contextmanager
def ipx(picture: Path, folder: Path) -> Iterator[Contender | None]:
    """Two processes of Node's cluster behind the same proxy as the others; None where there is no Node."""
    command = node_with(HERE / "package.json", HERE / "ipx_server.cjs", PEERS / "node")
    if command is None:
        yield None
        return
    port = free_port()
    pictures = _only(picture, folder / "ipx-pictures")
    environment = {**_bare(folder), "NODE_ENV": "production"}
    with ExitStack() as stack:
        service = stack.enter_context(running([*command, str(port), str(WORKERS), pictures], environment, log=folder / "ipx.log"))
        _wait_for(f"http://127.0.0.1:{port}/w_16/{picture.name}")
        balancer = stack.enter_context(_balancer([port], folder / "nginx-ipx"))

        def path(wanted: Wanted) -> str:
            return f"/f_{wanted.format},q_{QUALITY},s_{wanted.width}x{wanted.height}/{picture.name}"

        yield Contender("ipx", balancer.base_url, {"service": [service], "nginx": [balancer.pid]}, path)


@contextmanager
def running(command: Sequence[str | Path], environment: Mapping[str, str], *, log: Path) -> Iterator[int]:
    """The id of a process that runs; when something goes wrong, the end of its log is shown."""
    process = spawn(command, dies_by=signal.SIGTERM, log=log, folder=ROOT, environment=environment)
    try:
        yield process.pid
    except Exception:
        print(log.read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        end(process, by=signal.SIGTERM)


def _only(picture: Path, folder: Path) -> Path:
    """A folder that has the picture alone."""
    folder.mkdir()
    copy = Path(shutil.copy(picture, folder))
    # ipx answers 304 by the day of the file, and takes one with a fraction of a second for newer than what it said itself.
    os.utime(copy, (int(copy.stat().st_mtime),) * 2)
    return folder


def _bare(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)}


def _balancer(ports: Sequence[int], folder: Path) -> Nginx:
    port = free_port()
    servers = "\n".join(f"        server 127.0.0.1:{each};" for each in ports)
    return Nginx(folder, BALANCER.format(servers=servers, port=port), port=port)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    command = [sys.executable, "-c", f"import urllib.request; urllib.request.urlopen({url!r}, timeout=5)"]
    while subprocess.run(command, capture_output=True, check=False).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{url} does not answer")
