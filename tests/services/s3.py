"""A real S3 service that checks signatures: OpenStack Swift, in a process of its own."""

from __future__ import annotations

import copy
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import boto3
import pytest
from botocore.config import Config

from tests.services.process import end, freeze, spawn, thaw, wait_until

_REPOSITORY = Path(__file__).resolve().parents[2]


def _name_of_bucket() -> str:
    return f"aizen-test-{secrets.token_hex(6)}"


class S3Server:
    """A server of its own with one empty bucket, ``bucket``; its objects are in memory and end with it.

    With ``external_endpoint`` it stands for a running service instead (path-style addresses), in which it makes a bucket of its own and
    removes it at the end.
    """

    region = "us-east-1"

    def __init__(self, *, external_endpoint: str | None = None, access_key: str | None = None, secret_key: str | None = None) -> None:
        self._external_endpoint = external_endpoint
        self.access_key = access_key or "aizen:test"
        self.secret_key = secret_key or secrets.token_hex(20)
        self.bucket = _name_of_bucket()
        self._client: Any = None
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @classmethod
    def from_environ(cls) -> Self:
        return cls(
            external_endpoint=os.environ.get("TEST_S3_ENDPOINT"),
            access_key=os.environ.get("TEST_S3_ACCESS_KEY"),
            secret_key=os.environ.get("TEST_S3_SECRET_KEY"),
        )

    def __enter__(self) -> Self:
        try:
            if self._external_endpoint is None:
                self._start()
            self.client().create_bucket(Bucket=self.bucket)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self._external_endpoint is not None:
            self.empty()
            self.client().delete_bucket(Bucket=self.bucket)
        self.stop()

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:…``"""
        return self._external_endpoint or f"http://127.0.0.1:{self._port}"

    @contextmanager
    def with_another_bucket(self) -> Iterator[Self]:
        """The same server with an empty bucket of its own, which is removed at the end."""
        other = copy.copy(self)
        other.bucket = _name_of_bucket()
        self.client().create_bucket(Bucket=other.bucket)
        yield other
        other.empty()
        self.client().delete_bucket(Bucket=other.bucket)

    def client(self) -> Any:
        """Answer a boto3 client that may do everything."""
        # Made once: each reads the description of the service anew, which takes longer than most of what is asked.
        if self._client is None:
            self._client = boto3.session.Session().client(
                "s3",
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
            )
        return self._client

    def empty(self) -> None:
        """Leave no object in the bucket."""
        client = self.client()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for item in page.get("Contents", ()):
                client.delete_object(Bucket=self.bucket, Key=item["Key"])

    def stop(self) -> None:
        """End the server, and its objects with it; a second call does nothing."""
        if self._process is not None:
            end(self._process, by=signal.SIGKILL)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._folder = None

    def pause(self) -> None:
        """Make the server hang: connections are accepted by the kernel, and nothing is answered."""
        freeze(self._own_process)

    def resume(self) -> None:
        thaw(self._own_process)

    def _start(self) -> None:
        if sys.platform != "linux" or importlib.util.find_spec("swift") is None:
            pytest.skip("Swift runs on Linux only: name an S3 service in TEST_S3_ENDPOINT, else nothing is checked against a real one")
        self._folder = folder = Path(tempfile.mkdtemp(prefix="aizen-s3-"))
        (folder / "credentials").write_text(f"{self.access_key}\n{self.secret_key}\n")
        self._process = spawn(
            [sys.executable, "-m", "tests.services.swift_server", folder],
            dies_by=signal.SIGKILL,
            log=folder / "log",
            folder=_REPOSITORY,
            # Swift's own deprecation warnings stay in its process.
            environment={"PATH": os.defpath, "PYTHONWARNINGS": "ignore", "LC_ALL": "C.UTF-8", "HOME": str(folder)},
        )
        wait_until((folder / "port").exists, process=self._process, log=folder / "log")
        self._port = int((folder / "port").read_text())

    @property
    def _own_process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            pytest.skip("TEST_S3_ENDPOINT names a service that is not ours: what happens when it hangs is not checked")
        return self._process
