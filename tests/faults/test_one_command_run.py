"""``flask run-all`` on SQLite, the local disk and the embedded queue: the README's flow from nothing to nothing, and an orderly end."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis
import requests
from PIL import Image

from tests import pictures
from tests.faults.client import PASSWORD, User, register
from tests.faults.installation import FLASK, Installation
from tests.faults.parts import Part, children_of, family_of, is_running, kill
from tests.faults.waiting import eventually

PHOTO = "picosdeeuropa_by_Aitzol_Berasategi.jpg"


class OneCommandRun(Installation):
    """An installation of which a supervisor looks after every part."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'data' / 'aizen.sqlite3'}"
        # Nothing is named: database, queue and storage are the embedded ones.
        nothing = {"DATABASE_URL": "", "REDIS_URL": "", "STORAGE": "", "EMAIL_VERIFICATION": ""}
        # A 12-megapixel photograph takes longer than the short times of the other tests.
        unhurried = {"JOB_SECONDS": "30", "REMOVAL_GRACE_SECONDS": "60"}
        super().__init__(folder, database_url=url, redis_url="", changes={**nothing, **unhurried})
        self.supervisor = Part(
            "supervisor", [*FLASK, "run-all"], environment=self.environment, log=folder / "run-all.log", dies_by=signal.SIGTERM
        )

    @property
    def parts(self) -> list[Part]:
        return [self.supervisor]

    @property
    def socket(self) -> Path:
        return self.folder / "data" / "valkey.sock"

    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket))

    def running(self, *words: str) -> list[int]:
        """The supervisor's children whose command line has these words."""
        return [pid for pid in children_of(self.supervisor.pid) if all(word in command_of(pid) for word in words)]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, servers_folder: Path) -> Iterator[OneCommandRun]:
    folder = servers_folder / "run-all"
    installation = OneCommandRun(folder)
    migrated = installation.flask("db", "upgrade")
    assert migrated.returncode == 0, migrated.stderr
    with installation:
        yield installation


@pytest.fixture
def photo() -> bytes:
    path = pictures.SHARED / "photos" / PHOTO
    return path.read_bytes() if path.exists() else pictures.jpeg(4000, 3000, color="seagreen")


def test_the_flow_of_the_readme_works_and_leaves_nothing(whole: OneCommandRun, photo: bytes) -> None:
    email = "ada@example.org"
    register(whole.base_url, email=email)
    tokens = requests.post(f"{whole.base_url}/api/v1/auth/login", json={"email": email, "password": PASSWORD}, timeout=10).json()
    user = User(whole.base_url, email, tokens["access"])

    image_id = user.upload(photo, name=PHOTO, describe="true", title="Picos de Europa")
    waited = user.request("GET", f"/api/v1/images/{image_id}/status", headers={"Prefer": "wait=20"})
    assert waited.headers["Preference-Applied"] == "wait=20"
    user.wait_until("ready", image_id)
    [listed] = user.request("GET", "/api/v1/images").json()
    assert (listed["id"], listed["title"], listed["file_name"]) == (image_id, "Picos de Europa", PHOTO)
    assert [each["name"] for each in listed["variants"]] == [
        f"w{width}.{end}" for width in (160, 320, 640, 1280, 1920) for end in ("webp", "jpeg")
    ]
    for variant in listed["variants"]:
        answer = requests.get(variant["url"], timeout=10)
        assert answer.status_code == 200, answer.text
        assert len(answer.content) == variant["bytes"]
        with Image.open(io.BytesIO(answer.content)) as opened:
            assert opened.size == (variant["width"], variant["height"])
    assert requests.get(listed["image_url"], timeout=10).content == photo
    assert listed["ai"]["status"] == "done"
    assert listed["ai"]["description"]

    whole.assert_clean()
    user.delete(image_id)
    whole.wait_until_settled()
    for table in ("images", "variants", "work_items", "object_removals"):
        assert whole.count(table) == 0
    assert whole.files() == []
    with whole.redis() as client:
        eventually(lambda: not list(client.scan_iter("rq:job*")), what="no job is left on the queue")
    whole.assert_no_temporary_files()
    assert json.loads(whole.flask("doctor", "--json").stdout)["objects"] == 0


def test_a_new_user_finds_the_letter_where_the_start_message_says(whole: OneCommandRun) -> None:
    said = whole.supervisor.log.read_text(encoding="utf-8")
    folder = whole.folder / "data" / "mail"
    assert f"they become files in {folder}." in said
    user = whole.register()

    def found() -> list[str]:
        return [text for file in folder.glob("*.eml") if f"To: {user.email}" in (text := file.read_text(encoding="utf-8"))]

    eventually(lambda: found() != [], what="the letter is there", story=whole.story)
    (link,) = [line for line in found()[0].splitlines() if line.startswith(f"http://localhost:{whole.port}/")]
    answer = requests.get(link.replace("localhost", "127.0.0.1"), timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"email": user.email, "email_verified": True})


def test_a_part_that_dies_is_started_again(whole: OneCommandRun) -> None:
    user = whole.register()
    for words in (("gunicorn",), ("rq_worker.py",), ("flask", "clock"), ("valkey",)):
        [process] = whole.running(*words)
        for member in family_of(process):
            kill(member)
        eventually(lambda words=words: whole.running(*words), what=f"{words} is started again", story=whole.story)  # type: ignore[misc]
    whole.wait_until_ready()
    image_id = user.upload()
    user.wait_until("ready", image_id)
    user.delete(image_id)
    whole.assert_exact()


def test_a_second_run_on_the_same_data_is_refused(whole: OneCommandRun) -> None:
    refused = whole.flask("run-all")
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert whole.readiness() == 200


def test_run_all_finishes_its_job_after_sigterm_ends_with_0_and_leaves_no_process(whole: OneCommandRun, photo: bytes) -> None:
    user = whole.register()
    image_id = user.upload(photo)  # long enough at work to be met there
    work = f"SELECT state, attempts FROM work_items WHERE subject_id = '{UUID(image_id).hex}'"
    eventually(lambda: whole.rows(work) == [("working", 1)], what="the work is under way", story=whole.story)
    family = family_of(whole.supervisor.pid)
    assert len(family) >= 6  # itself, the queue, gunicorn and its worker, the worker, the clock
    assert whole.supervisor.stop(seconds=40) == 0
    eventually(lambda: not any(map(is_running, family)), what="every process has ended", story=lambda: str(list(map(command_of, family))))
    assert not whole.socket.exists()
    assert whole.rows(work) == [("done", 1)]
    whole.start()
    user.wait_until("ready", image_id)
    user.delete(image_id)
    whole.assert_exact()
