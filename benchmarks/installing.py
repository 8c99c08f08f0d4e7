"""The peers' own packages, each set in a folder of its own that git does not see: never in the product's environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path


def python_with(requirements: Path, folder: Path) -> Path:
    """A Python whose environment in ``folder`` has exactly what the file ``requirements`` says now."""
    python, installed = folder / "bin" / "python", folder / "installed"
    wanted = requirements.read_text(encoding="utf-8")
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)], check=True)
        installed.write_text(wanted, encoding="utf-8")
    return python


def node_with(package: Path, script: Path, folder: Path) -> tuple[str, str] | None:
    """The command that runs ``script`` beside what ``package`` (a package.json) says, in ``folder``; None where there is no node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("node and npm are not here: sharp is left out", file=sys.stderr)
        return None
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(package, folder)
        subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return node, str(shutil.copy(script, folder))
