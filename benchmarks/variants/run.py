"""Benchmarks P1 to P4: the variant set of one upload, against libvips, sharp and naive Pillow, in the same run.

    python benchmarks/variants/run.py [--rounds 5] [--repeats 2]

Prints a table and writes benchmarks/results/variants.json. The peers are installed into benchmarks/peers/variants/ at the first run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.installing import node_with, python_with
from benchmarks.photographs import sources

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = HERE.parent / "peers" / "variants"
RESULTS = HERE.parent / "results" / "variants.json"

Figures = dict[str, float]
# (row, what, contender to compare with or None for an absolute figure, source, goal)
GOALS = (
    ("P1", "CPU ÷ libvips per output", "libvips", "baseline", 0.50),
    ("P1", "CPU ÷ sharp per output", "sharp", "baseline", 0.55),
    ("P1", "CPU ÷ naive Pillow", "naive", "baseline", 0.15),
    ("P2", "CPU ÷ libvips per output", "libvips", "progressive", 0.22),
    ("P3", "peak memory above idle, MiB", None, "baseline", 80),
    ("P3", "peak memory above idle, MiB", None, "progressive", 130),
)


@dataclass(frozen=True)
class Contender:
    name: str
    command: tuple[str, ...]
    note: str


def main() -> None:
    arguments = _arguments()
    contenders = _contenders()
    with TemporaryDirectory() as folder:
        pictures = sources(Path(folder))
        figures = {name: _raced(contenders, path, rounds=arguments.rounds, repeats=arguments.repeats) for name, path in pictures.items()}
        fidelity = {name: _output((sys.executable, str(HERE / "fidelity.py")), path) for name, path in pictures.items()}
    rows = _rows(figures, fidelity)
    _print(contenders, figures, rows)
    RESULTS.parent.mkdir(exist_ok=True)
    result = {
        "machine": _machine(),
        "rows": rows,
        "contenders": {one.name: one.note for one in contenders},
        "figures": figures,
        "fidelity": fidelity,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The variant set of one upload against its peers")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender's process is started, taking turns")
    parser.add_argument("--repeats", type=int, default=2, help="jobs measured in each process, after one that warms it up")
    return parser.parse_args()


def _contenders() -> tuple[Contender, ...]:
    peers = str(python_with(HERE / "requirements.txt", PEERS / "python"))
    ours = (
        Contender("aizen", (sys.executable, str(HERE / "aizen_variants.py")), "10 outputs in one job"),
        Contender("aizen+mezzanines", (sys.executable, str(HERE / "aizen_with_mezzanines.py")), "13 outputs: all that an upload makes"),
        Contender("naive", (sys.executable, str(HERE / "naive_pillow.py")), "10 full decodes, 10 Lanczos"),
        Contender("libvips", (peers, str(HERE / "libvips_per_output.py")), "thumbnail() for each of 10 outputs"),
    )
    sharp = node_with(HERE / "package.json", HERE / "sharp_per_output.cjs", PEERS / "node")
    return (*ours, Contender("sharp", sharp, "resize() for each of 10 outputs")) if sharp else ours


def _raced(contenders: tuple[Contender, ...], path: Path, *, rounds: int, repeats: int) -> dict[str, list[Figures]]:
    """What each contender used in each round. They take turns, so that what else the machine does falls on all of them."""
    figures: dict[str, list[Figures]] = {one.name: [] for one in contenders}
    for _ in range(rounds):
        for one in contenders:
            figures[one.name].append(_output(one.command, path, str(repeats)))
    return figures


def _output(command: tuple[str, ...], path: Path, *arguments: str) -> Any:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    done = subprocess.run([*command, str(path), *arguments], check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout)


def _rows(figures: dict[str, dict[str, list[Figures]]], fidelity: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for row, what, peer, source, goal in GOALS:
        ours = figures[source]["aizen"]
        if peer is None:
            value = median(one["peak_mib"] for one in ours)
        elif peer in figures[source]:
            theirs = figures[source][peer]
            value = median(a["cpu_seconds"] / b["cpu_seconds"] for a, b in zip(ours, theirs, strict=True))
        else:
            continue
        rows.append({"row": row, "what": f"{what}, {source}", "goal": f"≤ {goal}", "measured": round(value, 3), "met": value <= goal})
    for what, key, goal in (("PSNR-Y of the worst variant, dB", "psnr_y", 48), ("SSIM of the worst variant", "ssim", 0.996)):
        value = min(one[key] for source in fidelity.values() for one in source["variants"] + source["with_mezzanines"])
        rows.append({"row": "P4", "what": what, "goal": f"≥ {goal}", "measured": round(value, 4), "met": value >= goal})
    return rows


def _print(contenders: tuple[Contender, ...], figures: dict[str, dict[str, list[Figures]]], rows: list[dict[str, Any]]) -> None:
    print(f"\n{'source':12} {'contender':18} {'CPU s':>7} {'wall s':>7} {'MiB':>6} {'kB out':>7}  what")
    for source, of_source in figures.items():
        for one in contenders:
            middle = {key: median(figure[key] for figure in of_source[one.name]) for key in of_source[one.name][0]}
            print(
                f"{source:12} {one.name:18} {middle['cpu_seconds']:7.3f} {middle['wall_seconds']:7.3f} {middle['peak_mib']:6.0f} "
                f"{middle['bytes'] / 1000:7.0f}  {one.note}"
            )
    print(f"\n{'row':4} {'what':46} {'goal':>8} {'measured':>9}  met")
    for row in rows:
        print(f"{row['row']:4} {row['what']:46} {row['goal']:>8} {row['measured']:>9}  {'yes' if row['met'] else 'NO'}")


def _machine() -> dict[str, Any]:
    return {"system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(), "cores": os.cpu_count()}


if __name__ == "__main__":
    main()
