"""What the README and the pages in docs say is what happens: their commands are run as they stand, against what `make run` runs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from aizen.queue import last_heartbeat
from aizen.settings import EMBEDDED_QUEUE_SOCKET
from tests import pictures
from tests.faults.installation import base_environment, free_port
from tests.services.process import end, spawn, wait_until

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PHOTO = "picosdeeuropa_by_Aitzol_Berasategi.jpg"


@pytest.fixture(scope="module")
def running(session_folder: Path) -> Iterator[str]:
    """The address of a whole installation on SQLite, the local disk and the embedded queue. At the end no file is left in it."""
    port = free_port()
    data = session_folder / f"readme-{port}"
    environ = {**base_environment(), "DATA_DIR": str(data), "PORT": str(port), "LOG_LEVEL": "WARNING", "CLOCK_SECONDS": "0.2"}
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    subprocess.run([*flask, "db", "upgrade"], cwd=ROOT, env=environ, check=True, capture_output=True)
    log = session_folder / "readme.log"
    process = spawn([*flask, "run-all"], dies_by=signal.SIGTERM, log=log, folder=ROOT, environment=environ)
    address = f"http://localhost:{port}"
    wait_until(lambda: answers(f"{address}/readyz"), process=process, log=log, seconds=60)
    # The page waits for the picture's variants, not for the worker to be started.
    queue_url = f"unix://{data / EMBEDDED_QUEUE_SOCKET}"
    wait_until(lambda: last_heartbeat(queue_url, host=socket.gethostname(), seconds=5) is not None, process=process, log=log, seconds=60)
    yield address
    media = data / "media"
    # os.walk does not mind that folders go while it walks.
    wait_until(lambda: not any(files for _, _, files in os.walk(media)), process=process, log=log)
    end(process, by=signal.SIGTERM, seconds=30)
    assert process.returncode == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def printed_by(page: str, folder: Path, running: str) -> str:
    """What the block of commands in ``page`` prints when it is run in ``folder``, where the photograph lies that it uploads."""
    block = re.search(r"executed by tests/test_readme.py. -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert block is not None
    script = block[1].replace("http://localhost:8000", running)
    source = pictures.SHARED / "photos" / PHOTO
    if source.exists():
        shutil.copy(source, folder / "picture.jpg")
    else:
        (folder / "picture.jpg").write_bytes(pictures.jpeg(800, 600))
    told = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_the_curl_lines_of_the_readme_do_what_they_say(running: str, tmp_path: Path) -> None:
    told = printed_by(README, tmp_path, running)
    assert '"status":"ready","ai_status":"done"' in told
    assert '"alt_status":"approved"' in told
    assert '"matched":{"field":"tags","snippet":"mountains"}' in told or '"matched":{"field":"title"' in told
    assert "No model has looked at this picture" in told
    assert (tmp_path / "smallest.webp").read_bytes()[8:12] == b"WEBP"
    assert "HTTP/1.1 204" in told


def test_the_curl_lines_of_a_client_of_an_older_system_do_what_they_say(running: str, tmp_path: Path) -> None:
    told = printed_by((ROOT / "docs" / "old-clients.md").read_text(encoding="utf-8"), tmp_path, running)
    assert "The image is READY." in told
    assert '"title":"Picos de Europa","description":"Seen from Cain"' in told
    assert "HTTP/1.1 204" in told
    assert told.count('"email":"grace@example.org"') >= 3
    assert told.rstrip().endswith("}")
    assert '"code": "session_ended"' in told.splitlines()[-1]


def test_flask_run_serves_the_api_alone_at_the_address_that_its_answers_name(session_folder: Path) -> None:
    command = re.search(r"`\.venv/bin/(flask run [^`]+)`", README)
    assert command is not None
    port = free_port()
    environ = {**base_environment(), "DATA_DIR": str(session_folder / "alone"), "PORT": str(port), "LOG_LEVEL": "INFO"}
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    subprocess.run([*flask, "db", "upgrade"], cwd=ROOT, env=environ, check=True, capture_output=True)
    words = command[1].replace("8000", str(port)).split()[1:]
    log = session_folder / "alone.log"
    process = spawn([*flask, *words], dies_by=signal.SIGTERM, log=log, folder=ROOT, environment=environ)
    wait_until(lambda: answers(f"http://localhost:{port}/readyz"), process=process, log=log, seconds=60)
    answers(f"http://localhost:{port}/media/images/a?expires=1&for=owner&signature=quiet")
    end(process, by=signal.SIGTERM)
    assert "quiet" not in log.read_text(encoding="utf-8")


def test_every_file_that_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", README):
        assert (ROOT / target).exists(), target


def test_every_variable_that_the_readme_names_is_a_setting() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    table = README.split("## Settings")[1].split("## Deploy")[0]
    for variable in re.findall(r"`([A-Z][A-Z0-9_]{3,})(?:=\w+)?`", table):
        assert variable in example


def test_every_test_that_the_promises_name_is_there() -> None:
    promises = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    for target in re.findall(r"`(tests/[^`]+)`", promises):
        assert (ROOT / target).exists(), target
