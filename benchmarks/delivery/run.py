"""Benchmarks P5 to P7 over HTTP: pictures made on request, and found again, against thumbor and ipx in the same run.

    python benchmarks/delivery/run.py [--rounds 8] [--widths 25] [--hit-rounds 6] [--seconds 3]

Prints a table and writes benchmarks/results/delivery.json, in some eight minutes. The peers are installed into benchmarks/peers/delivery/
at the first run; nginx and wrk are installed from Debian's packages where they are missing.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import installing
from benchmarks.delivery import contenders
from benchmarks.delivery.contenders import Contender, Wanted
from benchmarks.delivery.installation import installed
from benchmarks.delivery.loads import Asked, as_often_as_possible, each_once
from benchmarks.delivery.table import rows_of
from benchmarks.photographs import twelve_megapixels
from benchmarks.recording import record

# Of the finished pictures that are asked for again and again.
HOT = [Wanted(width, width * 3 // 4, "webp") for width in range(300, 396, 4)]
WARM_UP = [Wanted(width, width * 3 // 4, form) for form in ("webp", "jpeg") for width in range(1004, 1068, 4)]
SAMPLE_SECONDS = 0.02
CONTENDERS = {
    "levels": "Aizen behind nginx (docs/nginx.conf), gunicorn with 2 processes, from the levels that the upload made; the file is kept",
    "original": "the same of an image whose levels are gone",
    "thumbor": "thumbor 7.8, 2 processes behind nginx; file loader, file storage of results, signed addresses, baseline JPEGs",
    "ipx": "ipx 3.1, 2 processes of Node's cluster behind nginx; files; it signs nothing, keeps nothing, and makes progressive JPEGs",
    "aizen": "P7: Aizen's gunicorn alone, 2 processes, which sends the files itself",
    "aizen+log": "P7: the same with its log of each request (LOG_LEVEL=INFO), which the others have switched off",
    "aizen+nginx": "P7: gunicorn with 2 processes behind nginx, which sends the files (X-Accel-Redirect)",
}


@dataclass(frozen=True)
class Case:
    """What every contender is asked for: ``shape`` is width to height."""

    name: str
    format: str
    shape: tuple[int, int]

    def wanted(self, widths: Sequence[int]) -> list[Wanted]:
        return [Wanted(width, width * self.shape[1] // self.shape[0], self.format) for width in widths]


CASES = (Case("JPEG", "jpeg", (4, 3)), Case("WebP", "webp", (4, 3)), Case("JPEG, a quarter cut off", "jpeg", (1, 1)))
Measures = dict[str, dict[str, dict[str, list[float]]]]
"""By case, contender and figure the value of each round; a request's CPU is in ms, by part."""


