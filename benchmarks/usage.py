"""What this process has used of the machine, as Linux tells it. Contenders import it in Pythons of their own: nothing but the standard
library stands here."""

from __future__ import annotations

import resource
from pathlib import Path


def cpu_seconds() -> float:
    """User and system time of all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def forget_peak() -> None:
    """The peak of memory counts from now on."""
    # The kernel hands a parent's peak down through exec; 5 sets it back (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def kibibytes(key: str) -> int:
    """A line of /proc/self/status, such as VmRSS or VmHWM."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{key}:")[1].split()[0])
