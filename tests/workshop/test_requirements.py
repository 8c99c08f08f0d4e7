"""The compiled requirements pin everything, agree with pyproject.toml and with each other, and install from whatever index the user has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from aizen import VERSION

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[str]:
    """Each requirement with its hashes, on one line."""
    without_comments = re.sub(r"^\s*#.*\n", "", text_of(name), flags=re.MULTILINE)
    return without_comments.replace("\\\n", " ").splitlines()


def pins(name: str) -> dict[str, set[str]]:
    """The versions that are pinned of each package; more than one where markers part them."""
    found: dict[str, set[str]] = {}
    for block in blocks(name):
        pin = Requirement(block.split("--hash=")[0].strip())
        found.setdefault(canonicalize_name(pin.name), set()).add(str(pin.specifier).removeprefix("=="))
    return found


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_every_requirement_is_one_exact_version_with_hashes(name: str) -> None:
    assert [block for block in blocks(name) if not re.match(r"\S+==[^\s*]+ .*--hash=sha256:[0-9a-f]{64}", block)] == []


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_no_requirement_names_a_host(name: str) -> None:
    assert re.findall(r".*(?:://|index-url|find-links).*", text_of(name)) == []


@pytest.mark.parametrize(
    ("name", "direct"),
    [(RUNTIME, PROJECT["dependencies"]), (DEVELOPMENT, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"])],
)
def test_each_direct_dependency_is_pinned_within_its_bounds(name: str, direct: list[str]) -> None:
    pinned = pins(name)

    outside = [
        line
        for line in direct
        if not all(Requirement(line).specifier.contains(version) for version in pinned.get(canonicalize_name(Requirement(line).name), {""}))
    ]

    assert outside == []


def test_the_suite_runs_on_the_versions_that_users_get() -> None:
    development = pins(DEVELOPMENT)

    assert {name: versions for name, versions in pins(RUNTIME).items() if development.get(name) != versions} == {}


def test_there_is_one_lock() -> None:
    assert not (ROOT / "uv.lock").exists()


def test_the_version_that_errors_are_reported_with_is_the_projects() -> None:
    assert PROJECT["version"] == VERSION
