"""docs/nginx.conf, run by a real nginx before a real gunicorn: whoever asks through it gets what they would get without it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from aizen.settings import Settings
from tests import pictures
from tests.faults.client import User, register
from tests.faults.installation import Installation, free_port
from tests.faults.parts import Part
from tests.faults.waiting import eventually
from tests.services.nginx import Nginx, documented, program

# Of a connection or of a server, or of the moment: each says its own.
THEIR_OWN = {"connection", "date", "keep-alive", "server", "transfer-encoding"}
ID = "nginx-is-before-us"

pytestmark = [
    pytest.mark.skipif(program() is None, reason="nginx is not installed: docs/nginx.conf is not checked"),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc: docs/nginx.conf is not checked"),
]


@dataclass(frozen=True)
class Both:
    """The same installation twice: through nginx, which sends the files, and by a gunicorn that sends them itself."""

    through: str
    direct: str
    installation: Installation

    def same(self, path: str, *, method: str = "GET", **headers: str) -> requests.Response:
        """What both answer alike, in the first two answers of each: the second is remembered where it can be."""
        sent = {"X-Request-Id": ID, "Accept-Encoding": "identity", **{name.replace("_", "-"): value for name, value in headers.items()}}
        for _ in range(2):
            ours, theirs = (requests.request(method, base + path, headers=sent, timeout=30) for base in (self.direct, self.through))
            assert differences(ours, theirs) == {}, (method, path, headers)
        return theirs


def differences(ours: requests.Response, theirs: requests.Response) -> dict[str, tuple[object, object]]:
    """What is not the same in two answers: status, headers, body."""
    one, other = told(ours), told(theirs)
    return {name: (one.get(name), other.get(name)) for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def told(answer: requests.Response) -> dict[str, object]:
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in THEIR_OWN}
    if answer.status_code != 200:  # nginx says only with a whole file that parts of it may be asked for
        headers.pop("accept-ranges", None)
    if answer.status_code == 304:  # by its tag a picture is known, and the day is said by one of them only
        headers.pop("last-modified", None)
    if "private" in headers.get("cache-control", ""):
        # It counts down, and may have lost a second between two answers.
        headers["cache-control"] = re.sub(r"\d+", "N", headers["cache-control"])
    return {"status": answer.status_code, **headers, "content": answer.content}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("nginx")
    changes = {
        "TRUSTED_PROXIES": "1",
        "X_ACCEL_REDIRECT": "/protected/",
        "CORS_ORIGINS": "https://app.example.org,https://other.example.org",
        "WEB_THREADS": "2",
        "LOG_LEVEL": "WARNING",
    }
    database_url = f"sqlite:///{folder / 'aizen.sqlite3'}"
    installation = Installation(folder, database_url=database_url, redis_url="redis://127.0.0.1:1", changes=changes, workers=0, clocks=0)
    assert installation.flask("db", "upgrade").returncode == 0
    alone = {**installation.environment, "PORT": str(free_port()), "TRUSTED_PROXIES": "0"}
    del alone["X_ACCEL_REDIRECT"]
    other = Part("direct", (str(Path(sys.executable).parent / "gunicorn"), "wsgi:app"), environment=alone, log=folder / "direct.log")
    port = free_port()
    configuration = documented(port=port, plain_port=free_port(), application_port=installation.port, media=installation.media)
    direct = f"http://127.0.0.1:{alone['PORT']}"
    try:
        with installation, Nginx(folder / "nginx", configuration, port=port) as nginx:
            other.start()
            eventually(lambda: answers(direct), what="the other web server is ready", story=other.story)
            yield Both(nginx.base_url, direct, installation)
    finally:
        other.kill_family()


def answers(base: str) -> bool:
    try:
        return requests.get(f"{base}/healthz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def user(both: Both) -> User:
    return register(both.direct)


@pytest.fixture(scope="module")
def public(user: User) -> str:
    return published(user)


def published(user: User) -> str:
    """The id of a new image that anybody may see."""
    image_id = user.upload(pictures.jpeg(640, 480))
    show(user, image_id, "public")
    return image_id


def show(user: User, image_id: str, visibility: str) -> None:
    answer = user.request("PATCH", f"/api/v1/images/{image_id}", json={"visibility": visibility})
    assert answer.status_code == 200, answer.text


def test_a_picture_and_its_headers_are_the_same_through_nginx(both: Both, public: str) -> None:
    path = both.installation.signed_path(public, "w=320")
    bare = both.installation.signed_path(public, "w=300", form=None)
    page = {"Accept": "image/webp,*/*", "Origin": "https://app.example.org"}
    made = requests.get(both.through + path, timeout=30)
    requests.get(both.direct + bare, headers=page, timeout=30)
    hit = both.same(path)
    tag, day = hit.headers["ETag"], hit.headers["Last-Modified"]
    size = len(hit.content)

    assert hit.status_code == 200
    assert made.content == hit.content
    assert not {"RateLimit", "RateLimit-Policy"} & made.headers.keys()
    assert hit.headers["Content-Type"] == "image/webp"
    assert both.same(path, method="HEAD").headers["Content-Length"] == str(size)
    assert both.same(path, If_None_Match=tag).status_code == 304
    assert both.same(path, If_None_Match='"another"').status_code == 200
    assert both.same(path, If_Modified_Since=day).status_code == 304
    part = both.same(path, Range="bytes=10-99")
    assert (part.status_code, part.content) == (206, hit.content[10:100])
    assert part.headers["Content-Range"] == f"bytes 10-99/{size}"
    assert both.same(path, Range="bytes=-5").content == hit.content[-5:]
    assert both.same(path, Range=f"bytes={size}-").status_code == 416
    assert both.same(path, Range="bytes=0-1,5-6").status_code == both.same(path, Range="bytes=x").status_code
    # A weak tag says nothing of bytes, so a client that has such a half gets the whole.
    assert both.same(path, Range="bytes=10-99", If_Range=tag).status_code == 200
    assert both.same(path, If_Match='"another"').status_code == 412
    assert both.same(bare, **page).headers["Vary"] == "Accept, Origin"


def test_a_picture_that_was_withdrawn_is_gone_through_nginx_too(both: Both, user: User) -> None:
    image_id = published(user)
    path = both.installation.signed_path(image_id, "w=64")
    requests.get(both.direct + path, timeout=30)
    assert both.same(path).status_code == 200

    show(user, image_id, "private")

    gone = both.same(path)
    assert (gone.status_code, gone.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_private_picture_is_kept_by_its_reader_only(both: Both, user: User) -> None:
    path = both.installation.signed_path(user.upload(), "w=64", expires=int(time.time()) + 3600, download=True)
    requests.get(both.direct + path, timeout=30)

    seen = both.same(path)

    assert seen.status_code == 200
    assert seen.headers["Cache-Control"].startswith("private, max-age=3")
    assert seen.headers["Content-Disposition"].startswith("attachment")
    assert both.same(path.replace("dl=1", "dl=0")).status_code == 403


def test_originals_are_sent_through_nginx(both: Both, user: User) -> None:
    content = pictures.jpeg(640, 480)
    file = user.image(user.upload(content, name="a lake & a boat.jpeg"))["image_url"]
    path = "/media/" + file.partition("/media/")[2]

    whole = both.same(path)
    assert whole.content == content
    strong = whole.headers["ETag"]
    assert both.same(path, Range="bytes=0-9", If_Range=strong).content == content[:10]
    assert both.same(path, If_Match=strong).status_code == 200
    assert both.same(path, method="HEAD").headers["Content-Length"] == str(len(content))
    assert both.same(path.replace("/media/", "/media/x")).status_code == 403


def test_nobody_opens_the_files_past_aizen(both: Both, user: User) -> None:
    user.upload(pictures.jpeg(64, 48))
    key = next(name for name in both.installation.files() if name.startswith("images/"))

    for path in (f"/protected/{key}", f"//protected/{key}", f"/i/../protected/{key}", "/protected/", "/protected", f"/protected/../{key}"):
        asked = requests.Request("GET", both.through).prepare()
        asked.url = both.through + path
        with requests.Session() as session:
            answer = session.send(asked, timeout=30, allow_redirects=False)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json"), path
        assert b"JFIF" not in answer.content


def test_an_answer_that_leads_to_a_file_says_that_it_is_empty(both: Both, public: str) -> None:
    """Else nginx would open a new connection to Aizen for each picture."""
    path = both.installation.signed_path(public, "w=44")

    for _ in range(3):
        answer = requests.get(both.installation.base_url + path, timeout=30)
        assert answer.headers["X-Accel-Redirect"].startswith(f"/protected/derived/public/{public}/")
        assert (answer.headers["Content-Length"], answer.content) == ("0", b"")


def test_a_client_cannot_have_nginx_send_a_file(both: Both, public: str) -> None:
    """Only an answer's header leads there, and it is not passed on."""
    path = both.installation.signed_path(public, "w=40")

    answer = requests.get(both.through + path, headers={"X-Accel-Redirect": "/protected/.incoming/x"}, timeout=30)

    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.lower().startswith("x-accel")]


def test_it_is_aizen_that_refuses_what_is_too_large(both: Both) -> None:
    largest = Settings.from_environ(both.installation.environment).max_image_size

    answer = register(both.through).try_upload(bytes(largest + 1))

    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")


def test_a_tag_that_nginx_has_made_weak_still_names_the_version(both: Both, user: User) -> None:
    image_id = user.upload(title="x" * 190, description="y" * 2000)
    url = f"{both.through}/api/v1/images/{image_id}"
    packed = requests.get(url, headers={**user.headers, "Accept-Encoding": "gzip"}, timeout=30)
    assert (packed.headers["Content-Encoding"], packed.headers["ETag"][:2]) == ("gzip", "W/")
    assert "Accept-Encoding" in packed.headers["Vary"]
    sent = {**user.headers, "If-Match": packed.headers["ETag"]}
    first, second = (requests.patch(url, headers=sent, json={"title": title}, timeout=30).status_code for title in ("One", "Two"))
    assert (first, second) == (200, 412)
