"""Pictures painted by Hugging Face: its Inference Providers, an Inference Endpoint, or a server that speaks as one does.

Importing this module imports the SDK, an extra of Aizen, and makes every request of that SDK in this process go through ours.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote

import httpx2
import requests
from huggingface_hub import InferenceClient, constants, set_client_factory

from aizen.ai.bounded_http import BoundedAdapter, confine
from aizen.ai.painting import LookUp, Order, Painted
from aizen.ai.refusals import bad_key, by_status, key_can_be_sent, not_painted, out_of_shape, too_slow, unknown_model
from aizen.ai.retry_after import seconds_to_wait
from aizen.errors import OutsideFailure

# Where this stands in an address, the model's name is put in its place.
MODEL_IN_ADDRESS = "{model}"

# A name at the Hub. Anything else would be taken by the SDK for an address, to which it sends the token.
_MODEL = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
# The SDK looks for a token elsewhere when it has none, in files and by the network. One that does not begin as Hugging Face's is never
# sent to a router of theirs; ours takes it away before anything is sent.
_NOBODYS = "none"
_PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
# Of what the SDK writes, these are about its own connection, which is not the one that is used.
_OF_THE_CONNECTION = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "user-agent"})
_ENVELOPE = 64 * 1024
# How the filters of the providers name what they do; their messages are read no further than this.
_BLOCKED = ("content_policy", "content policy", "nsfw", "safety", "moderation", "flagged", "inappropriate", "prohibited")
_SAID_IN = ("error", "errors", "message", "msg", "detail", "details", "code", "type", "reason")
_READ_OF_A_MESSAGE = 2000


class HuggingFacePainter:
    """A ``Painter`` that has the picture painted by a model at Hugging Face, or at ``base_url``.

    ``seconds`` bounds all that one picture takes: a provider may have to be found, asked, polled, and its file fetched. Nobody but the
    server at ``base_url`` is called where it is given. ``max_bytes`` bounds the picture. ``model`` is asked for orders that name none.
    Where an answer leads to another server, ``look_up`` tells its addresses, and nobody else is called.
    Raises ``ValueError`` when there is neither token nor address.
    """

    name = "huggingface"

    def __init__(
        self, *, token: str | None, model: str, provider: str, base_url: str | None, seconds: float, max_bytes: int, look_up: LookUp
    ) -> None:
        if not (token or base_url):
            raise ValueError("Hugging Face needs a token: set HF_TOKEN, or HF_BASE_URL for a server that needs none.")
        self.model = model
        self._token = token
        self._base_url = base_url
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._look_up = look_up
        known_by_the_settings: Any = provider
        self._client = InferenceClient(provider=known_by_the_settings, token=token or _NOBODYS)

    def paint(self, order: Order) -> Painted:
        model = order.model or self.model
        if not key_can_be_sent(self._token or ""):
            raise bad_key()
        if not _MODEL.fullmatch(model):
            raise unknown_model()
        sitting = _Sitting(token=self._token, seconds=self._seconds, max_bytes=self._max_bytes, look_up=self._look_up)
        self._ask(order, self._address_of(model), sitting)
        if sitting.picture is None:
            raise out_of_shape("The provider's answer is no picture.")
        return Painted(data=sitting.picture, provider=self.name, model=model)

    def _address_of(self, model: str) -> str:
        """What the SDK is told as the model: a name it looks up at the Hub, an address it calls as it is."""
        return self._base_url.replace(MODEL_IN_ADDRESS, quote(model)) if self._base_url else model

    def _ask(self, order: Order, model: str, sitting: _Sitting) -> None:
        mark = _sitting.set(sitting)
        try:
            self._client.text_to_image(
                order.prompt,
                negative_prompt=order.negative_prompt,
                width=order.width,
                height=order.height,
                num_inference_steps=order.steps,
                seed=order.seed,
                model=model,
            )
        except (OutsideFailure, MemoryError):
            # A worker without memory says nothing of the provider.
            raise
        except Exception as error:
            raise _failure(error, asked=sitting.has_asked) from None
        finally:
            _sitting.reset(mark)


def _failure(error: Exception, *, asked: bool) -> OutsideFailure:
    """What the SDK itself raises, which has no common parent, as an error of ours; its messages quote addresses and answers."""
    if isinstance(error, TimeoutError):
        return too_slow()
    if not asked and type(error) in (ValueError, StopIteration):
        # Nobody paints with this model, or not the provider that the settings name.
        return unknown_model()
    return out_of_shape(f"The provider's answer cannot be read ({type(error).__name__}).")


class _Sitting:
    """Everything that is sent for one picture: within one bound of time, and the token to nobody but who is asked to paint."""

    def __init__(self, *, token: str | None, seconds: float, max_bytes: int, look_up: LookUp) -> None:
        self.picture: bytes | None = None
        self.has_asked = False
        self._token = token
        self._end = time.monotonic() + seconds
        self._max_bytes = max_bytes
        self._look_up = look_up
        self._painter: tuple[str, str, int | None] | None = None

    def exchange(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to ``request``, in which a pixel stands in place of the picture: that is kept."""
        addresses: Sequence[str] = ()
        if request.method == "POST":
            self._painter = _origin(request.url)
            self.has_asked = True
        elif self.has_asked and not self._is_to_the_painter(request):
            addresses = self._addresses_of(request.url)
        left = self._end - time.monotonic()
        if left <= 0:
            raise too_slow()
        most = self._max_bytes * 4 // 3 + _ENVELOPE
        adapter = BoundedAdapter(seconds=left, max_bytes=most, refusal=_refusal, addresses=addresses)
        # One session for one exchange, since the time that is left is another each time.
        with confine(requests.Session(), adapter) as session:
            answer = session.request(request.method, str(request.url), data=request.read(), headers=self._headers(request))
        # Only the type: the body is unpacked already.
        headers = {"Content-Type": "application/json"}
        return httpx2.Response(answer.status_code, headers=headers, content=self._without_picture(answer.content), request=request)

    def _addresses_of(self, url: httpx2.URL) -> Sequence[str]:
        """Where the server is that a provider's answer has chosen, which must not be one of our own network."""
        found = self._look_up(url.host, url.port or 443) if url.scheme == "https" else ()
        if not found:
            raise out_of_shape("The provider's picture stands at an address that is not called.")
        return found

    def _is_to_the_painter(self, request: httpx2.Request) -> bool:
        return self._painter == _origin(request.url)

    def _headers(self, request: httpx2.Request) -> dict[str, str]:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        if not (self._token and self._is_to_the_painter(request)):
            headers.pop("authorization", None)
        return headers | {"User-Agent": "aizen"}

    def _without_picture(self, body: bytes) -> bytes:
        # The SDK makes a Pillow image of whatever it gets, which is none of its business: that needs a guard.
        if _begins_as_an_image(body):
            self._keep(body)
            return _PIXEL
        if body.startswith(b"{") and b'"b64_json"' in body:
            envelope = json.loads(body)
            entry = envelope["data"][0]
            self._keep(base64.b64decode(entry["b64_json"]))
            entry["b64_json"] = base64.b64encode(_PIXEL).decode()
            return json.dumps(envelope).encode()
        return body

    def _keep(self, picture: bytes) -> None:
        if len(picture) > self._max_bytes:
            raise out_of_shape("The provider's picture is too large.")
        self.picture = picture if _begins_as_an_image(picture) else None


