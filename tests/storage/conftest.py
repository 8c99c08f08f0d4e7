from __future__ import annotations

from collections.abc import Iterator

import pytest

from aizen.storage.s3 import S3Storage
from tests.services.s3 import S3Server


@pytest.fixture(scope="session")
def s3_server(s3_server: S3Server) -> Iterator[S3Server]:
    """The server of all tests, with a bucket that no application knows."""
    with s3_server.with_another_bucket() as server:
        yield server


@pytest.fixture(scope="session")
def s3_storage(s3_server: S3Server) -> S3Storage:
    """Opened once, as an application does: to open a client takes longer than most tests."""
    return S3Storage(
        s3_server.bucket,
        region=s3_server.region,
        access_key_id=s3_server.access_key,
        secret_access_key=s3_server.secret_key,
        endpoint_url=s3_server.endpoint,
        addressing_style="path",
    )
