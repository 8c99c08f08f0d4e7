"""What only S3 does: presigned URLs, secrecy, and a network that fails. Signatures are checked by a real server."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest
from structlog.testing import capture_logs

from aizen.errors import AizenError, NotFound, OutOfSpace, Unavailable
from aizen.storage import Storage, open_storage
from aizen.storage.s3 import S3Storage
from tests.services.s3 import S3Server
from tests.storage import stand_in
from tests.storage.stand_in import StandIn

SECRET = "a-secret-that-no-log-may-show"

FORKS_IN_MID_USE = """
import os, sys
from aizen.storage.s3 import S3Storage
endpoint, bucket, access_key, secret_key = sys.argv[1:]
storage = S3Storage(bucket, access_key_id=access_key, secret_access_key=secret_key, endpoint_url=endpoint, addressing_style="path")
contents = {name: name.encode() * 50_000 for name in ("parent", "child")}
for name, content in contents.items():
    storage.put(name, content, media_type="image/png")  # leaves a connection open in the pool
child = os.fork()
name = "parent" if child else "child"
for _ in range(40):
    with storage.open(name) as stream:
        if stream.read() != contents[name]:
            os._exit(1)
if not child:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


Verb = Callable[[Storage], None]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Settings:
    """The part of the settings that a storage reads."""

    s3_bucket_name: str | None
    s3_region: str | None
    aws_access_key_id: str | None
    aws_secret_access_key: str | None
    aws_s3_endpoint_url: str | None
    media_root: Path
    storage: Literal["local", "s3"] = "s3"
    s3_addressing_style: Literal["auto", "path", "virtual"] = "path"
    network_connect_seconds: float = 2.0
    network_read_seconds: float = 10.0
    s3_public_endpoint_url: str | None = None


def settings_of(server: S3Server) -> Settings:
    return Settings(server.bucket, server.region, server.access_key, server.secret_key, server.endpoint, media_root=Path("unused"))


@pytest.fixture
def storage(s3_server: S3Server, s3_storage: S3Storage) -> Storage:
    s3_server.empty()
    return s3_storage


def get(url: str) -> Answer:
    """Fetch as a browser does, with nothing but the address."""
    parts = urlsplit(url)
    assert parts.hostname
    connection = (http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection)(
        parts.hostname, parts.port, timeout=10
    )
    try:
        connection.request("GET", urlunsplit(("", "", parts.path, parts.query, "")))
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def altered(url: str, **parameters: str) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert set(parameters) <= set(query), "the test's own premise: these parameters are in the URL"
    return urlunsplit(parts._replace(query=urlencode(query | parameters)))


def address_of(storage: Storage, key: str, *, seconds: int = 60) -> str:
    url = storage.address(key, seconds=seconds, media_type="image/webp", disposition='inline; filename="boat.webp"')
    assert url
    return url


def standing_before(endpoint: str, *, transfer_seconds: float = 5.0) -> S3Storage:
    return S3Storage(
        "bucket",
        access_key_id="key",
        secret_access_key=SECRET,
        endpoint_url=endpoint,
        addressing_style="path",
        connect_seconds=0.5,
        read_seconds=0.5,
        transfer_seconds=transfer_seconds,
    )


def opens(storage: Storage) -> None:
    storage.open("a").close()


def puts(storage: Storage) -> None:
    storage.put("a", b"x" * 1000, media_type="image/png")


def deletes(storage: Storage) -> None:
    storage.delete("a")


def sizes(storage: Storage) -> None:
    storage.size("a")


def lists(storage: Storage) -> None:
    list(storage.objects())


def checks(storage: Storage) -> None:
    storage.check()


def addresses(storage: Storage) -> None:
    address_of(storage, "a")


EVERY_VERB = [opens, puts, deletes, sizes, lists, checks]


def error_of(verb: Verb, storage: Storage) -> AizenError:
    with pytest.raises(AizenError) as raised:
        verb(storage)
    return raised.value


