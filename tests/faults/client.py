"""A user of a running installation, over real HTTP."""

from __future__ import annotations

import secrets
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import requests

from tests import pictures
from tests.faults.waiting import eventually

PASSWORD = "quiet lake at dawn"
LONGEST_ANSWER_SECONDS = 30.0


class User:
    """Somebody signed in. Every verb but ``try_…`` insists on the answer that things going well give."""

    def __init__(self, base_url: str, email: str, access: str) -> None:
        self.base_url = base_url
        self.email = email
        self.headers = {"Authorization": f"Bearer {access}"}

    def request(self, method: str, path: str, **how: Any) -> requests.Response:
        headers = {**self.headers, **how.pop("headers", {})}
        return requests.request(method, self.base_url + path, headers=headers, timeout=LONGEST_ANSWER_SECONDS, **how)

    def try_upload(self, data: bytes | None = None, *, name: str = "picture.jpeg", **fields: str) -> requests.Response:
        files = {"image": (name, pictures.jpeg() if data is None else data)}
        return self.request("POST", "/api/v1/images", files=files, data={"describe": "false", **fields})

    def upload(self, data: bytes | None = None, *, name: str = "picture.jpeg", **fields: str) -> str:
        """The id of the new image; it is not described unless ``describe`` says so."""
        answer = self.try_upload(data, name=name, **fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def image(self, image_id: str) -> dict[str, Any]:
        answer = self.request("GET", f"/api/v1/images/{image_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def progress(self, image_id: str) -> dict[str, Any]:
        answer = self.request("GET", f"/api/v1/images/{image_id}/status")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def is_settled(self, image_id: str) -> bool:
        return all(work["state"] in ("done", "failed") for work in self.progress(image_id)["work"])

    def wait_until(self, status: str, image_id: str, *, seconds: float = 30.0) -> dict[str, Any]:
        """The image, when its status is that one and no work on it is left."""
        eventually(
            lambda: self.progress(image_id)["status"] == status and self.is_settled(image_id),
            what=f"image {image_id} is {status}",
            seconds=seconds,
            story=lambda: str(self.progress(image_id)),
            interval=0.1,
        )
        return self.image(image_id)

    def delete(self, image_id: str) -> None:
        answer = self.request("DELETE", f"/api/v1/images/{image_id}")
        assert answer.status_code == 204, answer.text

    def begin_upload(self, data: bytes, *, share: float) -> socket.socket:
        """A connection on which that share of an upload's body has been sent, and no more will come by itself."""
        boundary = secrets.token_hex(8)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="picture.jpeg"\r\n\r\n'.encode()
        body = head + data + f"\r\n--{boundary}--\r\n".encode()
        place = urlsplit(self.base_url)
        lines = [
            "POST /api/v1/images HTTP/1.1",
            f"Host: {place.netloc}",
            f"Authorization: {self.headers['Authorization']}",
            f"Content-Type: multipart/form-data; boundary={boundary}",
            f"Content-Length: {len(body)}",
        ]
        connection = socket.create_connection((place.hostname or "", place.port or 80), timeout=LONGEST_ANSWER_SECONDS)
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body[: int(len(body) * share)])
        self.rest = body[int(len(body) * share) :]
        return connection


def register(base_url: str, *, email: str | None = None) -> User:
    """Somebody new, signed in."""
    email = email or f"{secrets.token_hex(6)}@example.org"
    answer = requests.post(f"{base_url}/api/v1/auth/register", json={"email": email, "password": PASSWORD}, timeout=LONGEST_ANSWER_SECONDS)
    assert answer.status_code == 201, answer.text
    return User(base_url, email, answer.json()["tokens"]["access"])


class Stopwatch:
    """``with Stopwatch() as watch: …`` and then ``watch.seconds``."""

    seconds: float

    def __enter__(self) -> Stopwatch:
        self._begun = time.monotonic()
        return self

    def __exit__(self, *exception: object) -> None:
        self.seconds = time.monotonic() - self._begun
