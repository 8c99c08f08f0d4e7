"""One person's way through all of it, over HTTP, with a real worker, a real clock and Hugging Face's own library.

From joining, by a picture that everybody sees, to nothing that is left of it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
import requests
from PIL import Image

from tests import pictures
from tests.ai.fake_huggingface import FakeHuggingFace
from tests.faults.client import PASSWORD, User
from tests.faults.installation import Build, Installation
from tests.faults.waiting import eventually
from tests.services.valkey import Valkey

EMAIL = "ada@example.org"
API = "/api/v1"
PUBLIC_SECONDS = 1
PROMPT = "a lighthouse in a storm"


@pytest.fixture
def painter() -> Iterator[FakeHuggingFace]:
    with FakeHuggingFace().running() as server:
        yield server


@pytest.fixture
def running(build: Build, painter: FakeHuggingFace) -> Iterator[Installation]:
    """An installation that has a server paint, and asks everybody to confirm their address; letters become files."""
    changes = {"EMAIL_VERIFICATION": "required", "PUBLIC_SECONDS": str(PUBLIC_SECONDS), "HF_BASE_URL": painter.base_url}
    with Valkey() as valkey, build(valkey, changes=changes) as started:
        yield started


def letter(installation: Installation) -> str:
    """The text of the one letter that was written."""
    folder = installation.folder / "data" / "mail"
    # One that is still being written has a dot before its name.
    eventually(lambda: folder.exists() and list(folder.glob("[!.]*.eml")), what="the letter is there", story=installation.story)
    (file,) = folder.glob("[!.]*.eml")
    plain = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def test_from_joining_to_a_picture_that_was_shown_to_everybody_and_is_gone(running: Installation, painter: FakeHuggingFace) -> None:
    def ask(method: str, path: str, **how: Any) -> requests.Response:
        return requests.request(method, path if path.startswith("http") else running.base_url + path, timeout=30, **how)

    # Register, verify, log in.
    joined = ask("POST", f"{API}/auth/register", json={"email": EMAIL, "password": PASSWORD, "username": "ada"})
    assert (joined.status_code, "tokens" in joined.json()) == (202, False)
    link = re.findall(r"http\S+", letter(running))[0].replace("localhost", "127.0.0.1")
    assert ask("GET", link, headers={"Accept": "application/json"}).status_code == 200
    tokens = ask("POST", f"{API}/auth/login", json={"email": EMAIL, "password": PASSWORD}).json()
    user = User(running.base_url, EMAIL, tokens["access"])

    # Generate. At first the model is not loaded, and the clock has it asked again.
    painter.will_load()
    ordered = user.request("POST", f"{API}/generate", json={"prompt": PROMPT, "width": 640, "height": 480, "seed": 7})
    assert (ordered.status_code, ordered.json()["status"]) == (202, "generating")
    eventually(lambda: painter.requests, what="the painter has been asked", story=running.story)
    painter.will_paint(pictures.jpeg(640, 480), media_type="image/jpeg")
    image_id = ordered.json()["id"]
    image = user.wait_until("ready", image_id)
    assert (image["source"], image["generation"]["provider"], image["width"], image["height"]) == ("generation", "huggingface", 640, 480)
    assert image["digital_source_type"] == "trainedAlgorithmicMedia"
    assert {each.prompt for each in painter.received} == {PROMPT}
    assert user.request("PATCH", f"{API}/images/{image_id}", json={"title": "Skerryvore"}).status_code == 200

    # Nobody sees it yet.
    gallery = f"{API}/images/public?search=skerryvore"
    assert ask("GET", gallery).json() == []
    assert ask("GET", f"{API}/images/public/{image_id}").status_code == 404

    # Share: found by everybody, by search, with what opens it.
    shared = user.request("POST", f"{API}/images/{image_id}/share/")
    assert (shared.status_code, shared.json()["is_public"], shared.headers["Aizen-Warnings"]) == (200, True, "alt_missing")
    (found,) = ask("GET", gallery).json()
    assert (found["id"], found["user"]) == (image_id, {"username": "ada"})
    assert EMAIL not in ask("GET", gallery).text
    signed = user.request("POST", f"{API}/images/sign", json={"ids": [image_id], "recipes": ["w=200"]}).json()[0]["url"]
    addresses = [found["image_url"], *(each["url"] for each in found["variants"]), signed]
    addresses = [each.replace("localhost", "127.0.0.1") for each in addresses]
    for address in addresses:
        opened = ask("GET", address)
        assert opened.status_code == 200, address
        assert Image.open(io.BytesIO(opened.content)).size[0] in (160, 200, 320, 640)
        lives = int(re.findall(r"max-age=(\d+)", opened.headers["Cache-Control"])[0])
        assert opened.headers["Cache-Control"].startswith("public"), address
        assert lives <= PUBLIC_SECONDS

    # Withdrawn: what no cache has, nobody sees from the answer on.
    withdrawn = user.request("PATCH", f"{API}/images/{image_id}/share/", json={"is_public": False})
    assert (withdrawn.status_code, withdrawn.json()["visibility"]) == (200, "private")
    assert ask("GET", gallery).json() == []
    assert [ask("GET", each).status_code for each in (f"{API}/images/public/{image_id}", *addresses)] == [404] * (len(addresses) + 1)

    # Gone: the clock removes what is left of it.
    user.delete(image_id)
    assert user.request("GET", f"{API}/images/{image_id}").status_code == 404
    running.assert_clean()
    assert running.count("images") == 0
