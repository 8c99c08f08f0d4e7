"""A stand-in for OpenAI's chat completions, and for the servers that speak as OpenAI does."""

from __future__ import annotations

import base64
import json
from typing import Any

from .loopback import Loopback, Request

_FINISH_REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "PROHIBITED_CONTENT": "content_filter"}
_DATA_URL = "data:image/jpeg;base64,"


class Received:
    """A request in the words that the stand-ins share."""

    def __init__(self, request: Request) -> None:
        self.raw = request.raw
        self.path = request.path
        self.body = request.body
        authorization = request.headers.get("authorization")
        self.key = None if authorization is None else authorization.removeprefix("Bearer ")
        self.model: str = request.body["model"]
        system, user = request.body["messages"]
        assert (system["role"], user["role"]) == ("system", "user")
        self.instruction: str = system["content"]
        (picture,) = (part["image_url"]["url"] for part in user["content"] if part["type"] == "image_url")
        assert picture.startswith(_DATA_URL)
        self.picture = base64.b64decode(picture.removeprefix(_DATA_URL))
        self.words = [part["text"] for part in user["content"] if part["type"] == "text"]
        assert request.body["response_format"]["type"] == "json_schema"
        self.schema: dict[str, Any] = request.body["response_format"]["json_schema"]["schema"]


class FakeOpenAI(Loopback):
    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def received(self) -> list[Received]:
        return [Received(request) for request in self.requests]

    def will_answer(self, entry: object) -> None:
        """The model writes this as JSON."""
        self.will_write(json.dumps(entry))

    def will_write(self, text: str, *, finish_reason: str = "STOP") -> None:
        """The model writes this text, whatever it is."""
        message = {"role": "assistant", "content": text, "refusal": None}
        reason = _FINISH_REASONS.get(finish_reason, finish_reason)
        self.will_send({"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": reason}]})

    def will_block(self, reason: str = "SAFETY") -> None:
        """The model says in the member made for it that it will not."""
        message = {"role": "assistant", "content": None, "refusal": f"I cannot help with that: {reason}."}
        self.will_send({"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    def will_misshape(self) -> None:
        """The envelope around the model's text is of another shape."""
        self.will_send({"choices": "none"})

    def will_send_hollow(self) -> None:
        """The envelope is there, and nothing in it."""
        self.will_send({"choices": [{}]})
