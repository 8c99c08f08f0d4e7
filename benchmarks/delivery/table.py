"""The rows of what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.recording import Row, at_most, beside

Figures = Mapping[str, Mapping[str, Sequence[float]]]
SERVICE = ("service",)
WITH_NGINX = ("service", "nginx")
PEERS = {"thumbor": (0.25, 0.70), "ipx": (0.333, 0.90)}


def rows_of(made: Mapping[str, Figures], memory: Mapping[str, Mapping[str, float]], found: Mapping[str, Figures]) -> list[Row]:
    """All rows, in their order."""
    rows = [*_made_rows(made), *_memory_rows(memory), *_found_rows(found, made), *_beside_found(found)]
    return sorted(rows, key=lambda row: row.row)


def _made_rows(made: Mapping[str, Figures]) -> Iterator[Row]:
    for case, of_case in made.items():
        peers = [name for name in PEERS if name in of_case]
        for peer in peers:
            from_level, from_original = PEERS[peer]
            yield at_most(
                from_level, "P5", f"12 MP → {case}, whole request, from a level: CPU ÷ {peer}", measured=_cold(of_case, "levels", peer)
            )
            what = f"12 MP → {case}, whole request, from the original: CPU ÷ {peer}"
            yield at_most(from_original, "P6", what, measured=_cold(of_case, "original", peer))
        for peer in peers:
            ratio = _p99(of_case["levels"]["seconds"]) / _p99(of_case[peer]["seconds"])
            yield at_most(1, "P5", f"the same, {case}: p99 of the time ÷ {peer}", measured=ratio)
        yield from _beside_made(case, of_case)


def _beside_made(case: str, of_case: Figures) -> Iterator[Row]:
    for name, figures in of_case.items():
        row = "P6" if name == "original" else "P5"
        yield beside(row, f"the same, {case}, CPU of a request, ms: {name}", measured=_cpu(figures, SERVICE))
        yield beside(row, f"the same, {case}, p50 of the time, ms, 4 clients: {name}", measured=median(figures["seconds"]) * 1000)
        yield beside(row, f"the same, {case}, p99 of the time, ms, 4 clients: {name}", measured=_p99(figures["seconds"]) * 1000)
    behind = _cpu(of_case["levels"], ("postgres", "valkey"))
    yield beside("P5", f"the same, {case}, CPU of PostgreSQL and Valkey, ms, not included: levels", measured=behind)


def _memory_rows(memory: Mapping[str, Mapping[str, float]]) -> Iterator[Row]:
    peaks = memory["peak"]
    for peer in PEERS:
        if peer in peaks:
            what = f"memory of all its processes at work (PSS), from the original ÷ {peer}"
            yield at_most(0.4, "P6", what, measured=peaks["original"] / peaks[peer])
    for name, peak in peaks.items():
        if name != "levels":
            yield beside("P6", f"the same, MiB, idle: {name}", measured=memory["idle"][name])
            yield beside("P6", f"the same, MiB, at work: {name}", measured=peak)


def _found_rows(found: Mapping[str, Figures], made: Mapping[str, Figures]) -> Iterator[Row]:
    hits, unchanged = found["hit"], found["304"]
    theirs = _rounds(hits["thumbor"], SERVICE)
    yield at_most(0.333, "P7", "a hit, gunicorn alone: CPU ÷ thumbor's hit", measured=_ratio(_rounds(hits["aizen"], SERVICE), theirs))
    yield at_most(0.25, "P7", "a 304, gunicorn alone: CPU ÷ thumbor's hit", measured=_ratio(_rounds(unchanged["aizen"], SERVICE), theirs))
    behind = _cpu(hits["aizen+nginx"], WITH_NGINX)
    for case in ("JPEG", "WebP"):
        what = f"a hit, nginx and gunicorn: CPU ÷ making a {case} from a level"
        yield at_most(1 / 40, "P7", what, measured=behind / _cpu(made[case]["levels"], WITH_NGINX))
    logged = _rounds(hits["aizen+log"], SERVICE)
    yield beside(
        "P7", "a hit, gunicorn alone with its log of each request: CPU ÷ thumbor's hit, without one", measured=_ratio(logged, theirs)
    )
    both = _rounds(hits["thumbor"], WITH_NGINX)
    yield beside(
        "P7",
        "a hit, nginx and gunicorn: CPU ÷ thumbor's hit with its nginx",
        measured=_ratio(_rounds(hits["aizen+nginx"], WITH_NGINX), both),
    )
    same = _ratio(_rounds(unchanged["aizen"], SERVICE), _rounds(unchanged["thumbor"], SERVICE))
    yield beside("P7", "a 304, gunicorn alone: CPU ÷ thumbor's 304", measured=same)


def _beside_found(found: Mapping[str, Figures]) -> Iterator[Row]:
    for kind, of_kind in found.items():
        for name, figures in of_kind.items():
            yield beside("P7", f"a {kind}, CPU of the service, µs: {name}", measured=_cpu(figures, SERVICE) * 1000)
            if name in ("aizen+nginx", "thumbor", "ipx"):
                yield beside("P7", f"a {kind}, CPU of the service and its nginx, µs: {name}", measured=_cpu(figures, WITH_NGINX) * 1000)
            yield beside("P7", f"a {kind}, requests/s: {name}", measured=median(figures["requests_per_second"]))
            yield beside("P7", f"a {kind}, p99 of the time, ms, 8 connections: {name}", measured=median(figures["p99_ms"]))


def _cold(of_case: Figures, ours: str, theirs: str) -> float:
    return _ratio(_rounds(of_case[ours], SERVICE), _rounds(of_case[theirs], SERVICE))


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios: what falls on a round falls on both sides of it."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def _rounds(figures: Mapping[str, Sequence[float]], parts: Sequence[str]) -> list[float]:
    """The CPU of these parts in each round, in ms."""
    return [sum(costs) for costs in zip(*(figures[f"cpu_ms {part}"] for part in parts), strict=True)]


def _cpu(figures: Mapping[str, Sequence[float]], parts: Sequence[str]) -> float:
    return median(_rounds(figures, parts))


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]
