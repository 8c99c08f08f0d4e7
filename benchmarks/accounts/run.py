"""Benchmark P13: what one password hash costs, a sign-in through a real web server, and a request of somebody who is signed in.

    python benchmarks/accounts/run.py [--rounds 15]

Prints a table and writes benchmarks/results/accounts.json. Django is installed into benchmarks/peers/accounts/ at the first run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import requests

from benchmarks.accounts.hashing import HASHERS
from benchmarks.installing import python_with
from benchmarks.recording import at_most, beside, record
from tests.faults.installation import FLASK, free_port
from tests.faults.parts import family_of
from tests.services.postgres import Postgres
from tests.services.process import end, spawn
from tests.services.valkey import Valkey

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEER = HERE.parent / "peers" / "accounts" / ".venv"
TICKS = os.sysconf("SC_CLK_TCK")
EMAIL, PASSWORD = "ada@example.org", "quiet lake at dawn"
THREADS = 4
# What is in flight at once, and in one round of each contender.
CLIENTS, LOGINS, REQUESTS = 4, 16, 200

CONTENDERS = {
    "aizen": "Aizen: argon2id 19 MiB, 2 passes; throttles in Valkey, a session row, two signed tokens",
    "django": "Django 5.2, contrib.auth with its default hasher (PBKDF2), a session row",
    "django_same": "the same with argon2id of Aizen's parameters: the hash costs alike",
}


@dataclass
class Contender:
    """A web server of one process with some threads."""

    base_url: str
    server: subprocess.Popen[bytes]
    login_path: str
    info_path: str
    logins: list[float] = field(default_factory=list)
    infos: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def sign_in(self) -> requests.Session:
        """A client that is signed in from now on."""
        client = requests.Session()
        answer = client.post(f"{self.base_url}{self.login_path}", json={"email": EMAIL, "password": PASSWORD}, timeout=30)
        answer.raise_for_status()
        if "access" in answer.json():
            client.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        return client

    def round(self, client: requests.Session) -> None:
        """One more measurement of each kind has been noted."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            used, started = self._cpu_seconds(), time.perf_counter()
            for _ in pool.map(lambda _number: self.sign_in().close(), range(LOGINS)):
                pass
            self.rates.append(LOGINS / (time.perf_counter() - started))
            self.logins.append((self._cpu_seconds() - used) / LOGINS * 1000)
        used = self._cpu_seconds()
        for _ in range(REQUESTS):
            client.get(f"{self.base_url}{self.info_path}", timeout=30).raise_for_status()
        self.infos.append((self._cpu_seconds() - used) / REQUESTS * 1000)

    def _cpu_seconds(self) -> float:
        """User and system time of the server so far, with its children."""
        used = 0
        for pid in family_of(self.server.pid):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / TICKS


def main() -> None:
    parser = argparse.ArgumentParser(description="Password hashes, sign-ins and signed-in requests, against Django")
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each contender, taking turns")
    rounds = parser.parse_args().rounds
    hashes = {name: _hash_cost(name) for name in HASHERS}
    with ExitStack() as stack:
        contenders = _opened(stack)
        clients = {name: stack.enter_context(each.sign_in()) for name, each in contenders.items()}
        for name, each in contenders.items():
            each.round(clients[name])
            each.logins, each.infos, each.rates = [], [], []
        for _ in range(rounds):
            for name, each in contenders.items():
                each.round(clients[name])
    _record(hashes, contenders)


def _hash_cost(name: str) -> dict[str, Any]:
    python = python_with(HERE / "requirements.txt", PEER) if name.startswith("django") else Path(sys.executable)
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    told = subprocess.run([str(python), str(HERE / "hashing.py"), name], env=environment, check=True, capture_output=True, text=True)
    return dict(json.loads(told.stdout))


def _opened(stack: ExitStack) -> dict[str, Contender]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aizen-benchmark-")))
    postgres = stack.enter_context(Postgres.from_environ())
    valkey = stack.enter_context(Valkey(port=0))
    opened = {"aizen": stack.enter_context(_aizen(postgres.create_database("aizen_benchmark_accounts"), valkey.url, folder))}
    for name, hasher in (("django", "pbkdf2"), ("django_same", "same")):
        opened[name] = stack.enter_context(_django(postgres.create_database(f"benchmark_{name}"), hasher, folder / f"{name}.log"))
    return opened


