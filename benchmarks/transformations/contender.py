"""How each Python contender is measured: a process that makes one file after another, and tells what each of them took.

It reads a task as JSON from a line of its standard input, and answers with a line of JSON: ``cpu_ms`` is user + system of all its threads,
``peak_mib`` the most memory it had while it made the file above what it had before, ``bytes`` the size of the file.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.usage import cpu_seconds, forget_peak, kibibytes

QUALITY = 80
# Finished files that are found in one job of P7.
HITS = 100


@dataclass(frozen=True)
class Task:
    """One file to make: the picture at ``source`` covers ``width`` × ``height`` pixels, and what juts out is cut off around its middle.

    ``settings`` are "same", a baseline JPEG in 4:2:0 like everybody's, or "own", as the contender comes.
    """

    source: str
    width: int
    height: int
    format: str
    settings: str = "same"


Job = Callable[[Task], int]


def serve(job: Job) -> None:
    """Every task of the standard input was done, until its end. ``job`` makes the file and answers how many bytes it has."""
    for line in sys.stdin:
        task = Task(**json.loads(line))
        forget_peak()
        idle, cpu, wall = kibibytes("VmRSS"), cpu_seconds(), time.perf_counter()
        size = job(task)
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
        peak = kibibytes("VmHWM") - idle
        print(json.dumps({"cpu_ms": cpu * 1000, "wall_ms": wall * 1000, "peak_mib": peak / 1024, "bytes": size}), flush=True)
