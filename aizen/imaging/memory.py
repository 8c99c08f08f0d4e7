"""A bound on what a process may still allocate, for the processes that decode."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.platform != "win32":
    import resource


def limit_memory(extra: int) -> None:
    """The process can allocate ``extra`` bytes of address space beyond what it has now; past that, allocations fail with MemoryError.

    Counted from the present size, so that it bounds the work and not the interpreter. Where the system tells no size (it is not Linux),
    the bound is not set: there the wall time-out is what remains.
    """
    size = address_space()
    if size is None or sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = size + extra
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def leave_no_core() -> None:
    """A crash of this process writes no core file, which would hold somebody's picture."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def address_space() -> int | None:
    """The bytes of address space that this process has mapped, or None where the system does not tell."""
    status = Path("/proc/self/statm")
    if sys.platform == "win32" or not status.exists():
        return None
    return int(status.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
