"""How each Python contender is measured: CPU and peak memory of one job, in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

WIDTHS = (160, 320, 640, 1280, 1920)
QUALITY = 80

Job = Callable[[str], int]


def measure(job: Job) -> None:
    """Prints as JSON what ``job`` costs on the file that the command line names, repeated as often as it says.

    ``job`` makes every output and answers how many bytes they have together. The first run warms up and tells the peak of memory.
    """
    path, repeats = sys.argv[1], int(sys.argv[2])
    _forget_peak()
    idle = _kibibytes("VmRSS")
    size = job(path)
    peak = _kibibytes("VmHWM") - idle
    cpu, wall = _cpu(), time.perf_counter()
    for _ in range(repeats):
        job(path)
    cpu, wall = (_cpu() - cpu) / repeats, (time.perf_counter() - wall) / repeats
    print(json.dumps({"cpu_seconds": cpu, "wall_seconds": wall, "peak_mib": peak / 1024, "bytes": size}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _forget_peak() -> None:
    # The kernel hands a parent's peak down through exec; 5 sets it back (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _kibibytes(key: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{key}:")[1].split()[0])