def test_a_presigned_address_gives_the_bytes_with_the_type_and_disposition_asked_for(storage: Storage) -> None:
    storage.put("images/a.jpeg", b"a picture", media_type="image/jpeg")
    answer = get(address_of(storage, "images/a.jpeg"))
    assert answer.status == 200
    assert answer.body == b"a picture"
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["content-disposition"] == 'inline; filename="boat.webp"'


def test_an_address_names_the_host_that_browsers_reach_and_opens_there(s3_server: S3Server) -> None:
    """Inside a network of containers the server has another name than outside, and the name is signed."""
    public = s3_server.endpoint.replace("127.0.0.1", "localhost")
    storage = open_storage(replace(settings_of(s3_server), s3_public_endpoint_url=public))
    storage.put("images/a.jpeg", b"a picture", media_type="image/jpeg")
    url = address_of(storage, "images/a.jpeg")
    assert url.startswith(f"{public}/{s3_server.bucket}/images/a.jpeg?")
    assert (get(url).status, get(url).body) == (200, b"a picture")
    assert get(url.replace(public, s3_server.endpoint)).status == 403


def test_an_address_is_made_for_a_host_that_we_cannot_reach_ourselves(s3_server: S3Server) -> None:
    storage = open_storage(replace(settings_of(s3_server), s3_public_endpoint_url="https://pictures.host.test"))
    storage.put("a", b"a picture", media_type="image/jpeg")
    with storage.open("a") as stream:
        assert stream.read() == b"a picture"
    assert address_of(storage, "a").startswith(f"https://pictures.host.test/{s3_server.bucket}/a?")


@pytest.mark.parametrize(
    ("endpoint", "bucket", "place"),
    [
        (None, "pictures", "https://pictures.s3.eu-central-1.amazonaws.com/a?"),
        (None, "pictures.host.test", "https://s3.eu-central-1.amazonaws.com/pictures.host.test/a?"),
        ("https://objects.host.test", "pictures", "https://objects.host.test/pictures/a?"),
    ],
)
def test_an_address_names_the_host_that_answers_without_sending_on(endpoint: str | None, bucket: str, place: str) -> None:
    """Amazon's global host redirects to the region's, and the signature holds the host."""
    storage = S3Storage(bucket, region="eu-central-1", access_key_id="key", secret_access_key=SECRET, endpoint_url=endpoint)
    assert address_of(storage, "a").startswith(place)


def test_a_forged_or_altered_address_is_refused(storage: Storage) -> None:
    storage.put("images/a.jpeg", b"a picture", media_type="image/jpeg")
    storage.put("images/b.jpeg", b"another picture", media_type="image/jpeg")
    url = address_of(storage, "images/a.jpeg")
    refused = [
        altered(url, **{"X-Amz-Signature": "0" * 64}),
        altered(url, **{"X-Amz-Expires": "604800"}),
        altered(url, **{"response-content-type": "text/html"}),
        altered(url, **{"response-content-disposition": "attachment"}),
        url.replace("/images/a.jpeg", "/images/b.jpeg"),
    ]
    for wrong in refused:
        answer = get(wrong)
        assert answer.status == 403, wrong
        assert b"picture" not in answer.body


def test_an_address_ends_when_its_time_is_over(storage: Storage) -> None:
    storage.put("a.jpeg", b"a picture", media_type="image/jpeg")
    url = address_of(storage, "a.jpeg", seconds=2)
    assert get(url).status == 200
    deadline = time.monotonic() + 10
    while get(url).status == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert get(url).status == 403


@pytest.mark.parametrize("seconds", [0, -1, 604_801])
def test_an_address_that_could_not_be_signed_for_that_long_is_not_made(storage: Storage, seconds: int) -> None:
    with pytest.raises(ValueError, match="604800"):
        address_of(storage, "a.jpeg", seconds=seconds)


