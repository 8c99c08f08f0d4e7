"""The peers' own packages, each set in a folder of its own that git does not see: never in the product's environment."""

from __future__ import annotations

import os
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
        print(f"node and npm are not here: {script.name} is left out", file=sys.stderr)
        return None
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(package, folder)
        subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return node, str(shutil.copy(script, folder))


def debian(**packages: str) -> None:
    """Programs by the packages of Debian that have them are there, or were installed. Raises SystemExit where that cannot be."""
    missing = [package for program, package in packages.items() if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        sys.exit(f"Please install {' and '.join(missing)}, which this benchmark needs.")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    subprocess.run([*as_root, "apt-get", "update", "-qq"], check=True)
    subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True)
