"""A stand-in for what Hugging Face's library calls to have a picture painted: an Inference Endpoint, or a provider."""

from __future__ import annotations

import base64
from typing import Any

from .loopback import Handler, Loopback, Request


class Received:
    """An order in the words that the tests use."""

    def __init__(self, request: Request) -> None:
        self.raw = request.raw
        self.path = request.path
        authorization = request.headers.get("authorization")
        self.token = None if authorization is None else authorization.removeprefix("Bearer ")
        self.prompt: str = request.body["inputs"]
        self.parameters: dict[str, Any] = request.body["parameters"]


class FakeHuggingFace(Loopback):
    """One server; in ``base_url`` stands where the model's name goes."""

    @property
    def base_url(self) -> str:
        return f"{self.url}/models/{{model}}"

    @property
    def received(self) -> list[Received]:
        return [Received(request) for request in self.requests]

    def will_paint(self, picture: bytes, *, media_type: str = "image/png") -> None:
        """This file is the answer, whatever it is."""
        self.act = lambda handler: handler.send_whole(200, picture, headers={"Content-Type": media_type})

    def will_paint_in_json(self, picture: bytes) -> None:
        """The file stands in an envelope, as Together and Nscale send it."""
        self.will_send({"data": [{"index": 0, "b64_json": base64.b64encode(picture).decode()}], "object": "list"})

    def will_paint_elsewhere(self, picture: bytes, *, at: str | None = None) -> None:
        """The answer names an address, as fal sends it: one of this server, or ``at``."""

        def act(handler: Handler) -> None:
            if handler.command == "POST":
                handler.send_json(200, {"images": [{"url": at or f"{self.url}/files/1.png"}]})
            else:
                handler.send_whole(200, picture, headers={"Content-Type": "image/png"})

        self.act = act

    def will_load(self, *, estimated_time: object = None, retry_after: int | None = None) -> None:
        """The model is not ready yet."""
        told = {"error": "Model is currently loading", "estimated_time": estimated_time}
        self.act = lambda handler: handler.send_json(503, told, headers={"Retry-After": retry_after})

    def will_refuse(self, status: int, told: object, **headers: str) -> None:
        """The error as a provider words it; a text is sent as it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(told, str):
            self.act = lambda handler: handler.send_whole(status, told.encode(), headers={"Content-Type": "text/plain", **named})
        else:
            self.act = lambda handler: handler.send_json(status, told, headers=named)
