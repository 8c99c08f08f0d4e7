"""The Dockerfile says what the Procfile says and keeps no secret; its RUN steps work, outside a container, on folders of the test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aizen.settings import Settings
from tests.workshop import dockerfile

ROOT = Path(__file__).resolve().parents[2]
# The steps of npm are those of `make check-frontend`, which runs them.
RUNS = {" ".join(each.words[:3]): each.words for each in dockerfile.instructions() if each.name == "RUN" and each.words[0] != "npm"}


def test_every_step_that_runs_is_executed_below() -> None:
    assert {words[0].rpartition("/")[2] for words in RUNS.values()} == {"python", "groupadd", "useradd", "install"}
    assert all(each.is_exec_form for each in dockerfile.instructions() if each.name == "RUN")


def outside(words: list[str], folder: Path) -> list[str]:
    """The step with the image's folders below ``folder``, and this interpreter in the place of the image's."""
    program, *rest = words
    rest = [str(folder / word.removeprefix("/")) if word in ("/opt/aizen", "/data") and "--home-dir" not in rest else word for word in rest]
    if program in ("groupadd", "useradd"):
        return [shutil.which(program) or program, "--prefix", str(folder), *rest]
    return [sys.executable if program.endswith("python") else program, *rest]


@pytest.mark.parametrize("step", RUNS)
def test_a_step_of_the_build_works(step: str, tmp_path: Path) -> None:
    command = outside(RUNS[step], tmp_path)
    if command[0].rpartition("/")[2] in ("groupadd", "useradd", "install") and os.geteuid() != 0:
        pytest.skip(f"only root may do it: the step `{step}` of the Dockerfile is not executed")
    if "groupadd" in command[0] and shutil.which("groupadd") is None:
        pytest.skip("there is no groupadd on this machine: the image's user is not made")
    (tmp_path / "etc").mkdir()
    folder = ROOT
    if "pip" in command:
        # Nothing is changed: the suite runs on these very pins, so there is nothing left to install.
        command.insert(command.index("install") + 1, "--dry-run")
    if "venv" in command:
        # Nothing is installed into it here, and to unpack pip takes four seconds.
        command.insert(command.index("venv") + 1, "--without-pip")
    if "compileall" in command:
        folder = tmp_path / "app"
        folder.mkdir()
        dockerfile.copy_into(folder)
    if "useradd" in command[0]:
        (tmp_path / "etc" / "group").write_text("aizen:x:10001:\n")

    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert has_worked(command, done.stdout, tmp_path)


def has_worked(command: list[str], said: str, folder: Path) -> bool:
    """Whether the step's effect is there."""
    match command:
        case [_, "-m", "venv", *_]:
            return (folder / "opt/aizen/bin/python").exists()
        case [_, "-m", "pip", *_]:
            return "already satisfied" in said and "Would install" not in said
        case [_, "-m", "compileall", *_]:
            return any((folder / "app/aizen").rglob("app.*.pyc"))
        case [program, *_] if program.endswith("groupadd"):
            return "aizen:x:10001:" in (folder / "etc/group").read_text()
        case [program, *_] if program.endswith("useradd"):
            return "aizen:!:10001:10001::/data:/usr/sbin/nologin" in (folder / "etc/passwd").read_text()
    return (folder / "data").stat().st_uid == 10001


def test_the_image_runs_what_the_procfile_runs_and_by_itself() -> None:
    """In exec form: a shell in between would keep SIGTERM to itself."""
    web, check = dockerfile.the("CMD"), dockerfile.the("HEALTHCHECK")

    assert web.is_exec_form
    assert web.words == ["gunicorn", "wsgi:app"]
    assert check.rest == 'CMD ["python", "-m", "aizen.alive", "web"]'
    assert dockerfile.the("STOPSIGNAL").rest == "SIGTERM"


def test_the_image_runs_as_a_fixed_user_that_is_not_root() -> None:
    assert dockerfile.the("USER").rest == "10001:10001"
    assert [each.name for each in dockerfile.final_stage() if each.name in ("COPY", "RUN")][-1] == "RUN"
    assert [each for each in dockerfile.instructions() if "chown" in each.flags] == []


def test_the_image_is_in_production_and_holds_no_secret() -> None:
    secrets = {variable for variable, _, _, is_secret in Settings.table() if is_secret}
    set_in_the_image = dockerfile.environment()

    assert set_in_the_image["AIZEN_ENV"] == "production"
    assert set_in_the_image["PYTHONUNBUFFERED"] == "1"
    assert secrets & set(set_in_the_image) == set()
    assert [each for each in dockerfile.instructions() if each.name == "ARG"] == []
    assert set(set_in_the_image) - {"PATH", "PYTHONUNBUFFERED"} <= {variable for variable, *_ in Settings.table()}


def test_every_stage_of_python_uses_the_one_that_render_uses() -> None:
    bases = [each.words[0] for each in dockerfile.instructions() if each.name == "FROM"]
    render = (ROOT / "render.yaml").read_text(encoding="utf-8")

    assert bases == ["node:22-slim", "python:3.13-slim", "python:3.13-slim"]
    assert "PYTHON_VERSION, value: 3.13." in render


def test_the_page_in_the_image_is_built_from_what_is_locked_and_no_other_gets_in() -> None:
    steps = [each.words for each in dockerfile.instructions() if each.name == "RUN" and each.words[0] == "npm"]
    scripts = json.loads((ROOT / "frontend" / "package.json").read_text(encoding="utf-8"))["scripts"]
    [built] = [each for each in dockerfile.final_stage() if each.flags.get("from") == "page"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert [words[:2] for words in steps] == [["npm", "ci"], ["npm", "run"]]
    assert steps[1][2] in scripts
    assert built.words == [steps[1][-1], "./aizen/static"]
    assert {"aizen/static", "frontend/node_modules"} <= set(ignored[ignored.index("!frontend") :])


def test_the_build_sees_what_the_image_needs_and_no_more() -> None:
    copied = {
        source for each in dockerfile.instructions() if each.name == "COPY" and "from" not in each.flags for source in each.words[:-1]
    }

    assert dockerfile.allowed_into_the_build() == {Path(source).parts[0] for source in copied}
    assert all((ROOT / source).exists() for source in copied)