_sitting: ContextVar[_Sitting] = ContextVar("sitting")


class _BoundedTransport(httpx2.BaseTransport):
    """The SDK's way out: httpx bounds each read, never a whole exchange, so its requests go through ``BoundedAdapter`` instead."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return _sitting.get().exchange(request)


# The SDK has one client for a process, and no other way to be given one.
set_client_factory(lambda: httpx2.Client(transport=_BoundedTransport(), trust_env=False))
# Nor has it another way to be told that the settings name the token, and no file in somebody's home.
constants.HF_HUB_DISABLE_IMPLICIT_TOKEN = True


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _begins_as_an_image(body: bytes) -> bool:
    """Whether ``body`` begins as one of the formats that Aizen takes: PNG, JPEG, GIF, WebP (RIFF) or AVIF (ISO base media)."""
    return body.startswith(_SIGNATURES) or (body[:4] == b"RIFF" and body[8:12] == b"WEBP") or body[4:12] in (b"ftypavif", b"ftypavis")


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> OutsideFailure:
    told = _parsed(body)
    if status in (400, 422) and _is_about_what_was_asked(told):
        return not_painted()
    # The Hub says 401 of models that it does not know, for they might be somebody's secret.
    if headers.get("X-Error-Code") == "RepoNotFound":
        return unknown_model()
    wait = seconds_to_wait(headers.get("Retry-After"))
    return by_status(status, wait=_estimate_in(told) if wait is None else wait)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _estimate_in(told: object) -> float | None:
    """How long a model that is being loaded wants to be left alone, in seconds."""
    estimate = told.get("estimated_time") if isinstance(told, dict) else None
    return seconds_to_wait(str(estimate)) if isinstance(estimate, int | float) and not isinstance(estimate, bool) else None


def _is_about_what_was_asked(told: object) -> bool:
    said = " ".join(_messages(told, depth=0)).lower()
    return any(word in said for word in _BLOCKED)


def _messages(told: object, *, depth: int) -> list[str]:
    """What the provider says, without what it only repeats of the request."""
    if isinstance(told, str):
        return [told[:_READ_OF_A_MESSAGE]]
    if depth > 4:
        return []
    if isinstance(told, list):
        return [text for each in told[:20] for text in _messages(each, depth=depth + 1)]
    if isinstance(told, dict):
        return [text for name in _SAID_IN if name in told for text in _messages(told[name], depth=depth + 1)]
    return []
