"""docs/storage.md and docs/deployment.md say what is so: their commands are executed, or say themselves that they are not."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.validate import validate_parameters
from flask.testing import FlaskClient

from aizen.settings import Settings
from tests import pictures
from tests.conftest import People
from tests.faults.installation import base_environment, on_s3
from tests.services.s3 import S3Server
from tests.workshop import compose
from tests.workshop.stack import PROGRAMS, RCLONE

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("storage.md", "deployment.md")}
EVERYTHING = "\n".join(DOCUMENTS.values())
BLOCK = re.compile(r"(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
BLOCKS = list(BLOCK.finditer(EVERYTHING))

# What production needs besides what a block of the documents adds.
ELSE = {
    "AIZEN_ENV": "production",
    "SECRET_KEY": "4f0c6f1d2b9a4e7786d5c3b2a190e8f7d6c5b4a3928170f6",
    "PUBLIC_URL": "https://images.host.test",
    "DATABASE_URL": "postgresql://aizen:pw@db.host.test/aizen",
    "REDIS_URL": "rediss://queue.host.test:6379",
    "STORAGE": "s3",
    "S3_BUCKET_NAME": "pictures",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}
# The action of IAM that each operation of S3 needs.
ACTIONS = {
    "put_object": "s3:PutObject",
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "delete_object": "s3:DeleteObject",
    "list_objects_v2": "s3:ListBucket",
    "head_bucket": "s3:ListBucket",
}


def blocks(language: str) -> list[str]:
    return [block["text"] for block in BLOCKS if block["language"] == language]


def executed_here(beginning: str) -> str:
    """The one block that this file executes and that begins so."""
    [found] = [
        block["text"]
        for block in BLOCKS
        if block["mark"] == "Executed by tests/workshop/test_documents.py." and block["text"].startswith(beginning)
    ]
    return found


def test_every_block_says_whether_it_is_executed() -> None:
    marks = [block["mark"] or f"nothing: {block['text']}" for block in BLOCKS]

    assert [mark for mark in marks if not re.search(r"^Executed by|^Not executed by|hecked by", mark)] == []
    assert marks.count("Executed by tests/workshop/test_documents.py.") == 3
    for name in set(re.findall(r"tests/\w+/\w+\.py", EVERYTHING)):
        assert (ROOT / name).exists(), name


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+\.?\w*)(?:#[^)]*)?\)", EVERYTHING):
        assert "://" in target or (ROOT / "docs" / target).exists(), target
    headings = {re.sub(r"[^\w -]", "", line[1]).lower().replace(" ", "-") for line in re.finditer(r"^#+ (.*)$", EVERYTHING, re.MULTILINE)}
    assert set(re.findall(r"\]\([^)#]*#([^)]+)\)", EVERYTHING)) <= headings


def test_only_settings_that_exist_are_named() -> None:
    known = {variable for variable, *_ in Settings.table()} | {"POSTGRES_PASSWORD", "OBJECT_STORE_PASSWORD"}
    named = set(re.findall(r"`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)[=`]", EVERYTHING))

    assert named - known == set()


def operations_called() -> set[str]:
    """The operations of S3 that aizen/storage/s3.py calls, lists with, or presigns."""
    tree = ast.parse((ROOT / "aizen/storage/s3.py").read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Attribute)):
            continue
        if node.func.value.attr not in ("_client", "_presigning_client"):
            continue
        if node.func.attr in ("get_paginator", "generate_presigned_url"):
            assert isinstance(node.args[0], ast.Constant)
            found.add(str(node.args[0].value))
        else:
            found.add(node.func.attr)
    return found


def test_the_policy_allows_exactly_what_the_code_does() -> None:
    policy, _, _ = map(json.loads, blocks("json"))
    allowed = {(action, statement["Resource"]) for statement in policy["Statement"] for action in statement["Action"]}
    called = operations_called()

    assert called == set(ACTIONS)
    assert {action for action, _ in allowed} == {ACTIONS[operation] for operation in called}
    for action, resource in allowed:
        assert resource == ("arn:aws:s3:::my-images" if action == "s3:ListBucket" else "arn:aws:s3:::my-images/*")


def test_amazon_would_understand_the_cors_and_lifecycle_rules() -> None:
    _, cors, lifecycle = map(json.loads, blocks("json"))
    model = model_of("s3")

    for operation, parameters in (
        ("PutBucketCors", {"Bucket": "my-images", "CORSConfiguration": cors}),
        ("PutBucketLifecycleConfiguration", {"Bucket": "my-images", "LifecycleConfiguration": lifecycle}),
    ):
        validate_parameters(parameters, model.operation_model(operation).input_shape)


def model_of(service: str) -> Any:
    """What boto3 knows of a service of Amazon."""
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    return boto3.session.Session().client(service, region_name="us-east-1", **keys).meta.service_model


def test_the_commands_for_amazon_name_operations_and_options_that_exist() -> None:
    [script] = [block for block in blocks("sh") if "create-bucket" in block]
    commands = [shlex.split(line) for line in script.replace("\\\n", " ").splitlines()]

    for _, service, operation, *options in commands:
        model = model_of(service.replace("s3api", "s3"))
        [name] = [each for each in model.operation_names if xform_name(each, "-") == operation]
        known = {xform_name(member, "-") for member in model.operation_model(name).input_shape.members} | {"region"}
        assert {word.removeprefix("--") for word in options if word.startswith("--")} <= known, operation


@pytest.mark.parametrize("block", blocks("ini"))
def test_production_accepts_the_settings_that_are_shown(block: str) -> None:
    shown = dict(line.split("=", 1) for line in block.splitlines())

    settings = Settings.from_environ({**ELSE, **shown})

    assert settings.is_production
    assert set(shown) <= {variable for variable, *_ in Settings.table()}
    if "DATABASE_URL" in shown:
        assert settings.database_url == "postgresql+psycopg" + shown["DATABASE_URL"].removeprefix("postgresql")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed: the secrets for the containers are not made")
def test_the_secrets_that_are_made_start_the_containers(tmp_path: Path) -> None:
    subprocess.run(["sh", "-ec", executed_here("touch .env")], cwd=tmp_path, check=True)

    file = tmp_path / ".env"
    made = dict(line.split("=", 1) for line in file.read_text().splitlines())
    web = compose.environment_of(compose.services(made)["web"], made)

    assert file.stat().st_mode & 0o777 == 0o600
    assert Settings.from_environ(web).is_production
    assert len(set(made.values())) == 3


@pytest.fixture
def own_s3_server() -> Iterator[S3Server]:
    """A server for one test: what it leaves behind would be an orphan to whoever shared its bucket."""
    with S3Server.from_environ() as server:
        yield server


@pytest.mark.skipif(RCLONE is None, reason="no rclone wheel for this platform: the way from the disk to a bucket is not executed")
def test_images_move_from_the_disk_to_a_bucket_and_doctor_finds_nothing_wrong(
    client: FlaskClient, people: People, work: Callable[[], int], settings: Settings, own_s3_server: S3Server, tmp_path: Path
) -> None:
    answer = client.post("/api/v1/images", headers=people.owner.headers, data={"image": (BytesIO(pictures.jpeg()), "boat.jpeg")})
    assert answer.status_code == 201, answer.text
    work()
    (settings.media_root / ".incoming").mkdir(exist_ok=True)
    half_written = settings.media_root / ".incoming" / "half-written"
    half_written.write_bytes(b"half")
    (tmp_path / ".data").symlink_to(settings.data_dir)
    target = {
        "RCLONE_CONFIG": str(tmp_path / "none.conf"),
        "RCLONE_CONFIG_TARGET_TYPE": "s3",
        "RCLONE_CONFIG_TARGET_PROVIDER": "Other",
        "RCLONE_CONFIG_TARGET_ENDPOINT": own_s3_server.endpoint,
        "RCLONE_CONFIG_TARGET_REGION": own_s3_server.region,
        "RCLONE_CONFIG_TARGET_ACCESS_KEY_ID": own_s3_server.access_key,
        "RCLONE_CONFIG_TARGET_SECRET_ACCESS_KEY": own_s3_server.secret_key,
        "BUCKET": f"target:{own_s3_server.bucket}",
    }
    moved = {**base_environment(), **on_s3(own_s3_server), "SECRET_KEY": settings.secret_key, "DATABASE_URL": settings.database_url}
    moved |= {"PATH": f"{PROGRAMS}:{Path(str(RCLONE)).parent}:{base_environment()['PATH']}", "DATA_DIR": str(tmp_path / "unused")}

    empty = run(executed_here("flask doctor"), moved, ROOT)
    copied = run(executed_here("rclone copy"), {**moved, **target}, tmp_path)
    full = run(executed_here("flask doctor"), moved, ROOT)
    half_written.unlink()

    assert empty.returncode == 1, "what is not there yet is missed"
    assert copied.returncode == 0, copied.stderr
    assert full.returncode == 0, full.stdout + full.stderr


def run(script: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
