"""The Dockerfile and .dockerignore as Docker reads them, as far as ours use its language."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, its ``--flags``, and the rest of its line."""

    name: str
    flags: dict[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """The words of the exec form, or those of the plain form."""
        return list(json.loads(self.rest)) if self.is_exec_form else shlex.split(self.rest)

    @property
    def is_exec_form(self) -> bool:
        return self.rest.startswith("[")


def instructions() -> list[Instruction]:
    """Those of the Dockerfile, in their order."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        name, rest = line.strip().split(maxsplit=1)
        flags = {}
        while flag := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
            flags[flag[1]] = flag[2]
            rest = rest[flag.end() :]
        found.append(Instruction(name, flags, rest.strip()))
    return found


def final_stage() -> list[Instruction]:
    """The instructions after the last FROM."""
    every = instructions()
    return every[max(place for place, each in enumerate(every) if each.name == "FROM") + 1 :]


def environment() -> dict[str, str]:
    """What the image sets in the environment of its processes."""
    return {name: value for each in final_stage() if each.name == "ENV" for name, _, value in (word.partition("=") for word in each.words)}


def the(name: str) -> Instruction:
    """The one instruction of that name in the final stage."""
    [found] = [each for each in final_stage() if each.name == name]
    return found


def allowed_into_the_build() -> set[str]:
    """The names in the root of the repository that .dockerignore lets in; all else stays outside."""
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*", "everything is left out first"
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def copy_into(folder: Path) -> None:
    """``folder`` holds what COPY brings from the repository into the image's working directory."""
    for each in final_stage():
        if each.name != "COPY" or "from" in each.flags:
            continue
        *sources, target = each.words
        for source in sources:
            assert source in allowed_into_the_build(), f".dockerignore keeps {source} out"
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, folder / target)