@contextmanager
def _aizen(database_url: str, redis_url: str, folder: Path) -> Iterator[Contender]:
    port = free_port()
    changes = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "DATA_DIR": str(folder / "data"), "LOG_LEVEL": "ERROR"}
    changes |= {
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "WEB_PROCESSES": "1",
        "WEB_THREADS": str(THREADS),
        "SECRET_KEY": uuid.uuid4().hex * 2,
    }
    changes |= {f"RATE_LIMIT_{name}": "1000000 per hour" for name in ("REGISTER", "LOGIN", "ACCOUNT", "REFRESH")}
    environment = {**os.environ, **changes}
    subprocess.run([*FLASK, "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
    command = [str(Path(sys.executable).parent / "gunicorn"), "wsgi:app"]
    with _served(command, port=port, environment=environment, place=ROOT, log=folder / "aizen.log") as server:
        base = f"http://127.0.0.1:{port}/api/v1"
        requests.post(f"{base}/auth/register", json={"email": EMAIL, "password": PASSWORD}, timeout=30).raise_for_status()
        yield Contender(base, server, "/auth/login", "/user/info")


@contextmanager
def _django(database_url: str, hasher: str, log: Path) -> Iterator[Contender]:
    port, python = free_port(), python_with(HERE / "requirements.txt", PEER)
    environment = {"PATH": os.defpath, "DATABASE_URL": database_url, "SECRET_KEY": uuid.uuid4().hex, "PASSWORD_HASHER": hasher}
    environment["PYTHONPATH"] = str(HERE)
    subprocess.run([str(python), "django_service.py", EMAIL, PASSWORD], cwd=HERE, env=environment, check=True)
    command = [
        str(python),
        "-m",
        "gunicorn",
        "django_service:application",
        "--workers=1",
        f"--threads={THREADS}",
        f"--bind=127.0.0.1:{port}",
    ]
    with _served([*command, "--no-control-socket"], port=port, environment=environment, place=HERE, log=log) as server:
        yield Contender(f"http://127.0.0.1:{port}", server, "/login", "/info")


@contextmanager
def _served(command: list[str], *, port: int, environment: dict[str, str], place: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = spawn(command, dies_by=signal.SIGKILL, log=log, folder=place, environment=environment)
    try:
        _wait_for(lambda: requests.get(f"http://127.0.0.1:{port}/", timeout=5), process)
        yield process
    except Exception:
        print(log.read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        end(process, by=signal.SIGTERM)


def _wait_for(ask: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            ask()
            return
        except requests.RequestException:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _record(hashes: dict[str, dict[str, Any]], contenders: dict[str, Contender]) -> None:
    named = contenders.items()
    aizen, django, same = (contenders[name] for name in CONTENDERS)

    def ratio(ours: list[float], theirs: list[float]) -> float:
        return median(one / other for one, other in zip(ours, theirs, strict=True))

    rows = [
        at_most(0.25, "P13", "a sign-in: CPU ÷ Django as it comes", measured=ratio(aizen.logins, django.logins)),
        at_most(1, "P13", "a sign-in: CPU ÷ Django with the same argon2id", measured=ratio(aizen.logins, same.logins)),
        at_most(1, "P13", "a signed-in request: CPU ÷ Django", measured=ratio(aizen.infos, same.infos)),
        *(beside("P13", f"sign-ins/s of one process with {THREADS} threads: {name}", measured=median(each.rates)) for name, each in named),
        *(beside("P13", f"a sign-in, CPU of the server, ms: {name}", measured=median(each.logins)) for name, each in named),
        *(beside("P13", f"a signed-in request, CPU of the server, ms: {name}", measured=median(each.infos)) for name, each in named),
        *(beside("P13", f"one hash, CPU, ms: {name}", measured=median(cost["cpu"])) for name, cost in hashes.items()),
        *(beside("P13", f"one hash, memory, MiB: {name}", measured=cost["mib"]) for name, cost in hashes.items()),
    ]
    figures = {name: {"logins": each.logins, "infos": each.infos, "rates": each.rates} for name, each in contenders.items()}
    record("accounts", rows, contenders=CONTENDERS, figures={"hashes": hashes, **figures})


if __name__ == "__main__":
    main()
