"""A running instance, called over HTTP by somebody who has only its address."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

CONNECT_SECONDS = 10.0
# A status request may be held by the server; anything that says nothing for so long is broken.
SILENCE_SECONDS = 30.0
MOST_BYTES = 64 * 1024 * 1024
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)


class Failure(Exception):
    """What went wrong, in a sentence for an operator."""


class Unreachable(Failure):
    """Nobody answered at the address."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} cannot be reached: {reason}.")
        self.place = place
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON. Raises Failure where it is none: then it was not Aizen who answered."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failure(f"{self.request} answered {self.status} without JSON: is there an Aizen at this address?") from None

    def told(self) -> str:
        """Status, problem code, detail and request id."""
        try:
            problem = dict(json.loads(self.body))
        except (ValueError, TypeError):
            problem = {}
        words = [f"{self.request} answered {self.status}", *([str(problem["code"])] if "code" in problem else [])]
        details = [problem.get("detail"), *(f"{each.get('pointer')}: {each.get('detail')}" for each in problem.get("errors", ()))]
        detail = " ".join(str(each) for each in details if each) or "not in Aizen's form, so it was something else that answered"
        identity = problem.get("request_id") or self.headers.get("X-Request-Id") or "none"
        return f"{' '.join(words)}: {detail} (request id {identity})"


class Bearer(requests.auth.AuthBase):
    """The access token, or none. Either way requests does not look for a password in .netrc."""

    def __init__(self, access: str | None = None) -> None:
        self.access = access

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.access is not None:
            request.headers["Authorization"] = f"Bearer {self.access}"
        return request


NOBODY = Bearer()


class Instance:
    """A running Aizen, seen from outside until the deadline. It sends the access token to ``base_url`` and to no other address."""

    def __init__(self, base_url: str, *, seconds: float) -> None:
        self.base_url = base_url
        self.seconds = seconds
        self.bearer = Bearer()
        self._session = requests.Session()
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self._ends - time.monotonic()

    def grant(self, seconds: float) -> None:
        """There are so many seconds from now on."""
        self._ends = time.monotonic() + seconds

    def call(self, method: str, path: str, *, expect: Collection[int], **how: Any) -> Answer:
        """The answer of the API. Raises Failure for a status that is not expected."""
        answer = self._send(method, self.base_url + path, auth=self.bearer, **how)
        if answer.status in expect:
            return answer
        if answer.status in REDIRECTS:
            raise Failure(f"{answer.request} is redirected to {answer.headers.get('Location')}: give the address that it leads to.")
        raise Failure(answer.told())

    def open(self, url: str) -> Answer:
        """What a person gets who opens a signed address, after redirects. Raises Failure where nobody answers, or too many redirect."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._send("GET", url, auth=NOBODY)
            if answer.status not in REDIRECTS:
                return answer
            url = urljoin(url, answer.headers.get("Location", ""))
        raise Failure(f"{answer.request} leads from one redirect to the next.")

    def _send(self, method: str, url: str, *, auth: Bearer, **how: Any) -> Answer:
        # Without its query, which may be a signature.
        request = f"{method} {url.partition('?')[0]}"
        if self.left <= 0:
            raise Failure(f"The time of {self.seconds:g} s was over before {request}.")
        limits = (min(CONNECT_SECONDS, self.left), min(SILENCE_SECONDS, self.left))
        try:
            with self._session.request(method, url, auth=auth, timeout=limits, stream=True, allow_redirects=False, **how) as answer:
                return Answer(request, answer.status_code, answer.headers, self._read(answer, request))
        except requests.ConnectTimeout:
            raise Unreachable(origin(url), "no answer to the attempt to connect") from None
        except requests.Timeout:
            raise Failure(f"{request} was not answered in time.") from None
        except (requests.RequestException, OSError) as error:
            raise Unreachable(origin(url), _reason(error)) from None

    def _read(self, answer: requests.Response, request: str) -> bytes:
        body = bytearray()
        for piece in answer.iter_content(65536):
            body += piece
            if len(body) > MOST_BYTES:
                raise Failure(f"{request} answered more than {MOST_BYTES} bytes.")
            if self.left <= 0:
                raise Failure(f"{request} was not answered in time.")
        return bytes(body)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _reason(error: BaseException) -> str:
    """The system's own words out of an exception that wraps them several times."""
    told = re.search(r"\[(?:Errno -?\d+|SSL: \w+)\] ([^'\")]+)", str(error))
    return told[1].partition(" (_ssl")[0].strip() if told else type(error).__name__