def test_strangers_can_neither_read_nor_list_the_bucket(storage: Storage, s3_server: S3Server) -> None:
    storage.put("images/a.jpeg", b"a picture", media_type="image/jpeg")
    for path in ("/images/a.jpeg", "", "/?list-type=2"):
        answer = get(f"{s3_server.endpoint}/{s3_server.bucket}{path}")
        assert 400 <= answer.status < 500  # which of them is the server's own way: Swift calls an unsigned request malformed
        assert b"picture" not in answer.body
    client = s3_server.client()
    for control in (client.get_bucket_acl(Bucket=s3_server.bucket), client.get_object_acl(Bucket=s3_server.bucket, Key="images/a.jpeg")):
        assert [grant["Grantee"].get("URI") for grant in control["Grants"]] == [None], "a group has been given access"


def test_the_stored_object_has_its_media_type(storage: Storage, s3_server: S3Server) -> None:
    storage.put("a.avif", b"x", media_type="image/avif")
    assert s3_server.client().head_object(Bucket=s3_server.bucket, Key="a.avif")["ContentType"] == "image/avif"


def test_the_stored_object_says_how_long_it_may_be_cached(storage: Storage) -> None:
    storage.put("a.png", b"x", media_type="image/png", cache_control="public, max-age=60")
    storage.put("b.png", b"x", media_type="image/png")
    answers = [get(address_of(storage, key)) for key in ("a.png", "b.png")]
    assert [(answer.status, answer.headers.get("cache-control")) for answer in answers] == [(200, "public, max-age=60"), (200, None)]


def test_an_upload_tells_the_server_its_length_and_digest_and_asks_for_no_acl() -> None:
    with StandIn(stand_in.says(403, "AccessDenied")) as server:
        error_of(puts, standing_before(server.endpoint))
        head = server.heads[0].lower()
    assert "content-length: 1000" in head
    assert "content-md5: " in head
    assert "x-amz-acl" not in head


