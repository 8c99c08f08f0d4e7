"""``flask smoke`` and ``python -m aizen.smoke``, as an operator runs them: on an installation that works, and on some that do not."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.client import PASSWORD
from tests.faults.installation import FLASK, Build, Installation, base_environment, free_port, on_s3
from tests.faults.parts import REPOSITORY, Part
from tests.faults.waiting import eventually
from tests.services.s3 import S3Server
from tests.services.valkey import Valkey

STEPS = ["register", "upload", "ready", "described", "original", "variants", "transformed", "signed", "delete", "gone", "closed"]


def smoke(base_url: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command on a machine that knows no setting of an installation."""
    command = [sys.executable, "-m", "aizen.smoke", base_url, *words]
    environ = {**base_environment(), "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run(
        command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )


def steps(output: str) -> list[str]:
    """The steps that went well, in order."""
    return re.findall(r"^(?:✓|ok  ) (\w+) +\d+ ms", output, re.MULTILINE)


@pytest.fixture(scope="module")
def elsewhere() -> str:
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def own_valkey() -> Iterator[Valkey]:
    """Hints that no worker of another installation takes off the queue."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def misled(build: Build, own_valkey: Valkey, elsewhere: str) -> Iterator[Installation]:
    """An installation whose PUBLIC_URL is wrong, and which has no worker."""
    with build(own_valkey, workers=0, clocks=0, changes={"PUBLIC_URL": elsewhere}) as running:
        yield running


def test_an_installation_that_works_is_proved_step_by_step(installation: Installation, tmp_path: Path) -> None:
    environ = {**base_environment(), "DATA_DIR": str(tmp_path / "data")}
    before = installation.count("images")
    told = subprocess.run(
        [*FLASK, "smoke", installation.base_url], cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert told.returncode == 0, told.stdout + told.stderr + installation.story()
    assert steps(told.stdout) == STEPS
    assert ": no model has looked" in told.stdout
    assert f"8 opened at http://localhost:{installation.port}" in told.stdout
    assert re.search(r"closed .* the account smoke-\w+@example.org\n$", told.stdout)
    assert "remains" not in told.stdout
    email = re.search(r"smoke-\w+@example.org", told.stdout)
    assert email is not None
    eventually(lambda: installation.count("work_items WHERE kind = 'close_account'") == 0, what="nothing of the account is left")
    assert installation.rows(f"SELECT id FROM users WHERE email = '{email[0]}'") == []
    assert installation.count("images") == before
    assert not (tmp_path / "data" / "aizen.sqlite3").exists()


def test_an_account_that_exists_is_used_in_plain_ascii(installation: Installation) -> None:
    email = installation.register().email
    told = smoke(
        installation.base_url, "--email", email, "--password-env", "SMOKE_PASSWORD", SMOKE_PASSWORD=PASSWORD, PYTHONIOENCODING="ascii"
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert steps(told.stdout) == ["login", *STEPS[1:-1]]
    assert "remains" not in told.stdout
    assert installation.rows(f"SELECT id FROM users WHERE email = '{email}'") != []
    refused = smoke(installation.base_url, "--email", email, "--password-env", "SMOKE_PASSWORD", SMOKE_PASSWORD="a wrong one")
    assert refused.returncode == 1
    assert "POST " in refused.stdout
    assert re.search(r"✗ login .*answered 401 bad_credentials: .* \(request id [\w-]{36}\)$", refused.stdout.strip())


def test_an_installation_on_s3_is_proved_through_its_redirects(build: Build, own_valkey: Valkey) -> None:
    # A bucket of its own: without a clock, what was deleted there stays for a while.
    with S3Server.from_environ() as server, build(own_valkey, clocks=0, changes=on_s3(server)) as running:
        told = smoke(running.base_url)
        assert told.returncode == 0, told.stdout + told.stderr + running.story()
        assert steps(told.stdout) == STEPS
        assert f"from {server.endpoint}" in told.stdout


def test_without_a_worker_it_ends_in_time_says_so_and_takes_its_picture_back(misled: Installation) -> None:
    told = smoke(misled.base_url, "--seconds", "3")
    assert told.returncode == 1
    assert steps(told.stdout) == ["register", "upload"]
    assert "The picture is not ready within 3 s (variants is pending, description is waiting)" in told.stdout
    assert "no worker is running" in told.stdout
    assert "The picture has been removed." in told.stdout
    assert "remains" not in told.stdout
    assert misled.count("images") == 0
    assert misled.rows("SELECT id FROM users WHERE email LIKE 'smoke-%'") == []


def test_a_public_url_that_leads_nowhere_is_named(misled: Installation, elsewhere: str) -> None:
    worker = misled.part("worker", (sys.executable, "rq_worker.py"))
    worker.start()
    try:
        told = smoke(misled.base_url)
    finally:
        worker.kill_family()
    assert told.returncode == 1, told.stdout + misled.story()
    assert steps(told.stdout) == STEPS[: STEPS.index("variants")]
    assert f"with PUBLIC_URL={elsewhere}, and that cannot be reached from here: Connection refused." in told.stdout


def test_a_description_that_failed_is_told_with_its_reason(misled: Installation, elsewhere: str) -> None:
    nobody = {"AI_DESCRIBERS": "gemini", "GEMINI_API_KEY": "none", "GEMINI_BASE_URL": elsewhere, "JOB_ATTEMPTS": "1", "AI_SECONDS": "1"}
    worker = Part(
        "worker",
        (sys.executable, "rq_worker.py"),
        environment={**misled.environment, **nobody},
        log=misled.folder / "worker-without-ai.log",
    )
    worker.start()
    try:
        told = smoke(misled.base_url)
    finally:
        worker.kill_family()
    assert told.returncode == 1
    assert steps(told.stdout) == ["register", "upload", "ready"]
    assert re.search(r"✗ described .*ai_status is failed: description: \w+: \w+", told.stdout), told.stdout + worker.story()
    assert misled.count("images") == 0


def test_where_nobody_listens_it_says_so_in_one_line(elsewhere: str) -> None:
    told = smoke(elsewhere)
    assert told.returncode == 1
    assert told.stderr == ""
    assert re.fullmatch(rf"✗ register +\d+ ms  {re.escape(elsewhere)} cannot be reached: Connection refused\.\n", told.stdout)


def test_an_installation_that_wants_confirmed_addresses_and_one_where_nobody_may_join_say_what_to_do(
    build: Build, own_valkey: Valkey
) -> None:
    # One installation for both: whose address is not confirmed has used up what may be registered there.
    changes = {"EMAIL_VERIFICATION": "required", "RATE_LIMIT_REGISTER": "1 per hour"}
    with build(own_valkey, workers=0, clocks=0, changes=changes) as running:
        wanting, told = smoke(running.base_url), smoke(running.base_url)
    assert wanting.returncode == 1
    assert "EMAIL_VERIFICATION=required" in wanting.stdout + wanting.stderr
    assert "--email" in wanting.stdout + wanting.stderr
    assert told.returncode == 1
    assert re.search(
        r"answered 429 \w+: .*RATE_LIMIT_REGISTER is used up: wait \d+ s\. Or use an account that exists: --email", told.stdout
    )
