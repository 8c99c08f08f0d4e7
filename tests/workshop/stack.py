"""The services of docker-compose.yml as processes of this machine: the same commands, in the environment that a container would give them.

Mapped are, and nothing else: names and ports of the network to ports of 127.0.0.1, and the image's and the volumes' folders to folders of
the test's own. The application runs from what COPY would bring into the image, as the image's user where we may become it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.faults.installation import free_port
from tests.faults.waiting import eventually
from tests.services.postgres import binaries
from tests.services.process import Identity, end, spawn
from tests.services.valkey import binary as valkey_server
from tests.workshop import compose, dockerfile

PROGRAMS = Path(sys.executable).parent
RCLONE = shutil.which("rclone", path=f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")
VALKEY_CLI = shutil.which("valkey-cli") or shutil.which("redis-cli")
PORTS = ("5432", "6379", "8000", "9000")

_PLACE = re.compile(rf"(?<![\w.-])(?P<host>db|redis|s3|localhost|127\.0\.0\.1)?:(?P<port>{'|'.join(PORTS)})\b")
_FOLDER = re.compile(r"(?<![\w/.])/(?P<name>opt/aizen/bin|data|objects|tmp)(?![\w-])")


@cache
def _may_run_as(identity: Identity) -> bool:
    """Whether we are root, and that user can read this interpreter and its packages, which a container gives to everybody."""
    if os.geteuid() != 0:
        return False
    try:
        command = [sys.executable, "-c", "import flask"]
        ended = subprocess.run(
            command, user=identity.user, group=identity.group, extra_groups=[], check=False, cwd="/", capture_output=True
        )
    except PermissionError:
        return False
    return ended.returncode == 0


class Stack:
    """What ``docker compose up`` starts, service by service; ``env_file`` is the content of ``.env``.

    ``database_port`` is where a PostgreSQL listens that has been initialised as its image would do it: that is not a command of ours.
    """

    def __init__(self, folder: Path, env_file: Mapping[str, str], *, database_port: int) -> None:
        self.services = compose.services(env_file)
        self.port = {port: str(free_port()) for port in PORTS} | {"5432": str(database_port)}
        self.application = folder / "app"
        self._env_file = env_file
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("app", "data", "objects", "queue", "tmp"):
            (folder / name).mkdir()
        (folder / "tmp").chmod(0o1777)
        # A new volume of the queue's image belongs to its user.
        (folder / "queue").chmod(0o777)
        dockerfile.copy_into(self.application)
        # As the build does: the image's user may not, and each of some forty processes would compile all of Aizen.
        subprocess.run([sys.executable, "-m", "compileall", "-q", "."], cwd=self.application, check=True)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port['8000']}"

    def mapped(self, text: str) -> str:
        """The text with the places of the containers' network and file systems as they are on this machine."""
        text = _PLACE.sub(lambda found: f"{'localhost' if found['host'] == 'localhost' else '127.0.0.1'}:{self.port[found['port']]}", text)
        return _FOLDER.sub(lambda found: str(PROGRAMS if found["name"].startswith("opt") else self._folder / found["name"]), text)

    def environment(self, name: str) -> dict[str, str]:
        """What the service's processes find in their environment."""
        service = self.services[name]
        image = dockerfile.environment() if service["image"] == "aizen" else {"PATH": os.environ["PATH"]}
        found = {key: self.mapped(value) for key, value in {**image, **compose.environment_of(service, self._env_file)}.items()}
        if service["image"] == "aizen":
            found |= {"PORT": self.port["8000"], "HOST": "127.0.0.1"}
        return found

    def command(self, name: str) -> list[str]:
        """The words that start the service: the image's entrypoint, and the command."""
        service = self.services[name]
        entrypoint = service.get("entrypoint", ["rclone"] if service["image"].startswith("rclone/") else [])
        words = [self.mapped(word) for word in [*entrypoint, *service["command"]]]
        if name == "redis":
            words += ["--bind", "127.0.0.1", "--port", self.port["6379"], "--dir", str(self._folder / "queue")]
        return self._found(words, name)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """What a service that ends has said."""
        return self._executed(self.command(name), name)

    def start(self, name: str) -> None:
        """The service runs, and its own health check says that it is healthy."""
        self._processes[name] = spawn(
            self.command(name),
            dies_by=signal.SIGKILL,
            log=self._log(name),
            folder=self.application,
            environment=self.environment(name),
            identity=self._identity(name),
        )
        eventually(lambda: self.is_healthy(name), what=f"{name} is healthy", seconds=60, story=lambda: self.story(name), interval=0.5)

    def stop(self, name: str) -> int:
        """The exit code after the signal that Docker sends. It has ended within its grace period."""
        process = self._processes[name]
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(compose.seconds(self.services[name]["stop_grace_period"]))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{name} outlived its grace period\n{self.story(name)}") from None

    def process(self, name: str) -> subprocess.Popen[bytes]:
        return self._processes[name]

    def health(self, name: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """What the service's health check says, with ``changes`` to its environment."""
        words = compose.health_check_of(self.services[name])
        assert words is not None
        words = [self.mapped(word) for word in words]
        environment: dict[str, str] = dict(changes)
        if name == "db":
            environment |= {"PGPORT": self.port["5432"], "PATH": str(binaries())}
        if name == "redis":
            assert VALKEY_CLI is not None
            words = [word.replace("valkey-cli", f"{VALKEY_CLI} -p {self.port['6379']}") for word in words]
        return self._executed(self._found(words, name, environment), name, environment)

    def is_healthy(self, name: str) -> bool:
        if name == "redis" and VALKEY_CLI is None:
            return b"ready to accept connections" in self._log(name).read_bytes().lower()
        return self.health(name).returncode == 0

    def end(self) -> None:
        """No process of it is left."""
        for process in self._processes.values():
            end(process, by=signal.SIGTERM, seconds=30)

    def story(self, name: str) -> str:
        """The end of the service's log, for a failure's message."""
        return self._log(name).read_text(errors="replace")[-4000:] if self._log(name).exists() else ""

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _identity(self, name: str) -> Identity | None:
        user = self.services[name]["user"]
        if not re.fullmatch(r"[1-9]\d*:\d+", user):
            return None
        identity = Identity(*map(int, user.split(":")))
        return identity if _may_run_as(identity) else None

    def _found(self, words: list[str], name: str, changes: Mapping[str, str] | None = None) -> list[str]:
        """The command with the path of its program, from the PATH that it would have in its container."""
        if words[0] == "rclone":
            assert RCLONE is not None
            return [RCLONE, *words[1:]]
        if words[0] == "valkey-server":
            return [str(valkey_server()), *words[1:]]
        path = shutil.which(words[0], path={**self.environment(name), **(changes or {})}["PATH"])
        assert path is not None, f"{name}: there is no {words[0]} in its PATH"
        return [path, *words[1:]]

    def _executed(self, words: list[str], name: str, changes: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        identity = self._identity(name)
        as_whom: dict[str, Any] = {"user": identity.user, "group": identity.group, "extra_groups": []} if identity else {}
        environment = {**self.environment(name), **(changes or {})}
        return subprocess.run(
            words, cwd=self.application, env=environment, capture_output=True, text=True, check=False, timeout=60, **as_whom
        )
