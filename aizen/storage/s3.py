"""Objects in one private bucket of a service that speaks S3. boto3 and its exceptions stay in this file."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, Literal, cast

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from aizen.errors import AizenError, NotFound, OutOfSpace, Unavailable
from aizen.storage import LONGEST_ADDRESS_SECONDS, StoredObject, checked_key, checked_prefix
from aizen.storage.disk import disk_failure

_ATTEMPTS = 2
_PIECE = 16 * 1024
_IN_MEMORY = 1024 * 1024
_CONNECTIONS = 16

# "404" is what botocore makes of an answer to HEAD, which has no body to carry a code.
_ABSENT = frozenset({"NoSuchKey", "404"})
# Answered with a 4xx, and yet worth another attempt: the bytes did not arrive whole, or did not arrive in time.
_PASSING = frozenset({"BadDigest", "IncompleteBody", "RequestTimeout", "SlowDown", "Throttling", "TooManyRequests", "OperationAborted"})
_OUR_SIDE = (NoCredentialsError, PartialCredentialsError, ParamValidationError)


class S3Storage:
    """Keeps objects in a bucket that is never made public: strangers see an object by a presigned URL or not at all.

    One client serves every thread. It may be made before a fork: a child drops the connections that it inherited, so that two processes
    never talk over one.
    """

    def __init__(  # noqa: PLR0913 - each of them is a setting of its own
        self,
        bucket: str,
        *,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        endpoint_url: str | None = None,
        public_endpoint_url: str | None = None,
        addressing_style: Literal["auto", "path", "virtual"] = "auto",
        connect_seconds: float = 2.0,
        read_seconds: float = 10.0,
        transfer_seconds: float = 60.0,
    ) -> None:
        """``read_seconds`` bounds each silence of the server, ``transfer_seconds`` the transfer of one whole object.

        ``public_endpoint_url`` is the address of the same server for those who open presigned URLs, where it is another than ours.
        """
        self._bucket = bucket
        self._transfer_seconds = transfer_seconds
        if addressing_style == "auto" and endpoint_url is None:
            # botocore would sign for Amazon's global host, which sends a browser on to the region's for a young bucket: there the
            # signature, which holds the host, is refused.
            addressing_style = "virtual"
        client = partial(
            boto3.session.Session().client,
            "s3",
            # boto3 signs nothing without a region; services that are not AWS mostly take any, and this one always.
            region_name=region or "us-east-1",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=_config(addressing_style, connect_seconds=connect_seconds, read_seconds=read_seconds),
        )
        self._shared_client = client(endpoint_url=endpoint_url)
        # The host is a part of what is signed, so it cannot be exchanged afterwards. This client never connects.
        is_elsewhere = public_endpoint_url not in (None, endpoint_url)
        self._presigning_client = client(endpoint_url=public_endpoint_url) if is_elsewhere else self._shared_client
        self._process = os.getpid()
        self._after_fork = threading.Lock()

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str, cache_control: str | None = None) -> None:
        checked_key(key)
        source = BytesIO(content) if isinstance(content, bytes) else content
        digest = _md5(source)
        told = {} if cache_control is None else {"CacheControl": cache_control}
        with _our_words("put"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=_Upload(source, deadline=time.monotonic() + self._transfer_seconds),
                ContentMD5=digest,
                ContentType=media_type,
                **told,
            )

    def open(self, key: str) -> BinaryIO:
        checked_key(key)
        deadline = time.monotonic() + self._transfer_seconds
        # A typeshed SpooledTemporaryFile is not a BinaryIO, though it has every method of one since Python 3.11.
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - the caller closes it
        try:
            with _our_words("open"):
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
                try:
                    while piece := body.read(_PIECE):
                        _within(deadline)
                        file.write(piece)
                finally:
                    body.close()
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def delete(self, key: str) -> None:
        checked_key(key)
        with _our_words("delete"):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def withdraw(self, folder: str) -> bool:
        """Do nothing: a folder is no thing of S3's, and to list its objects takes as long as the clock takes to remove them."""
        checked_key(folder)
        return False

    def size(self, key: str) -> int:
        checked_key(key)
        with _our_words("size"):
            return int(self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"])

    def path(self, key: str) -> None:
        checked_key(key)

    def address(self, key: str, *, seconds: int, media_type: str, disposition: str) -> str:
        checked_key(key)
        if not 1 <= seconds <= LONGEST_ADDRESS_SECONDS:
            raise ValueError("a presigned URL lives 1 to 604800 seconds")
        parameters = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition,
        }
        with _our_words("address"):
            return str(self._presigning_client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds, HttpMethod="GET"))

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        checked_prefix(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with _our_words("objects"):
            for page in pages:
                for item in page.get("Contents", ()):
                    yield StoredObject(key=item["Key"], bytes=item["Size"], modified_at=item["LastModified"])

    def check(self) -> None:
        with _our_words("check"):
            try:
                self._client.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                if _code(error) in _ABSENT:
                    raise _misconfigured("check", code="NoSuchBucket") from error
                raise

    def sweep_incoming(self, *, older_than_seconds: float = 3600) -> int:
        """Answer 0: an upload in one piece that breaks off leaves nothing at the service."""
        return 0

    @property
    def _client(self) -> Any:
        if self._process != os.getpid():
            with self._after_fork:
                if self._process != os.getpid():
                    self._shared_client.close()  # closes the connections, not the client: the next request opens a new one
                    self._process = os.getpid()
        return self._shared_client


class _Upload:
    """A body that stops being readable at its deadline: botocore bounds each silence, and nothing else bounds a server that dawdles."""

    def __init__(self, content: BinaryIO, *, deadline: float) -> None:
        self._content = content
        self._deadline = deadline

    def read(self, size: int = -1) -> bytes:
        _within(self._deadline)
        return self._content.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()


class _TooSlow(Exception):
    """A transfer that took longer than it may."""


def _within(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _TooSlow


def _config(addressing_style: str, *, connect_seconds: float, read_seconds: float) -> Config:
    return Config(
        signature_version="s3v4",  # the default presigns with SigV2, which AWS's newer regions refuse
        # Trailing CRC checksums are unknown to most services that are not AWS; Content-MD5 is known to all.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        max_pool_connections=_CONNECTIONS,
        s3={"addressing_style": addressing_style},
    )


def _md5(source: BinaryIO) -> str:
    """Answer the stream's MD5 (RFC 1864) and leave it at its start. A server that got other bytes, or fewer, stores nothing."""
    source.seek(0)
    digest = hashlib.md5(usedforsecurity=False)
    while piece := source.read(_PIECE):
        digest.update(piece)
    source.seek(0)
    return base64.b64encode(digest.digest()).decode("ascii")


@contextmanager
def _our_words(verb: str) -> Iterator[None]:
    """Turn whatever boto3 raises inside into one of our errors, and log what the caller need not know."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error, verb=verb) from error
    except _OUR_SIDE as error:
        raise _misconfigured(verb, code=type(error).__name__) from error
    except (BotoCoreError, ResponseParserError, _TooSlow) as error:
        structlog.get_logger().warning("storage_unavailable", verb=verb, reason=type(error).__name__)
        raise Unavailable(code="storage_unavailable") from error
    except OSError as error:
        raise disk_failure(error) from error


def _refusal(error: ClientError, *, verb: str) -> AizenError:
    code = _code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _ABSENT:
        return NotFound()
    if status == 507:
        return OutOfSpace()
    if status >= 500 or status == 429 or code in _PASSING:
        structlog.get_logger().warning("storage_unavailable", verb=verb, reason=code, storage_status=status)
        return Unavailable(code="storage_unavailable")
    return _misconfigured(verb, code=code)


def _misconfigured(verb: str, *, code: str) -> Unavailable:
    """Answer the error of a storage that refuses us, having told the operator, who alone can mend it."""
    structlog.get_logger().error("storage_misconfigured", verb=verb, reason=code)
    return Unavailable(code="storage_misconfigured", retry_after=60)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
