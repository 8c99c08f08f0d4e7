"""A stand-in for Gemini's REST API, as both of Google's libraries speak with it."""

from __future__ import annotations

import base64
import json
from typing import Any

from .loopback import Handler, Loopback, Request

# The numbers of the published API, for a client that asks for them by enum-encoding=int, as Google's older library does.
_FINISH_REASONS = {
    "STOP": 1,
    "MAX_TOKENS": 2,
    "SAFETY": 3,
    "RECITATION": 4,
    "OTHER": 5,
    "PROHIBITED_CONTENT": 8,
    "SPII": 9,
    "IMAGE_SAFETY": 11,
}
_BLOCK_REASONS = {"SAFETY": 1, "OTHER": 2, "BLOCKLIST": 3, "PROHIBITED_CONTENT": 4, "IMAGE_SAFETY": 5}
_OF_TOMORROW = 99


class Received:
    """A request in the words that the stand-ins share."""

    def __init__(self, request: Request) -> None:
        self.raw = request.raw
        self.path = request.path
        self.key = request.headers.get("x-goog-api-key")
        self.model = request.path.removeprefix("/v1beta/models/").removesuffix(":generateContent")
        self.instruction = "".join(part["text"] for part in request.body["systemInstruction"]["parts"])
        parts = [part for content in request.body["contents"] for part in content["parts"]]
        # Google takes both alphabets of base64, and its younger library writes the one for addresses.
        self.picture = base64.urlsafe_b64decode(next(part["inlineData"]["data"] for part in parts if "inlineData" in part))
        self.words = [part["text"] for part in parts if "text" in part]
        self.schema: dict[str, Any] = request.body["generationConfig"]["responseSchema"]


class FakeGemini(Loopback):
    @property
    def base_url(self) -> str:
        return self.url

    @property
    def received(self) -> list[Received]:
        return [Received(request) for request in self.requests]

    def will_answer(self, entry: object) -> None:
        """The model writes this as JSON."""
        self.will_write(json.dumps(entry))

    def will_write(self, text: str, *, finish_reason: str = "STOP") -> None:
        """The model writes this text, whatever it is."""
        parts = [{"text": text}] if text else []

        def act(handler: Handler) -> None:
            reason = _FINISH_REASONS.get(finish_reason, _OF_TOMORROW) if _wants_numbers(handler) else finish_reason
            handler.send_json(200, {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}]})

        self.act = act

    def will_block(self, reason: str = "SAFETY") -> None:
        """The request is turned away before any model sees it."""

        def act(handler: Handler) -> None:
            word = _BLOCK_REASONS.get(reason, _OF_TOMORROW) if _wants_numbers(handler) else reason
            handler.send_json(200, {"promptFeedback": {"blockReason": word}})

        self.act = act

    def will_misshape(self) -> None:
        """The envelope around the model's text is of another shape."""
        self.will_send({"candidates": "none"})

    def will_send_hollow(self) -> None:
        """The envelope is there, and nothing in it."""
        self.will_send({"candidates": [{}]})


def _wants_numbers(handler: Handler) -> bool:
    return "enum-encoding=int" in handler.query
