"""Descriptions by Google's Gemini, through google-generativeai over REST.

Importing this module imports the SDK: about a second.
"""

from __future__ import annotations

import warnings
from copy import deepcopy
from functools import partial
from typing import Any

from aizen.ai import Answer, Sight, gemini_api
from aizen.ai.answers import read_answer
from aizen.ai.bounded_http import BoundedAdapter, confine
from aizen.ai.prompt import INSTRUCTION, REQUEST
from aizen.ai.refusals import bad_key, blocked, key_can_be_sent, out_of_shape
from aizen.ai.usage import used_up
from aizen.errors import OutsideFailure

with warnings.catch_warnings():
    # The SDK announces its end of life, and its protobuf classes a future of Python: nothing that an operator could act upon.
    warnings.simplefilter("ignore")
    import google.ai.generativelanguage as language
    from google.ai.generativelanguage_v1beta.services.generative_service.transports.rest import GenerativeServiceRestTransport
    from google.generativeai.generative_models import GenerativeModel
    from google.generativeai.types import RequestOptions


class GeminiDescriber:
    """A ``Describer`` that sends the picture to a Gemini model, once a call: repeating is the work item's affair.

    ``seconds`` bounds the whole exchange. ``base_url`` replaces Google's address. Several of these, with different keys, live side by side:
    the SDK's global configuration is neither read nor written. Raises ``ValueError`` for a model's name that cannot be one.
    """

    name = gemini_api.NAME

    def __init__(self, *, api_key: str, model: str, base_url: str | None, seconds: float) -> None:
        self.model = gemini_api.model_of(model, api_key=api_key)
        self._key_can_be_sent = key_can_be_sent(api_key)
        self._request_options = RequestOptions(retry=None, timeout=seconds)
        self._model = _open_model(self.model, client=_open_client(api_key, base_url=base_url, seconds=seconds))

    def describe(self, sight: Sight) -> Answer:
        if not self._key_can_be_sent:
            raise bad_key()
        contents = [{"mime_type": "image/jpeg", "data": sight.jpeg}, REQUEST]
        try:
            response = self._model.generate_content(contents, request_options=self._request_options)
            usage = gemini_api.usage_of(response.usage_metadata)
            with used_up(usage):
                return read_answer(_text_of(response), provider=self.name, model=self.model, usage=usage)
        except OutsideFailure:
            raise
        except Exception as error:
            # What the SDK raises on an answer that it cannot parse has no common parent: ParseError, UnicodeError, RecursionError …
            raise out_of_shape(f"The provider's answer cannot be read ({type(error).__name__}).") from None


class _BoundedTransport(GenerativeServiceRestTransport):
    def __init__(self, *, adapter: BoundedAdapter, **options: Any) -> None:
        super().__init__(**options)
        confine(self._session, adapter)


def _open_model(name: str, *, client: language.GenerativeServiceClient) -> Any:
    constructor: Any = GenerativeModel
    model = constructor(name, generation_config=deepcopy(dict(gemini_api.GENERATION)), system_instruction=INSTRUCTION)
    # The documented way, genai.configure(), is global to the process: the last key would win for everybody.
    model._client = client
    return model


def _open_client(api_key: str, *, base_url: str | None, seconds: float) -> language.GenerativeServiceClient:
    adapter = BoundedAdapter(seconds=seconds, max_bytes=gemini_api.MAX_BYTES, refusal=gemini_api.refusal)
    options = {"api_key": api_key}
    if base_url:
        options["api_endpoint"] = base_url.rstrip("/")
    # With a key among the options the client asks nobody else for credentials: no files, no metadata server.
    return language.GenerativeServiceClient(transport=partial(_BoundedTransport, adapter=adapter), client_options=options)


def _text_of(response: Any) -> str:
    if response.prompt_feedback.block_reason:
        raise blocked()
    if not response.candidates:
        return ""
    candidate = response.candidates[0]
    text = "".join(part.text for part in candidate.content.parts)
    # A reason younger than the SDK is a bare number.
    return gemini_api.checked_text(text, finish_reason=str(getattr(candidate.finish_reason, "name", candidate.finish_reason)))
