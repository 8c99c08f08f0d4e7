"""Benchmarks P5 to P7 without a web server: one picture transformed, against thumbor, sharp and libvips in the same run.

    python benchmarks/transformations/run.py [--rounds 4] [--widths 6]

Prints a table and writes benchmarks/results/transformations.json. The peers are installed into benchmarks/peers/transformations/ at the
first run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from aizen.imaging import Limits
from aizen.imaging.inspection import inspect
from aizen.imaging.variants import render
from benchmarks.installing import node_with, python_with
from benchmarks.photographs import sources, twelve_megapixels
from benchmarks.recording import Row, at_least, at_most, beside, record
from benchmarks.transformations.contender import HITS, Task
from benchmarks.usage import cpu_seconds

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = HERE.parent / "peers" / "transformations"
# What keeps derived files, which P7 looks up.
RENDERING = ROOT / "aizen" / "transformations" / "rendering.py"
MEMORY_WIDTH, MEMORY_ROUNDS = 1000, 3
FIDELITY_WIDTHS = tuple(range(200, 1001, 40))

CONTENDERS = {
    "aizen": "Aizen's engine from the original; the file is on disk in the end",
    "levels": "Aizen's engine from the smallest JPEG level (2048, 1024, 512 px; made at upload) that covers the size",
    "thumbor": "thumbor 7.8's transformer and Pillow engine; PROGRESSIVE_JPEG off, `optimize` always on; the file stays in memory",
    "sharp": "sharp 0.35 as ipx calls it: upright, cover; optimiseCoding off; the file stays in memory",
    "libvips": "libvips 8.18 thumbnail_buffer() with crop; the file stays in memory",
}

Figures = dict[str, float]


@dataclass(frozen=True)
class Case:
    """What every contender is asked for: ``shape`` is width to height, ``settings`` are those of ``Task``."""

    name: str
    format: str
    shape: tuple[int, int]
    settings: str = "same"

    def task(self, picture: Path, width: int) -> Task:
        return Task(str(picture), width, width * self.shape[1] // self.shape[0], self.format, self.settings)


JPEG, WEBP = Case("JPEG", "jpeg", (4, 3)), Case("WebP", "webp", (4, 3))
CUT = Case("JPEG, a quarter cut off", "jpeg", (1, 1))
OWN = Case("JPEG, each with its own settings", "jpeg", (4, 3), "own")


@dataclass(frozen=True)
class Contender:
    """A process of its own, which makes one file for each line that it is given."""

    process: subprocess.Popen[str]

    def cost(self, task: Task) -> Figures:
        """What it took to make the file of ``task``."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asdict(task)) + "\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline()
        if not told:
            raise RuntimeError(f"{self.process.args!r} ended before its answer")
        return dict(json.loads(told))


