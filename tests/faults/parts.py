"""The processes of an installation: started, watched, and killed in whatever part a test names."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.faults.waiting import eventually
from tests.services.process import spawn

REPOSITORY = Path(__file__).resolve().parents[2]


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    """The direct children that run."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:  # the thread ended while we looked
            continue
    return sorted(child for child in found if is_running(child))


def family_of(pid: int) -> list[int]:
    """The process and all that descend from it."""
    return [pid, *(member for child in children_of(pid) for member in family_of(child))]


def open_files_of(pid: int) -> list[str]:
    """What the process has open: paths, also of files that have no name any more, and ``socket:[…]``."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            found.append(str(descriptor.readlink()))
        except OSError:  # closed, or the process ended, while we looked
            continue
    return found


def sockets_of(pid: int) -> list[str]:
    return [name for name in open_files_of(pid) if name.startswith("socket:")]


def kill(pid: int) -> None:
    """The process has ended by SIGKILL."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    eventually(lambda: not is_running(pid), what=f"process {pid} ends by SIGKILL")


class Part:
    """One process with its children; its log survives a restart."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path,
        dies_by: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environment = environment
        self._dies_by = dies_by
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """The process has been started, unless it runs; whether it is of use yet is not waited for."""
        if not self.is_running:
            self._process = spawn(self._command, dies_by=self._dies_by, log=self.log, folder=REPOSITORY, environment=self._environment)

    def kill(self) -> None:
        """The process has ended by SIGKILL; its children have not been told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill_family(self) -> None:
        """The process and all its children have ended by SIGKILL."""
        if self._process is None:
            return
        family = family_of(self.pid)
        self.kill()
        for member in family:
            kill(member)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def pause(self) -> None:
        """The process, without its children, stands still; nothing happens to one that has ended."""
        if self.is_running:
            self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self.is_running:
            self.signal(signal.SIGCONT)

    def wait(self, *, seconds: float = 20.0) -> int:
        """The exit code of a process that ends by itself in that time."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} has not ended within {seconds} s\n{self.story()}") from None

    def stop(self, *, seconds: float = 20.0) -> int:
        """The exit code after SIGTERM."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds=seconds)

    def story(self, *, last: int = 4000) -> str:
        """The end of the log, for a failure's message."""
        text = self.log.read_text(errors="replace")[-last:] if self.log.exists() else ""
        return f"--- {self.name} ---\n{text}"
