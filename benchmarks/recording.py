"""What every benchmark leaves behind: a table on the screen, and ``results/<name>.json`` for the table of README.md.

A result is ``{"date", "machine": {…}, "rows": [{"row", "what", "goal", "measured", "met"}], "contenders": {…}, "figures": {…}}``;
a row without a goal stands for comparison, and its ``met`` is null.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Row:
    """One figure: the row of the goals that it belongs to, what it is with its unit, and the goal as text, if there is one."""

    row: str
    what: str
    goal: str
    measured: float
    met: bool | None


def at_most(goal: float, row: str, what: str, *, measured: float) -> Row:
    """A figure that must not be larger than ``goal``."""
    return Row(row, what, f"≤ {goal:g}", round(measured, 3), measured <= goal)


def at_least(goal: float, row: str, what: str, *, measured: float) -> Row:
    """A figure that must not be smaller than ``goal``."""
    return Row(row, what, f"≥ {goal:g}", round(measured, 4), measured >= goal)


def beside(row: str, what: str, *, measured: float) -> Row:
    """A figure without a goal."""
    return Row(row, what, "", round(measured, 3), None)


def record(name: str, rows: Sequence[Row], *, contenders: Mapping[str, str], figures: Mapping[str, Any]) -> None:
    """The rows are on the screen, and with the single figures in ``results/<name>.json``."""
    print(f"{'row':4} {'what':84} {'goal':>7} {'measured':>9}  met")
    for each in rows:
        print(f"{each.row:4} {each.what:84} {each.goal:>7} {each.measured:>9.3f}  {_verdict(each)}")
    result = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": _machine(),
        "rows": [asdict(each) for each in rows],
        "contenders": dict(contenders),
        "figures": dict(figures),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _verdict(row: Row) -> str:
    return "" if row.met is None else "yes" if row.met else "NO"


def _machine() -> dict[str, Any]:
    return {"system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(), "cores": os.cpu_count()}
