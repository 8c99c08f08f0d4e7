"""Descriptions by Google's Gemini, through google-genai: the younger of Google's two libraries, an extra of Aizen.

Importing this module imports the SDK: about half a second.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import httpx2
import requests
from google.genai import Client
from google.genai.types import GenerateContentConfig, HttpOptions, Part

from aizen.ai import Answer, Sight, gemini_api
from aizen.ai.answers import read_answer
from aizen.ai.bounded_http import BoundedAdapter, confine
from aizen.ai.prompt import INSTRUCTION, REQUEST
from aizen.ai.refusals import bad_key, blocked, key_can_be_sent, out_of_shape
from aizen.ai.usage import used_up
from aizen.errors import OutsideFailure

_GOOGLE = "https://generativelanguage.googleapis.com"
# Of what the SDK writes, these are about its own connection, which is not the one that is used.
_OF_THE_CONNECTION = frozenset({"host", "connection", "content-length", "transfer-encoding"})


class GenaiDescriber:
    """A ``Describer`` that sends the picture to a Gemini model, once a call: repeating is the work item's affair.

    The provider is the same as ``GeminiDescriber``'s, and so is its name. ``seconds`` bounds the whole exchange. ``base_url`` replaces
    Google's address. Raises ``ValueError`` for a model's name that cannot be one.
    """

    name = gemini_api.NAME

    def __init__(self, *, api_key: str, model: str, base_url: str | None, seconds: float) -> None:
        self.model = gemini_api.model_of(model, api_key=api_key)
        self._key_can_be_sent = key_can_be_sent(api_key)
        self._client = _open_client(api_key, base_url=base_url or _GOOGLE, seconds=seconds) if self._key_can_be_sent else None
        # A model that asks to be continued would else be asked again and again within one call.
        self._config = GenerateContentConfig(
            system_instruction=INSTRUCTION, automatic_continuation=False, **deepcopy(dict(gemini_api.GENERATION))
        )

    def describe(self, sight: Sight) -> Answer:
        if self._client is None:
            raise bad_key()
        contents: Any = [Part.from_bytes(data=sight.jpeg, mime_type="image/jpeg"), REQUEST]
        try:
            response = self._client.models.generate_content(model=self.model, contents=contents, config=self._config)
            usage = gemini_api.usage_of(response.usage_metadata)
            with used_up(usage):
                return read_answer(_text_of(response), provider=self.name, model=self.model, usage=usage)
        except OutsideFailure:
            raise
        except Exception as error:
            # What the SDK raises on an answer that it cannot parse has no common parent: ValidationError, UnknownApiResponseError …
            raise out_of_shape(f"The provider's answer cannot be read ({type(error).__name__}).") from None


class _BoundedTransport(httpx2.BaseTransport):
    """The SDK's way out: httpx bounds each read, never a whole exchange, so its requests go through ``BoundedAdapter`` instead."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        answer = self._session.request(request.method, str(request.url), data=request.read(), headers=headers)
        if not answer.content:
            raise out_of_shape("The provider's answer is empty.")
        # Only the type: the body is unpacked already, and in no other charset than that of JSON.
        return httpx2.Response(answer.status_code, headers={"Content-Type": "application/json"}, content=answer.content, request=request)


def _open_client(api_key: str, *, base_url: str, seconds: float) -> Client:
    session = confine(requests.Session(), BoundedAdapter(seconds=seconds, max_bytes=gemini_api.MAX_BYTES, refusal=gemini_api.refusal))
    options = HttpOptions(
        # Each of these is also read from the environment, by names that nobody has told Aizen's operator of.
        base_url=f"{base_url.rstrip('/')}/",
        api_version="v1beta",
        timeout=int(seconds * 1000),
        httpx_client=httpx2.Client(transport=_BoundedTransport(session), trust_env=False),
    )
    return Client(vertexai=False, api_key=api_key, http_options=options)


def _text_of(response: Any) -> str:
    if response.prompt_feedback is not None and response.prompt_feedback.block_reason:
        raise blocked()
    if not response.candidates:
        return ""
    candidate = response.candidates[0]
    parts = (candidate.content.parts if candidate.content else None) or ()
    text = "".join(part.text for part in parts if part.text and not part.thought)
    reason = candidate.finish_reason
    return gemini_api.checked_text(text, finish_reason="FINISH_REASON_UNSPECIFIED" if reason is None else str(reason.name))
