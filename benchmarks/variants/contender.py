"""How each Python contender is measured: CPU and peak memory of one job, in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from benchmarks.usage import cpu_seconds, forget_peak, kibibytes

WIDTHS = (160, 320, 640, 1280, 1920)
QUALITY = 80

Job = Callable[[str], int]


def measure(job: Job) -> None:
    """Prints as JSON what ``job`` costs on the file that the command line names, repeated as often as it says.

    ``job`` makes every output and answers how many bytes they have together. The first run warms up and tells the peak of memory.
    """
    path, repeats = sys.argv[1], int(sys.argv[2])
    forget_peak()
    idle = kibibytes("VmRSS")
    size = job(path)
    peak = kibibytes("VmHWM") - idle
    cpu, wall = cpu_seconds(), time.perf_counter()
    for _ in range(repeats):
        job(path)
    cpu, wall = (cpu_seconds() - cpu) / repeats, (time.perf_counter() - wall) / repeats
    print(json.dumps({"cpu_seconds": cpu, "wall_seconds": wall, "peak_mib": peak / 1024, "bytes": size}))
