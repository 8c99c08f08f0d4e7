"""What other processes have used of the machine, with all that descend from them, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.faults.parts import family_of

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far, and of all children that it has or had."""
    return sum(map(_ticks, family_of(pid))) / TICKS


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked, and its parent has what it used
        return 0
    return sum(map(int, fields[11:15]))


def mebibytes(pid: int, key: str) -> float:
    """``Pss`` (memory that several share is counted once) or ``Rss`` (in each of them) of the process and all that descend from it."""
    return sum(_mebibytes(member, key) for member in family_of(pid))


def _mebibytes(pid: int, key: str) -> float:
    try:
        memory = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return 0
    return int(memory.split(f"{key}:")[1].split()[0]) / 1024