def test_a_child_forked_in_mid_use_talks_over_connections_of_its_own(s3_server: S3Server) -> None:
    arguments = [s3_server.endpoint, s3_server.bucket, s3_server.access_key, s3_server.secret_key]
    done = subprocess.run(
        [sys.executable, "-c", FORKS_IN_MID_USE, *arguments], check=False, cwd=Path(__file__).parents[2], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("wrong", [{"secret_access_key": "wrong"}, {"access_key_id": "aizen:nobody"}, {"bucket": "not-there-at-all"}])
def test_wrong_keys_or_a_wrong_bucket_are_told_to_the_operator_at_once(s3_server: S3Server, wrong: dict[str, Any]) -> None:
    right = {"bucket": s3_server.bucket, "access_key_id": s3_server.access_key, "secret_access_key": s3_server.secret_key}
    storage = S3Storage(**(right | wrong), endpoint_url=s3_server.endpoint, addressing_style="path")
    for verb in (opens, puts, checks):
        with capture_logs() as logs:
            error = error_of(verb, storage)
        assert isinstance(error, Unavailable)
        assert error.code == "storage_misconfigured"
        assert [entry["log_level"] for entry in logs] == ["error"]


@pytest.mark.parametrize(
    ("behaviour", "verb"),
    [(stand_in.resets, verb) for verb in EVERY_VERB]
    + list(product([stand_in.says(500, "InternalError"), stand_in.says(503, "SlowDown"), stand_in.hangs], [opens, puts])),
)
def test_a_server_in_trouble_is_unavailable_within_the_time_outs(behaviour: stand_in.Behaviour, verb: Verb) -> None:
    with StandIn(behaviour) as server, capture_logs() as logs:
        begun = time.monotonic()
        error = error_of(verb, standing_before(server.endpoint))
        taken = time.monotonic() - begun
        assert 1 <= len(server.heads) <= 2
    assert isinstance(error, Unavailable)
    assert error.code == "storage_unavailable"
    assert taken < 5
    assert SECRET not in str(logs) + str(error)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        storage = standing_before(f"http://127.0.0.1:{gone.getsockname()[1]}")
    for verb in EVERY_VERB:
        assert error_of(verb, storage).code == "storage_unavailable", verb


@pytest.mark.parametrize("behaviour", [stand_in.resets_half_way, stand_in.ends_half_way, stand_in.hangs_half_way])
def test_half_an_object_is_never_given_out(behaviour: stand_in.Behaviour) -> None:
    with StandIn(behaviour) as server:
        assert error_of(opens, standing_before(server.endpoint)).code == "storage_unavailable"


def test_a_transfer_that_never_stands_still_and_never_ends_is_given_up() -> None:
    def sends_much(storage: Storage) -> None:
        storage.put("a", bytes(32 * 1024 * 1024), media_type="image/png")

    for verb, behaviour in ((opens, stand_in.dawdles), (sends_much, stand_in.takes_in_slowly)):
        with StandIn(behaviour) as server:
            begun = time.monotonic()
            error = error_of(verb, standing_before(server.endpoint, transfer_seconds=1.0))
            assert time.monotonic() - begun < 5
        assert error.code == "storage_unavailable"


@pytest.mark.parametrize(
    ("status", "code", "kind", "ours"),
    [
        (400, "BadDigest", Unavailable, "storage_unavailable"),
        (400, "IncompleteBody", Unavailable, "storage_unavailable"),
        (400, "RequestTimeout", Unavailable, "storage_unavailable"),
        (429, "TooManyRequests", Unavailable, "storage_unavailable"),
        (507, "StorageFull", OutOfSpace, "out_of_space"),
        (403, "AccessDenied", Unavailable, "storage_misconfigured"),
        (403, "RequestTimeTooSkewed", Unavailable, "storage_misconfigured"),
        (404, "NoSuchBucket", Unavailable, "storage_misconfigured"),
        (404, "NoSuchKey", NotFound, "not_found"),
    ],
)
def test_each_refusal_has_its_own_meaning(status: int, code: str, kind: type[AizenError], ours: str) -> None:
    with StandIn(stand_in.says(status, code)) as server:
        error = error_of(opens, standing_before(server.endpoint))
    assert type(error) is kind
    assert error.code == ours


def test_an_answer_that_is_not_of_s3_is_unavailable() -> None:
    with StandIn(stand_in.babbles) as server:
        assert error_of(lists, standing_before(server.endpoint)).code == "storage_unavailable"


def test_a_storage_that_hangs_recovers_by_itself(storage: Storage, s3_server: S3Server) -> None:
    impatient = S3Storage(
        s3_server.bucket,
        access_key_id=s3_server.access_key,
        secret_access_key=s3_server.secret_key,
        endpoint_url=s3_server.endpoint,
        addressing_style="path",
        connect_seconds=0.5,
        read_seconds=0.5,
    )
    storage.put("a", b"a picture", media_type="image/png")
    impatient.check()
    s3_server.pause()
    try:
        assert error_of(opens, impatient).code == "storage_unavailable"
        assert error_of(checks, impatient).code == "storage_unavailable"
    finally:
        s3_server.resume()
    impatient.check()
    with impatient.open("a") as stream:
        assert stream.read() == b"a picture"


def test_a_storage_without_any_keys_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    storage = S3Storage("bucket", endpoint_url="http://127.0.0.1:9", addressing_style="path")
    assert error_of(checks, storage).code == "storage_misconfigured"
    assert error_of(addresses, storage).code == "storage_misconfigured"


def test_the_settings_decide_which_storage_is_opened(tmp_path: Path) -> None:
    settings = Settings(None, None, None, None, None, media_root=tmp_path / "media", storage="local")
    local = open_storage(settings)
    local.put("a.png", b"x", media_type="image/png")
    assert (tmp_path / "media" / "a.png").read_bytes() == b"x"
    with pytest.raises(ValueError, match="bucket"):
        open_storage(replace(settings, storage="s3"))
