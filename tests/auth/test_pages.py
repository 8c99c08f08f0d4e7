"""docs/api-keys.md and docs/sessions.md say what is so: their commands are executed, and what they name is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from aizen.settings import Settings
from aizen.web.caller import KEY_SCOPES

ROOT = Path(__file__).resolve().parents[2]
KEYS, SESSIONS = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("api-keys.md", "sessions.md"))


@pytest.fixture
def address(app: Flask, client: Any) -> Iterator[str]:
    """Where the application answers, with Ada's account in it."""
    assert client.post("/api/v1/auth/register", json={"email": "ada@example.org", "password": "a quiet river at nine"}).status_code == 201
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join(timeout=30)
    server.server_close()


def printed_by(page: str, address: str, folder: Path) -> list[str]:
    block = re.search(r"executed by tests/auth/test_pages.py. -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert block is not None
    script = block[1].replace("http://localhost:8000", address)
    told = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    return [line for line in told.stdout.splitlines() if line.startswith(("{", "[", "HTTP"))]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: the commands of docs/api-keys.md are not executed")
def test_the_commands_for_keys_do_what_they_say(address: str, tmp_path: Path) -> None:
    images, refused, keys, revoked, dead = printed_by(
        KEYS.replace("curl -s $", "curl -sw '\\n' $").replace("-s -X", "-sw '\\n' -X"), address, tmp_path
    )
    assert json.loads(images) == []
    assert json.loads(refused)["code"] == "scope_missing"
    assert json.loads(keys)[0]["name"] == "Backup of the studio"
    assert json.loads(keys)[0]["last_used_at"] is not None
    assert "204" in revoked
    assert json.loads(dead)["code"] == "token_invalid"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: the commands of docs/sessions.md are not executed")
def test_the_commands_for_browsers_do_what_they_say(address: str, tmp_path: Path) -> None:
    entered, renewed, out = printed_by(SESSIONS.replace("curl -s ", "curl -sw '\\n' "), address, tmp_path)
    for tokens in (entered, renewed):
        assert set(json.loads(tokens)) == {"access", "token_type", "expires_in"}
    assert json.loads(out) == {}
    assert "aizen_refresh" not in (tmp_path / "jar").read_text()


def test_the_table_of_scopes_is_whole() -> None:
    assert tuple(re.findall(r"^\| `([a-z:]+)` \|", KEYS, re.MULTILINE)) == KEY_SCOPES


@pytest.mark.parametrize("page", [KEYS, SESSIONS], ids=["api-keys", "sessions"])
def test_every_setting_and_page_that_is_named_is_there(page: str) -> None:
    known = {variable for variable, *_ in Settings.table()}
    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", page)) <= known
    for target in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (ROOT / "docs" / target).exists(), target
