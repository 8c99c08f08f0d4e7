"""Clients that ask a server for pictures: a few that take what they get and time it, and wrk, which asks as often as it can."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

CLIENTS = 4
CONNECTIONS = 8
# wrk calls `request` for each request of its one thread, and `done` at the end.
SCRIPT = """
local requests, number = {%s}, 0
request = function()
  number = number %% #requests + 1
  return requests[number]
end
init = function()
  for index, each in ipairs(requests) do requests[index] = wrk.format("GET", each[1], each[2]) end
end
done = function(summary, latency)
  local failed = summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.connect
  print(string.format('RESULT {"requests": %%d, "microseconds": %%d, "failed": %%d, "p50_us": %%d, "p99_us": %%d}',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Asked:
    """A path that is asked for, and the headers beside Host."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came, and after how many seconds all of it was there."""

    status: int
    headers: Mapping[str, str]
    bytes: int
    seconds: float


def each_once(base_url: str, wanted: Sequence[Asked], *, clients: int = CLIENTS) -> list[Answer]:
    """The answers to each of them, asked for once; ``clients`` take the next as soon as they have the last."""
    left = iter(wanted)
    lock = Lock()

    def take() -> Asked | None:
        with lock:
            return next(left, None)

    def ask() -> list[Answer]:
        return list(_answers(base_url, iter(take, None)))

    with ThreadPoolExecutor(clients) as pool:
        return [answer for job in [pool.submit(ask) for _ in range(clients)] for answer in job.result()]


def _answers(base_url: str, wanted: Iterator[Asked | None]) -> Iterator[Answer]:
    place = urlsplit(base_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    try:
        for each in wanted:
            assert each is not None
            started = time.perf_counter()
            connection.request("GET", each.path, headers=dict(each.headers))
            answer = connection.getresponse()
            size = len(answer.read())
            headers = {name.lower(): value for name, value in answer.getheaders()}
            yield Answer(answer.status, headers, size, time.perf_counter() - started)
    finally:
        connection.close()


@dataclass(frozen=True)
class Rush:
    """What wrk found: requests that were answered, in how many seconds, and how long the middle and the slowest hundredth took."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float


def as_often_as_possible(base_url: str, wanted: Sequence[Asked], *, seconds: int, folder: Path) -> Rush:
    """``wanted`` again and again over a few connections. Raises RuntimeError where one of them failed."""
    script = folder / "wrk.lua"
    script.write_text(SCRIPT % ", ".join(map(_lua, wanted)), encoding="utf-8")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), base_url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = json.loads(said.rpartition("RESULT ")[2].splitlines()[0])
    if told["failed"] or not told["requests"]:
        raise RuntimeError(f"requests failed: {said}")
    return Rush(told["requests"], told["microseconds"] / 1e6, told["p50_us"] / 1000, told["p99_us"] / 1000)


def _lua(asked: Asked) -> str:
    # JSON's strings are Lua's, for what stands in paths and in these headers.
    headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in asked.headers)
    return f"{{{json.dumps(asked.path)}, {{{headers}}}}}"
