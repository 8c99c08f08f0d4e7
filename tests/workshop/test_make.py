"""The Makefile is the first thing that a newcomer runs: it lists what it can do, and says what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
MAKE = shutil.which("make") or pytest.skip("make is not installed: the Makefile is not checked", allow_module_level=True)


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([MAKE, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that the first steps of ``make run`` need, and no ``.venv``."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def interpreter(folder: Path, body: str) -> str:
    path = folder / "another-python"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_make_alone_lists_every_target_with_a_line_of_help() -> None:
    listed = re.findall(r"^  make (\S+) +\S", make(ROOT).stdout, flags=re.MULTILINE)
    declared = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)[0].split()

    assert listed == declared
    assert {"help", "run", "test", "check", "format", "lock", "bench", "clean"} <= set(listed)


def test_an_old_python_is_refused_in_a_sentence(checkout: Path) -> None:
    old = interpreter(checkout, 'case "$1" in --version) echo "Python 3.10.2" ;; *) exit 1 ;; esac')

    answer = make(checkout, "run", f"PYTHON={old}")

    assert answer.returncode != 0
    assert f"Aizen needs Python 3.11 or newer; {old} is Python 3.10.2." in answer.stderr
    assert not (checkout / ".venv").exists()


def test_a_machine_without_a_new_enough_python_is_told_so(checkout: Path) -> None:
    answer = make(checkout, "run", "PYTHON=")

    assert answer.returncode != 0
    assert "Aizen needs Python 3.11 or newer, and found none." in answer.stderr


def test_a_python_without_venv_is_refused_with_the_remedy(checkout: Path) -> None:
    bare = interpreter(checkout, f'case "$2" in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac')

    answer = make(checkout, "run", f"PYTHON={bare}")

    assert answer.returncode != 0
    assert "apt install python3-venv" in answer.stderr


def test_what_is_installed_is_not_installed_again_until_the_pins_change(checkout: Path) -> None:
    for name in ("created", "installed-requirements", "installed-requirements-dev"):
        (checkout / ".venv").mkdir(exist_ok=True)
        (checkout / ".venv" / name).touch()

    assert "pip" not in make(checkout, "--dry-run", "run").stdout
    newer = (checkout / ".venv" / "installed-requirements").stat().st_mtime + 10
    os.utime(checkout / "requirements.txt", (newer, newer))
    assert "install --require-hashes -r requirements.txt" in make(checkout, "--dry-run", "run").stdout


def test_make_clean_leaves_the_data_alone(checkout: Path) -> None:
    for name in (".data", ".venv", "aizen/__pycache__"):
        (checkout / name).mkdir(parents=True)

    make(checkout, "clean")

    assert {path.name for path in checkout.iterdir()} == {"Makefile", "requirements.txt", "requirements-dev.txt", ".data", "aizen"}
