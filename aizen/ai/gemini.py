"""Descriptions by Google's Gemini, through google-generativeai over REST.

Importing this module imports the SDK: about a second.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from aizen.ai import Answer, Sight
from aizen.ai.answers import TAGS_LIMIT, read_answer
from aizen.ai.bounded_http import BoundedAdapter
from aizen.ai.prompt import INSTRUCTION, REQUEST
from aizen.ai.retry_after import seconds_to_wait
from aizen.errors import Final, OutsideFailure, TryAgain

with warnings.catch_warnings():
    # The SDK announces its end of life, and its protobuf classes a future of Python: nothing that an operator could act upon.
    warnings.simplefilter("ignore")
    import google.ai.generativelanguage as language
    from google.ai.generativelanguage_v1beta.services.generative_service.transports.rest import GenerativeServiceRestTransport
    from google.generativeai.generative_models import GenerativeModel
    from google.generativeai.types import RequestOptions

_MAX_BYTES = 2 * 1024 * 1024
_FINISHED = (language.Candidate.FinishReason.STOP, language.Candidate.FinishReason.FINISH_REASON_UNSPECIFIED)
_BLOCKED = frozenset(
    {
        language.Candidate.FinishReason.SAFETY,
        language.Candidate.FinishReason.RECITATION,
        language.Candidate.FinishReason.LANGUAGE,
        language.Candidate.FinishReason.BLOCKLIST,
        language.Candidate.FinishReason.PROHIBITED_CONTENT,
        language.Candidate.FinishReason.SPII,
        language.Candidate.FinishReason.IMAGE_SAFETY,
    }
)

_GENERATION: Any = {
    "temperature": 0.2,
    # Room for the thinking of models that think, which counts; the answer itself is a few hundred.
    "max_output_tokens": 8192,
    "response_mime_type": "application/json",
    "response_schema": {
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "alt": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}, "max_items": TAGS_LIMIT},
        },
        "required": ["description", "alt", "tags"],
    },
}


class GeminiDescriber:
    """A ``Describer`` that sends the picture to a Gemini model, once a call: repeating is the work item's affair.

    ``seconds`` bounds the whole exchange. ``base_url`` replaces Google's address. Several of these, with different keys, live side by side:
    the SDK's global configuration is neither read nor written. Raises ``ValueError`` for a model's name that cannot be one.
    """

    name = "gemini"

    def __init__(self, *, api_key: str, model: str, base_url: str | None, seconds: float) -> None:
        self.model = model.removeprefix("models/")
        if not api_key:
            raise ValueError("Gemini needs a key: set GEMINI_API_KEY.")
        if not self.model or "/" in self.model:
            raise ValueError("GEMINI_MODEL is the name of a model, such as gemini-2.5-flash.")
        # Anything else cannot stand in a header, and the error about that would quote the key.
        self._key_can_be_sent = api_key.isascii() and api_key.isprintable() and " " not in api_key
        self._request_options = RequestOptions(retry=None, timeout=seconds)
        self._model = _open_model(self.model, client=_open_client(api_key, base_url=base_url, seconds=seconds))

    def describe(self, sight: Sight) -> Answer:
        if not self._key_can_be_sent:
            raise _bad_key()
        contents = [{"mime_type": "image/jpeg", "data": sight.jpeg}, REQUEST]
        try:
            text = _text_of(self._model.generate_content(contents, request_options=self._request_options))
        except OutsideFailure:
            raise
        except Exception as error:
            # What the SDK raises on an answer that it cannot parse has no common parent: ParseError, UnicodeError, RecursionError …
            raise Final(f"The provider's answer cannot be read ({type(error).__name__}).", code="malformed_answer") from None
        return read_answer(text, provider=self.name, model=self.model)


class _BoundedTransport(GenerativeServiceRestTransport):
    def __init__(self, *, adapter: BoundedAdapter, **options: Any) -> None:
        super().__init__(**options)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)


def _open_model(name: str, *, client: language.GenerativeServiceClient) -> Any:
    constructor: Any = GenerativeModel
    model = constructor(name, generation_config=deepcopy(_GENERATION), system_instruction=INSTRUCTION)
    # The documented way, genai.configure(), is global to the process: the last key would win for everybody.
    model._client = client
    return model


def _open_client(api_key: str, *, base_url: str | None, seconds: float) -> language.GenerativeServiceClient:
    adapter = BoundedAdapter(seconds=seconds, max_bytes=_MAX_BYTES, refusal=_refusal)
    options = {"api_key": api_key}
    if base_url:
        options["api_endpoint"] = base_url.rstrip("/")
    # With a key among the options the client asks nobody else for credentials: no files, no metadata server.
    return language.GenerativeServiceClient(transport=partial(_BoundedTransport, adapter=adapter), client_options=options)


def _text_of(response: Any) -> str:
    if response.prompt_feedback.block_reason:
        raise Final("The provider refuses to describe this picture.", code="blocked")
    if not response.candidates:
        return ""
    candidate = response.candidates[0]
    if candidate.finish_reason in _BLOCKED:
        raise Final("The provider refuses to describe this picture.", code="blocked")
    text = "".join(part.text for part in candidate.content.parts)
    if not text and candidate.finish_reason not in _FINISHED:
        # A reason younger than the SDK is a bare number.
        reason = getattr(candidate.finish_reason, "name", candidate.finish_reason)
        raise Final(f"The provider stopped early ({reason}).", code="malformed_answer")
    return text


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> OutsideFailure:
    error = _error_in(body)
    wait = seconds_to_wait(headers.get("Retry-After"))
    if status == 429:
        return TryAgain(
            "The provider's rate limit is reached.", code="rate_limited", retry_after=wait if wait is not None else _wait_in(error)
        )
    if status in (408, 504):
        return TryAgain("The provider did not answer in time.", code="provider_timeout", retry_after=wait)
    if status >= 500:
        return TryAgain(f"The provider is out of order (HTTP {status}).", code="provider_unavailable", retry_after=wait)
    if status in (401, 403) or (status == 400 and _is_about_the_key(error)):
        return _bad_key()
    if status == 404:
        return Final("The provider does not know this model.", code="unknown_model")
    return Final(f"The provider refused the request (HTTP {status}).", code="provider_refused")


def _bad_key() -> Final:
    return Final("The provider does not accept our key.", code="bad_key")


def _error_in(body: bytes) -> dict[str, Any]:
    try:
        error = json.loads(body)["error"]
    except (ValueError, RecursionError, KeyError, TypeError, IndexError):
        return {}
    return error if isinstance(error, dict) else {}


def _details_of(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _wait_in(error: dict[str, Any]) -> float | None:
    """The delay of a google.rpc.RetryInfo (google/rpc/error_details.proto), in seconds."""
    wishes = [detail.get("retryDelay") for detail in _details_of(error) if str(detail.get("@type")).endswith("/google.rpc.RetryInfo")]
    return seconds_to_wait(wishes[0]) if wishes and isinstance(wishes[0], str) else None


def _is_about_the_key(error: dict[str, Any]) -> bool:
    return any(str(detail.get("reason")).startswith("API_KEY_") for detail in _details_of(error))
