"""What Aizen's web servers stand on: a database, a queue, files on the disk, and two images that anybody may see.

One has its levels; those of the other are gone, so that all is made from its original.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import requests

from aizen.settings import Settings
from tests.faults.installation import free_port
from tests.services.postgres import Postgres
from tests.services.process import end, spawn
from tests.services.valkey import Valkey

if TYPE_CHECKING:
    from benchmarks.delivery.contenders import Wanted

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
LONGEST_WAIT_SECONDS = 60
# How many addresses of one image are asked for at once.
BATCH = 20
UNLIMITED = {f"RATE_LIMIT_{name}": "100000000 per hour" for name in ("TRANSFORM", "TRANSFORM_ADDRESS", "REGISTER", "UPLOAD")}


@dataclass(frozen=True)
class Installation:
    """Where the web servers find everything, and the images by whether they have levels. ``parts`` are PostgreSQL and Valkey."""

    environment: Mapping[str, str]
    media: Path
    parts: Mapping[str, Sequence[int]]
    images: Mapping[str, str]
    base_url: str
    headers: Mapping[str, str]

    def addresses(self, image_id: str, wanted: Sequence[Wanted]) -> dict[Wanted, str]:
        """The signed path of each, as ``POST /images/sign`` gives it."""
        found: dict[Wanted, str] = {}
        for form in sorted({each.format for each in wanted}):
            of_format = [each for each in wanted if each.format == form]
            for start in range(0, len(of_format), BATCH):
                some = of_format[start : start + BATCH]
                recipes = [f"w={each.width},h={each.height},fit=cover/q=80" for each in some]
                body = {"ids": [image_id], "recipes": recipes, "format": form}
                told = _told(requests.post(f"{self.base_url}/api/v1/images/sign", json=body, headers=self.headers, timeout=30))
                found |= {each: urlsplit(made["url"]).path for each, made in zip(some, told, strict=True)}
        return found


@contextmanager
def installed(picture: Path, folder: Path) -> Iterator[Installation]:
    """An installation with ``picture`` in it; a web server of its own signs its addresses, which is not measured."""
    with Postgres.from_environ() as postgres, Valkey(port=0) as valkey:
        environment = {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "SECRET_KEY": secrets.token_hex(32),
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": postgres.create_database("aizen_benchmark_delivery"),
            "REDIS_URL": valkey.url,
            "LOG_LEVEL": "WARNING",
            "PORT": str(free_port()),
            "WEB_PROCESSES": "1",
            **UNLIMITED,
        }
        subprocess.run([PROGRAMS / "flask", "--app", "wsgi", "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
        log = folder / "signing.log"
        web = spawn([PROGRAMS / "gunicorn", "wsgi:app"], dies_by=signal.SIGTERM, log=log, folder=ROOT, environment=environment)
        try:
            base_url = f"http://127.0.0.1:{environment['PORT']}"
            headers = _signed_in(base_url)
            images = _uploaded(base_url, headers, picture, environment, folder)
            with psycopg.connect(environment["DATABASE_URL"]) as database:
                database.execute("DELETE FROM variants WHERE role = 'mezzanine' AND image_id = %s", [images["original"]])
            yield Installation(
                environment=environment,
                media=Settings.from_environ(environment).media_root,
                parts={"postgres": [postgres.pid], "valkey": [valkey.pid]},
                images=images,
                base_url=base_url,
                headers=headers,
            )
        finally:
            end(web, by=signal.SIGTERM)


def _signed_in(base_url: str) -> dict[str, str]:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not _is_ready(base_url):
        if time.monotonic() > deadline:
            raise RuntimeError("the web server does not answer")
        time.sleep(0.05)
    account = {"email": "ada@example.org", "password": "a quiet river at nine"}
    told = _told(requests.post(f"{base_url}/api/v1/auth/register", json=account, timeout=30))
    return {"Authorization": f"Bearer {told['tokens']['access']}"}


def _is_ready(base_url: str) -> bool:
    try:
        return requests.get(f"{base_url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _uploaded(base_url: str, headers: Mapping[str, str], picture: Path, environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The ids of two images of ``picture``; a worker made their levels and has ended."""
    command: list[str | Path] = [sys.executable, ROOT / "rq_worker.py"]
    worker = spawn(command, dies_by=signal.SIGTERM, log=folder / "worker.log", folder=ROOT, environment=environment)
    try:
        return {name: _one_uploaded(base_url, headers, picture) for name in ("levels", "original")}
    finally:
        end(worker, by=signal.SIGTERM)


def _one_uploaded(base_url: str, headers: Mapping[str, str], picture: Path) -> str:
    files = {"image": (picture.name, picture.read_bytes())}
    image_id = str(
        _told(requests.post(f"{base_url}/api/v1/images", headers=headers, files=files, data={"describe": "false"}, timeout=60))["id"]
    )
    url = f"{base_url}/api/v1/images/{image_id}"
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while (status := _told(requests.get(f"{url}/status", headers={**headers, "Prefer": "wait=10"}, timeout=60))["status"]) != "ready":
        if status == "failed" or time.monotonic() > deadline:
            raise RuntimeError(f"the image is {status}")
    _told(requests.patch(url, headers=headers, json={"visibility": "public"}, timeout=30))
    return image_id


def _told(answer: requests.Response) -> Any:
    if not answer.ok:
        raise RuntimeError(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}")
    return answer.json()