def main() -> None:
    arguments = _arguments()
    with TemporaryDirectory(prefix="aizen-benchmark-") as name:
        folder = Path(name)
        picture, large = twelve_megapixels(folder), sources(folder)["baseline"]
        levels, levels_ms = _levels(picture, folder)
        commands = _commands(picture, levels)
        costs = _raced(commands, picture, rounds=arguments.rounds, widths=arguments.widths)
        memory = _memory(commands, picture)
        large_memory = _large_memory(large)
        fidelity = _told((sys.executable, str(HERE / "fidelity.py"), str(picture), str(levels), *map(str, FIDELITY_WIDTHS)))
        hits = _hits(levels / "m512.jpeg", rounds=arguments.rounds)
    rows = [
        *_level_rows(costs, levels_ms),
        *_original_rows(costs),
        *_memory_rows(memory, large_memory),
        *_fidelity_rows(fidelity),
        *_hit_rows(hits),
    ]
    figures = {"cpu_ms": costs, "peak_mib": memory, "peak_mib_24mp": large_memory, "fidelity": fidelity, "hit_cpu_us": hits}
    record("transformations", sorted(rows, key=lambda row: row.row), contenders=CONTENDERS, figures=figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One picture transformed, against thumbor, sharp and libvips")
    parser.add_argument("--rounds", type=int, default=4, help="rounds, each of other widths")
    parser.add_argument("--widths", type=int, default=6, help="widths between 200 and 1000 px in each round")
    return parser.parse_args()


def _levels(picture: Path, folder: Path) -> tuple[Path, float]:
    """The folder of the levels that an upload makes of ``picture``, and their CPU in ms."""
    levels = folder / "levels"
    levels.mkdir()
    known = inspect(str(picture), Limits())
    before = cpu_seconds()
    for rendition in render(str(picture), picture=known, widths=(), limits=Limits()):
        (levels / rendition.name).write_bytes(rendition.data)
    return levels, (cpu_seconds() - before) * 1000


def _commands(picture: Path, levels: Path) -> dict[str, tuple[str, ...]]:
    # Linters and type checkers pass over a folder whose name begins with a dot.
    python = str(python_with(HERE / "requirements.txt", PEERS / ".venv"))
    commands = {
        "aizen": _engine(picture),
        "levels": (*_engine(picture), str(levels)),
        "thumbor": (python, str(HERE / "thumbor_engine.py")),
        "libvips": (python, str(HERE / "libvips_thumbnail.py")),
    }
    sharp = node_with(HERE / "package.json", HERE / "sharp_resize.cjs", PEERS / "node")
    return commands | ({"sharp": sharp} if sharp else {})


def _engine(picture: Path) -> tuple[str, ...]:
    with Image.open(picture) as image:
        return sys.executable, str(HERE / "aizen_engine.py"), f"{image.width}x{image.height}"


@contextmanager
def _started(command: Sequence[str]) -> Iterator[Contender]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()) as process:
        yield Contender(process)


def _told(command: Sequence[str]) -> Any:
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=_environment()).stdout)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _raced(commands: Mapping[str, Sequence[str]], picture: Path, *, rounds: int, widths: int) -> dict[str, dict[str, list[float]]]:
    """By case and contender the CPU of a file in each round, in ms. They take turns at each file, so that what else the machine does
    falls on all of them.
    """
    costs: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        contenders = {name: stack.enter_context(_started(command)) for name, command in commands.items()}
        for one in contenders.values():
            for case in (JPEG, WEBP, CUT, OWN):
                one.cost(case.task(picture, MEMORY_WIDTH))
        for number in range(rounds):
            for case in (JPEG, WEBP, CUT, OWN):
                sums = dict.fromkeys(contenders, 0.0)
                for width in _widths(number, widths):
                    for name, one in contenders.items():
                        sums[name] += one.cost(case.task(picture, width))["cpu_ms"]
                for name, total in sums.items():
                    costs.setdefault(case.name, {}).setdefault(name, []).append(total / widths)
    return costs


def _widths(number: int, count: int) -> list[int]:
    """``count`` widths over 200 to 1000 px that no other round has. Each has a height of whole pixels: thumbor cuts off the rest of one,
    and decodes the whole picture to do so.
    """
    steps = 200 // count
    return [200 + 4 * (steps * index + (7 * number + 3 * index) % steps) for index in range(count)]


def _memory(commands: Mapping[str, Sequence[str]], picture: Path) -> dict[str, dict[str, list[float]]]:
    """By case and contender the peak of memory above idle, in MiB, of the first file of a fresh process."""
    return {
        case.name: {name: _peaks(command, case.task(picture, MEMORY_WIDTH)) for name, command in commands.items()}
        for case in (JPEG, WEBP, CUT)
    }


def _large_memory(picture: Path) -> dict[str, list[float]]:
    """By format the same of Aizen's engine, from 24 megapixels to 1600 px."""
    with Image.open(picture) as image:
        height = round(image.height * 1600 / image.width)
    return {form: _peaks(_engine(picture), Task(str(picture), 1600, height, form)) for form in ("jpeg", "webp")}


def _peaks(command: Sequence[str], task: Task) -> list[float]:
    peaks = []
    for _ in range(MEMORY_ROUNDS):
        with _started(command) as contender:
            peaks.append(contender.cost(task)["peak_mib"])
    return peaks


