from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.s3 import S3Server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with S3Server.from_environ() as server:
        yield server
