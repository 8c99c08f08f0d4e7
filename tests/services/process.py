"""Child processes that do not outlive the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# A few lines of Python that exec the command: preexec_fn would do in one step less, but is unsafe (and, from Python 3.12 on, warns) in a
# process that has threads. It changes its own user, who need not be able to read this interpreter, and before prctl, which a change of
# user undoes. The look at the parent covers one that died before prctl was called.
_BOUND_TO_PARENT = """
import ctypes, os, sys
number, parent, user, group = map(int, sys.argv[1:5])
if user:
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
ctypes.CDLL(None).prctl(1, number)  # PR_SET_PDEATHSIG
if os.getppid() != parent:
    sys.exit("the parent is gone")
os.execv(sys.argv[5], sys.argv[5:])
"""


class Identity(NamedTuple):
    """As whom to run, by number."""

    user: int
    group: int


def spawn(
    command: Sequence[str | Path],
    *,
    dies_by: signal.Signals,
    log: Path,
    folder: Path,
    environment: Mapping[str, str],
    identity: Identity | None = None,
) -> subprocess.Popen[bytes]:
    """Start the command; on Linux it gets ``dies_by`` as soon as the calling thread is gone, so call it from the main thread."""
    words = [str(word) for word in command]
    if sys.platform == "linux":
        user, group = identity or (0, 0)
        words = [sys.executable, "-I", "-S", "-c", _BOUND_TO_PARENT, *map(str, (int(dies_by), os.getpid(), user, group)), *words]
    with log.open("ab") as output:
        return subprocess.Popen(
            words,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def wait_until(
    condition: Callable[[], bool], *, process: subprocess.Popen[bytes], log: Path, seconds: float = 20.0, interval: float = 0.02
) -> None:
    """Return as soon as the condition holds; raise with the service's log when it ended first, or took too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            story = log.read_text(errors="replace")[-4000:]
            raise RuntimeError(f"the service did not come up (exit code {process.returncode}):\n{story}")
        time.sleep(interval)


def end(process: subprocess.Popen[bytes], *, by: signal.Signals, seconds: float = 10.0) -> None:
    """Leave the process ended: by the signal, or by SIGKILL when that is not heeded in time."""
    thaw(process)
    if process.poll() is None:
        process.send_signal(by)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)


def freeze(process: subprocess.Popen[bytes]) -> None:
    """Make the process and its children answer nothing while their sockets stay open, as on a host that hangs."""
    process.send_signal(signal.SIGSTOP)  # first, so that it starts no further child
    _signal_children(process.pid, signal.SIGSTOP)


def thaw(process: subprocess.Popen[bytes]) -> None:
    """Let the process and its children go on; nothing happens to those that were never frozen."""
    if process.poll() is None:
        _signal_children(process.pid, signal.SIGCONT)
        process.send_signal(signal.SIGCONT)


def _signal_children(parent: int, number: signal.Signals) -> None:
    for child in _children(parent):
        try:
            os.kill(child, number)
        except ProcessLookupError:
            continue


def _children(parent: int) -> list[int]:
    """Answer the direct children: the server processes of a PostgreSQL, which leave its process group."""
    if sys.platform != "linux":
        found = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False).stdout
        return [int(word) for word in found.split()]
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The second field is the name in brackets, and may itself hold brackets and spaces.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            children.append(int(stat.parent.name))
    return children