def main() -> None:
    arguments = _arguments()
    installing.debian(nginx="nginx-light", wrk="wrk")
    load = [round(each, 2) for each in os.getloadavg()]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aizen-benchmark-")))
        picture = twelve_megapixels(folder)
        installation = stack.enter_context(installed(picture, folder))
        ours = stack.enter_context(
            contenders.aizen(installation, installation.images["levels"], name="levels", proxied=True, folder=folder)
        )
        theirs = [stack.enter_context(contenders.thumbor(picture, folder)), stack.enter_context(contenders.ipx(picture, folder))]
        peers = [each for each in theirs if each is not None]
        cold = [ours, contenders.of_another(ours, installation, installation.images["original"], "original"), *peers]
        idle = {each.name: each.mebibytes() for each in cold}
        made = _made(cold, rounds=arguments.rounds, widths=arguments.widths)
        memory = {"idle": idle, "peak": _peaks(cold)}
        image_id = installation.images["levels"]
        hot = [
            stack.enter_context(contenders.aizen(installation, image_id, name="aizen", proxied=False, folder=folder)),
            stack.enter_context(contenders.aizen(installation, image_id, name="aizen+log", proxied=False, folder=folder, LOG_LEVEL="INFO")),
            stack.enter_context(contenders.aizen(installation, image_id, name="aizen+nginx", proxied=True, folder=folder)),
            *peers,
        ]
        found = _found(hot, rounds=arguments.hit_rounds, seconds=arguments.seconds, folder=folder)
    figures = {"made": made, "memory_mib": memory, "found": found, "load_average_before": load, "load_average_after": list(os.getloadavg())}
    record("delivery", rows_of(made, memory, found), contenders=CONTENDERS, figures=figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pictures over HTTP, made and found, against thumbor and ipx")
    parser.add_argument("--rounds", type=int, default=8, help="rounds of pictures that are made, each of other widths")
    parser.add_argument("--widths", type=int, default=25, help="widths between 200 and 1000 px in each round")
    parser.add_argument("--hit-rounds", type=int, default=6, help="rounds of pictures that are there already")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of each such round and contender")
    return parser.parse_args()


def _made(cold: Sequence[Contender], *, rounds: int, widths: int) -> Measures:
    """They take turns, so that what else the machine does falls on all of them."""
    for each in cold:
        each.prepare(WARM_UP)
        _asked_once(each, WARM_UP)
    measures: Measures = {}
    for number in range(rounds):
        for case in CASES:
            wanted = case.wanted(_widths(number, rounds, widths))
            for each in cold:
                each.prepare(wanted)
                before = each.cpu_seconds()
                seconds = _asked_once(each, wanted)
                spent = {part: (after - before[part]) * 1000 / len(wanted) for part, after in each.cpu_seconds().items()}
                _note(measures, case.name, each.name, {f"cpu_ms {part}": cost for part, cost in spent.items()})
                measures[case.name][each.name].setdefault("seconds", []).extend(seconds)
    return measures


def _widths(number: int, rounds: int, count: int) -> list[int]:
    """``count`` widths over 200 to 1000 px that no other round has. Each has a height of whole pixels: thumbor cuts off the rest of one."""
    every = range(200, 1000, 4)
    if rounds * count > len(every):
        raise SystemExit(f"There are {len(every)} widths only.")
    step = len(every) // (rounds * count)
    return [every[step * (rounds * index + number)] for index in range(count)]


def _asked_once(contender: Contender, wanted: Sequence[Wanted]) -> list[float]:
    """The seconds of each answer. Raises RuntimeError where one is no picture."""
    answers = each_once(contender.base_url, [Asked(contender.path(each)) for each in wanted])
    for answer in answers:
        if answer.status != 200 or not answer.headers["content-type"].startswith("image/") or not answer.bytes:
            raise RuntimeError(f"{contender.name}: {answer}")
        if "cache;desc=hit" in answer.headers.get("server-timing", ""):
            raise RuntimeError(f"{contender.name} had it already: {answer}")
    return [answer.seconds for answer in answers]


def _peaks(cold: Sequence[Contender]) -> dict[str, float]:
    """The most memory of each service while it makes pictures that it has not made before, in MiB."""
    peaks = {}
    for number, each in enumerate(cold):
        # No two of the contenders are one service with the same picture.
        wanted = [Wanted(width, width * 3 // 4, "webp") for width in range(1100 + 4 * number, 1400, 16)]
        each.prepare(wanted)
        with _watched(each) as samples:
            _asked_once(each, wanted)
        peaks[each.name] = max(samples)
    return peaks


@contextmanager
def _watched(contender: Contender) -> Iterator[list[float]]:
    samples = [contender.mebibytes()]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            samples.append(contender.mebibytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


def _found(hot: Sequence[Contender], *, rounds: int, seconds: int, folder: Path) -> Measures:
    """Pictures that are there already: hits, and answers that they have not changed."""
    asked: dict[str, dict[str, list[Asked]]] = {"hit": {}, "304": {}}
    for each in hot:
        each.prepare(HOT)
        paths = [each.path(wanted) for wanted in HOT]
        # Each process of each contender has had each of them.
        for _ in range(8):
            answers = each_once(each.base_url, [Asked(path) for path in paths], clients=1)
        asked["hit"][each.name] = [Asked(path) for path in paths]
        asked["304"][each.name] = [Asked(path, _condition(answer.headers)) for path, answer in zip(paths, answers, strict=True)]
        for again in each_once(each.base_url, asked["304"][each.name]):
            if again.status != 304:
                raise RuntimeError(f"{each.name}: {again}")
    measures: Measures = {}
    for _ in range(rounds):
        for kind, wanted in asked.items():
            for each in hot:
                before = each.cpu_seconds()
                rush = as_often_as_possible(each.base_url, wanted[each.name], seconds=seconds, folder=folder)
                spent = {part: (after - before[part]) * 1000 / rush.requests for part, after in each.cpu_seconds().items()}
                told = {"requests_per_second": rush.requests / rush.seconds, "p50_ms": rush.p50_ms, "p99_ms": rush.p99_ms}
                _note(measures, kind, each.name, {f"cpu_ms {part}": cost for part, cost in spent.items()} | told)
    return measures


def _condition(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a browser sends that has the picture. ipx knows a picture's tag only once it has made it, its day before."""
    if "server-timing" not in headers and "last-modified" in headers:
        return (("If-Modified-Since", headers["last-modified"]),)
    return (("If-None-Match", headers["etag"]),)


def _note(measures: Measures, case: str, name: str, figures: Mapping[str, float]) -> None:
    of_contender = measures.setdefault(case, {}).setdefault(name, {})
    for figure, value in figures.items():
        of_contender.setdefault(figure, []).append(round(value, 4))


if __name__ == "__main__":
    main()
