"""The launchers themselves: a service goes when the tests go, however they go."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.services.postgres import Postgres
from tests.services.valkey import Valkey

REPOSITORY = Path(__file__).resolve().parents[2]

STARTS_AND_IS_KILLED = """
import os, signal
from tests.services.postgres import Postgres
from tests.services.s3 import S3Server
from tests.services.valkey import Valkey
with Postgres() as postgres, Valkey() as valkey, S3Server() as s3:
    print(*(service._process.pid for service in (postgres, valkey, s3)), flush=True)
    print(*(service._folder for service in (postgres, valkey, s3)), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def running(pid: int) -> bool:
    try:
        # A zombie is ended too; whoever inherited it has yet to notice.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent: leftovers of a killed run are not checked")
def test_no_service_outlives_a_killed_test_run() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")} | {"PYTHONPATH": str(REPOSITORY)}
    killed = subprocess.run(
        [sys.executable, "-c", STARTS_AND_IS_KILLED], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    pids, folders = (line.split() for line in killed.stdout.splitlines())
    assert len(pids) == 3
    deadline = time.monotonic() + 10
    while any(running(int(pid)) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    left = [pid for pid in pids if running(int(pid))]
    for pid in left:
        os.kill(int(pid), signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder)
    assert left == []


def test_postgres_keeps_its_address_and_data_when_it_is_restarted_killed_or_hangs() -> None:
    with Postgres() as postgres:
        url = postgres.create_database("kept")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE proof AS SELECT 7 AS number")
        postgres.restart()
        postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
        postgres.start()
        postgres.pause()
        with pytest.raises(psycopg.errors.ConnectionTimeout):
            psycopg.connect(url, connect_timeout=1)
        postgres.resume()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM proof").fetchone() == (7,)


@pytest.mark.parametrize("port", [None, 0], ids=["socket", "port"])
def test_valkey_keeps_its_address_and_data_when_it_is_killed(port: int | None) -> None:
    with Valkey(port=port) as valkey:
        with valkey.client() as client:
            client.set("kept", "7")
        valkey.kill()
        valkey.start()
        with valkey.client() as client:
            assert client.get("kept") == b"7"
        valkey.flush()
        with valkey.client() as client:
            assert client.dbsize() == 0
