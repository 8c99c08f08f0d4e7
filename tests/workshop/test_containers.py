"""docker-compose.yml does what it says: its commands and health checks are executed, outside containers, in the environment it gives them.

What only a container runtime can show is not checked here: that the images exist and contain what their documentation says, read-only file
systems, capabilities, networks and volumes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import time_machine

from aizen.storage.s3 import S3Storage
from tests.faults.client import register
from tests.faults.installation import base_environment, free_port
from tests.faults.waiting import eventually
from tests.services.postgres import Postgres
from tests.services.process import end, spawn
from tests.workshop import dockerfile
from tests.workshop.stack import VALKEY_CLI, Stack

ROOT = Path(__file__).resolve().parents[2]
# How rclone ends when it is told to: 128 + SIGTERM, whatever it had at hand.
RCLONE_TERMINATED = 143
NO_CLI = "neither valkey-cli nor redis-cli is installed: the health check of the service redis is not executed"


def test_a_picture_is_uploaded_made_smaller_and_opened_at_the_address_for_browsers(stack: Stack) -> None:
    user = register(stack.url)
    image_id = user.upload()

    image = user.wait_until("ready", image_id)
    [address, *_] = [each["url"] for each in image["variants"]]
    sent_on = requests.get(address, allow_redirects=False, timeout=10)
    opened = requests.get(sent_on.headers["Location"], headers={"Origin": "https://app.host.test"}, timeout=10)

    assert sent_on.status_code == 302
    assert sent_on.headers["Location"].startswith(f"http://localhost:{stack.port['9000']}/aizen/images/")
    assert (opened.status_code, opened.headers["Content-Type"]) == (200, "image/webp")
    assert opened.content[:4] == b"RIFF"
    user.delete(image_id)

    def status() -> int:
        # Without the body, which the S3 server does not always send whole when it has none to send.
        with requests.get(sent_on.headers["Location"], timeout=10, stream=True) as answer:
            return answer.status_code

    eventually(lambda: status() == 404, what="the object is gone", seconds=5)


@pytest.mark.parametrize("name", ["web", "worker", "clock", "s3"])
def test_a_part_ends_in_time_is_unhealthy_then_and_healthy_when_it_runs_again(stack: Stack, name: str) -> None:
    assert stack.health(name).returncode == 0

    assert stack.stop(name) == (RCLONE_TERMINATED if name == "s3" else 0), stack.story(name)
    eventually(lambda: stack.health(name, ALIVE_SECONDS="1").returncode != 0, what=f"{name} is unhealthy")

    stack.start(name)


def test_the_health_check_says_what_is_missing(stack: Stack) -> None:
    assert "the queue does not answer" in stack.health("worker", REDIS_URL="redis://127.0.0.1:1/0").stderr
    assert "nothing answers" in stack.health("web", PORT="1").stderr
    assert "No such file" in stack.health("clock", PULSE_FILE="/nowhere/pulse").stderr
    assert "usage" in subprocess.run([sys.executable, "-m", "aizen.alive"], cwd=ROOT, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("name", ["web", "clock"])
def test_a_part_that_hangs_is_unhealthy_until_it_goes_on(stack: Stack, name: str) -> None:
    process = stack.process(name)
    os.kill(process.pid, signal.SIGSTOP)
    children = [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    for child in children:
        os.kill(child, signal.SIGSTOP)
    try:
        eventually(lambda: stack.health(name, ALIVE_SECONDS="1").returncode != 0, what=f"{name} is unhealthy")
    finally:
        for stopped in (*children, process.pid):
            os.kill(stopped, signal.SIGCONT)
    eventually(lambda: stack.health(name, ALIVE_SECONDS="2").returncode == 0, what=f"{name} is healthy")


def test_the_database_is_healthy_while_it_answers(stack: Stack, stack_database: tuple[Postgres, int]) -> None:
    server, _ = stack_database
    assert stack.health("db").returncode == 0
    server.stop()
    try:
        assert stack.health("db").returncode != 0
    finally:
        server.start()
    assert stack.health("db").returncode == 0


@pytest.mark.skipif(VALKEY_CLI is None, reason=NO_CLI)
def test_the_queue_is_healthy_while_it_answers(stack: Stack) -> None:
    assert stack.health("redis").returncode == 0
    assert stack.stop("redis") == 0
    assert stack.health("redis").returncode != 0
    stack.start("redis")


def test_the_application_writes_to_no_place_but_its_temporary_folder_and_that_of_letters(stack: Stack, tmp_path: Path) -> None:
    """So its root file system may be read-only; the worker, who writes letters, has a volume for them."""
    user = register(stack.url)
    user.wait_until("ready", user.upload())

    pristine = tmp_path / "app"
    pristine.mkdir()
    dockerfile.copy_into(pristine)
    # Python writes its cache where it may; in the image it has been made already, and belongs to root.
    assert names_below(stack.application) == names_below(pristine)
    assert {name.partition("/")[0] for name in names_below(stack.application.parent / "data")} <= {"mail"}


def names_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_doctor_finds_nothing_wrong_in_the_stack(stack: Stack) -> None:
    user = register(stack.url)
    user.wait_until("ready", user.upload())

    def said() -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "flask"), "doctor"]
        return subprocess.run(command, cwd=stack.application, env=stack.environment("web"), capture_output=True, text=True, check=False)

    eventually(lambda: said().returncode == 0, what="doctor is content", story=lambda: said().stdout, seconds=20, interval=0.5)


@pytest.fixture
def object_store(stack: Stack) -> S3Storage:
    """The service s3, as a client in the network of the containers sees it."""
    environment = stack.environment("web")
    return S3Storage(
        environment["S3_BUCKET_NAME"],
        region=environment["S3_REGION"],
        access_key_id=environment["AWS_ACCESS_KEY_ID"],
        secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=environment["AWS_S3_ENDPOINT_URL"],
        public_endpoint_url=environment["S3_PUBLIC_ENDPOINT_URL"],
        addressing_style="path",
    )


def address_of(storage: S3Storage, key: str = "proof/a.webp") -> str:
    return storage.address(key, seconds=60, media_type="image/webp", disposition="inline")


def test_the_object_store_refuses_strangers_and_forged_altered_and_expired_addresses(object_store: S3Storage) -> None:
    object_store.put("proof/a.webp", b"a picture", media_type="image/webp")
    object_store.put("proof/b.webp", b"another picture", media_type="image/webp")
    good = address_of(object_store)
    with time_machine.travel(datetime.now(UTC) - timedelta(seconds=90)):
        expired = address_of(object_store)
    refused = [
        expired,
        good[:-4] + "0000",
        good.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        good.replace("image%2Fwebp", "text%2Fhtml"),
        good.replace("a.webp", "b.webp"),
        good.partition("?")[0],
        f"{urlsplit(good).scheme}://{urlsplit(good).netloc}/aizen?list-type=2",
    ]

    assert requests.get(good, timeout=10).content == b"a picture"
    assert requests.get(good, headers={"Range": "bytes=2-4"}, timeout=10).content == b"pic"
    for address in refused:
        answer = requests.get(address, timeout=10)
        assert 400 <= answer.status_code < 500, address
        assert b"picture" not in answer.content
    for key in ("proof/a.webp", "proof/b.webp"):
        object_store.delete(key)


def test_the_object_store_does_all_that_a_storage_has_to(stack: Stack, stack_folder: Path) -> None:
    """The tests of every storage, on the server that the service s3 runs, in a folder in which they may make a bucket of their own."""
    folder, port = stack_folder / "contract", str(free_port())
    folder.mkdir()
    command = [word.replace(stack.port["9000"], port).replace(str(stack_folder / "objects"), str(folder)) for word in stack.command("s3")]
    environment = stack.environment("s3")
    key, secret = environment["RCLONE_AUTH_KEY"].strip('"').split(",")
    told = {"TEST_S3_ENDPOINT": f"http://127.0.0.1:{port}", "TEST_S3_ACCESS_KEY": key, "TEST_S3_SECRET_KEY": secret}
    server = spawn(command, dies_by=signal.SIGKILL, log=folder.with_suffix(".log"), folder=folder, environment=environment)
    try:
        what = "s3 and (read_again or breaks_off or absent or second_put or may_be_repeated or lists_keys or letters)"
        suite = [sys.executable, "-m", "pytest", "-q", "-k", what, "-p", "no:cacheprovider", "tests/storage/test_contract.py"]
        ended = subprocess.run(suite, cwd=ROOT, env=base_environment() | told, capture_output=True, text=True, check=False, timeout=120)
    finally:
        end(server, by=signal.SIGTERM)
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout
