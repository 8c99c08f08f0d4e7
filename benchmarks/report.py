"""The table of README.md is what the results say: ``python -m benchmarks.report`` writes it, ``--check`` only compares and exits 1."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.recording import RESULTS

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- what `python -m benchmarks.report` writes -->\n", "<!-- until here -->"


def main() -> None:
    """README.md holds the table, or with ``--check`` the exit code says whether it does."""
    old = README.read_text(encoding="utf-8")
    new = with_table(old, table(results()))
    if "--check" not in sys.argv[1:]:
        README.write_text(new, encoding="utf-8")
    elif new != old:
        sys.exit("benchmarks/README.md is not what the results give: run python -m benchmarks.report")


def results() -> list[dict[str, Any]]:
    """Every result there is, in the order of its first row."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("*.json")]
    return sorted(found, key=lambda result: _number(result["rows"][0]))


def table(found: list[dict[str, Any]]) -> str:
    """The rows of all results as a Markdown table. Those without a goal stand for comparison."""
    lines = ["| # | what | goal | measured | met |", "|---|---|---|---|---|"]
    for result in found:
        for row in result["rows"]:
            lines.append(f"| {row['row']} | {row['what']} | {row['goal']} | {_figure(row['measured'])} | {_verdict(row)} |")
    machines = sorted({_machine(result["machine"]) for result in found})
    return "\n".join(lines) + f"\n\nMachine: {'; '.join(machines)}.\n"


def with_table(readme: str, text: str) -> str:
    """``readme`` with ``text`` between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError("README.md has lost the marks around its table")
    return f"{before}{BEGIN}\n{text}\n{end}{after}"


def _number(row: dict[str, Any]) -> int:
    return int(str(row["row"]).removeprefix("P"))


def _figure(value: float) -> str:
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 0.9 or abs(value) >= 1 else f"{value:.4f}"


def _verdict(row: dict[str, Any]) -> str:
    return "" if row["met"] is None else "yes" if row["met"] else "**no**"


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['system']}, {machine['cores']} cores, Python {machine['python']}"


if __name__ == "__main__":
    main()