def _hits(finished: Path, *, rounds: int) -> dict[str, list[float]]:
    """The CPU of finding a file that was made before, in µs, in each round."""
    if not RENDERING.exists():
        print("nothing keeps derived files yet: P7 is left out", file=sys.stderr)
        return {}
    scripts = {
        "aizen": (sys.executable, str(HERE / "aizen_hit.py"), str(finished)),
        "thumbor": (str(python_with(HERE / "requirements.txt", PEERS / ".venv")), str(HERE / "thumbor_hit.py")),
    }
    task = Task(str(finished), 320, 240, "jpeg")
    with ExitStack() as stack:
        contenders = {name: stack.enter_context(_started(command)) for name, command in scripts.items()}
        hits: dict[str, list[float]] = {name: [] for name in scripts}
        for number in range(rounds + 1):
            for name, one in contenders.items():
                cost = one.cost(task)["cpu_ms"] * 1000 / HITS
                if number:
                    hits[name].append(cost)
    return hits


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios: what falls on a round falls on both sides of it."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def _level_rows(costs: Mapping[str, Mapping[str, list[float]]], levels_ms: float) -> Iterator[Row]:
    # The goals are those of whole requests: benchmarks/delivery.
    for case in (JPEG, WEBP):
        for peer in _peers(costs[case.name]):
            what = f"12 MP → {case.name}, the engine alone, from a level: CPU ÷ {peer} from the original"
            yield beside("P5", what, measured=_ratio(costs[case.name]["levels"], costs[case.name][peer]))
    for case in (CUT, OWN):
        for peer in _peers(costs[case.name]):
            what = f"the same, {case.name}: CPU ÷ {peer} from the original"
            yield beside("P5", what, measured=_ratio(costs[case.name]["levels"], costs[case.name][peer]))
    yield beside("P5", "the three levels, made once at upload, CPU ms", measured=levels_ms)


def _original_rows(costs: Mapping[str, Mapping[str, list[float]]]) -> Iterator[Row]:
    for case in (JPEG, WEBP):
        for peer in _peers(costs[case.name]):
            what = f"12 MP → {case.name}, the engine alone, from the original: CPU ÷ {peer}"
            yield beside("P6", what, measured=_ratio(costs[case.name]["aizen"], costs[case.name][peer]))
    for case in (CUT, OWN):
        for peer in _peers(costs[case.name]):
            what = f"the same, {case.name}: CPU ÷ {peer}"
            yield beside("P6", what, measured=_ratio(costs[case.name]["aizen"], costs[case.name][peer]))
    for name, of_case in costs.items():
        yield from (beside("P6", f"{name}, CPU ms: {one}", measured=median(of_case[one])) for one in CONTENDERS if one in of_case)


def _peers(figures: Mapping[str, list[float]]) -> list[str]:
    return [name for name in ("thumbor", "sharp") if name in figures]


def _memory_rows(memory: Mapping[str, Mapping[str, list[float]]], large: Mapping[str, list[float]]) -> Iterator[Row]:
    for case in (JPEG, WEBP):
        of_case = memory[case.name]
        for peer in _peers(of_case):
            what = f"12 MP → {MEMORY_WIDTH} px, {case.name}, the engine alone: peak memory above idle ÷ {peer}"
            yield beside("P6", what, measured=median(of_case["aizen"]) / median(of_case[peer]))
    for name, of_case in memory.items():
        yield from (beside("P6", f"the same, {name}, MiB: {one}", measured=median(of_case[one])) for one in CONTENDERS if one in of_case)
    for form, peaks in large.items():
        yield at_most(80, "P6", f"24 MP → 1600 px, {form}: peak memory above idle, MiB", measured=median(peaks))


def _fidelity_rows(fidelity: Mapping[str, list[Figures]]) -> Iterator[Row]:
    for what, key, goal in (("PSNR-Y of the worst width, dB", "psnr_y", 48), ("SSIM of the worst width", "ssim", 0.996)):
        yield at_least(
            goal, "P6", f"from the original, against a full decode: {what}", measured=min(one[key] for one in fidelity["original"])
        )
        yield beside("P5", f"from a level, against a full decode: {what}", measured=min(one[key] for one in fidelity["levels"]))


def _hit_rows(hits: Mapping[str, list[float]]) -> Iterator[Row]:
    # The goal of P7 is about web servers.
    for name, costs in hits.items():
        yield beside("P7", f"a file that is there already is found and read, CPU µs: {name}", measured=median(costs))


if __name__ == "__main__":
    main()
