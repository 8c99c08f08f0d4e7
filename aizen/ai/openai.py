"""Descriptions by OpenAI, and by every server that speaks as it does: Ollama, vLLM, LM Studio, OpenRouter …

Plain HTTP (the chat completions of OpenAI's API): one call does not need an SDK, and the compatible servers differ in what one would hide.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from aizen.ai import Answer, Sight
from aizen.ai.answers import read_answer
from aizen.ai.bounded_http import BoundedAdapter, confine
from aizen.ai.prompt import INSTRUCTION, REQUEST
from aizen.ai.refusals import bad_key, blocked, by_status, key_can_be_sent, out_of_credit, out_of_shape, stopped_early, unknown_model
from aizen.ai.retry_after import seconds_to_wait
from aizen.ai.usage import Usage, millionths, tokens, used_up
from aizen.errors import OutsideFailure

OPENAI = "https://api.openai.com/v1"
_MAX_BYTES = 2 * 1024 * 1024

# A schema and not the older `json_object`: LM Studio refuses that one, and all of the servers named above know this one. No bound on the
# number of tags: some of them refuse what they do not know of JSON Schema, and the answer is cut in any case.
_RESPONSE_FORMAT = {
    "type": "json_schema",
    "json_schema": {
        "name": "entry",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "description": {"type": "string"},
                "alt": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["description", "alt", "tags"],
            "additionalProperties": False,
        },
    },
}
_BLOCKED_CODES = frozenset({"content_filter", "content_policy_violation", "moderation_blocked", "refusal"})
_NO_CREDIT_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})


class OpenAIDescriber:
    """A ``Describer`` that sends the picture to a model by one chat completion: repeating is the work item's affair.

    ``seconds`` bounds the whole exchange. ``base_url`` replaces OpenAI's address; a server there may want no key.
    Raises ``ValueError`` when there is no model, or neither key nor address.
    """

    name = "openai"

    def __init__(self, *, api_key: str | None, model: str, base_url: str | None, seconds: float) -> None:
        if not model:
            raise ValueError("OPENAI_MODEL is the name of a model, such as gpt-6-luna.")
        if not (api_key or base_url):
            raise ValueError("OpenAI needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs none.")
        self.model = model
        address = (base_url or OPENAI).rstrip("/")
        self._url = f"{address}/chat/completions"
        self._bound = _bound_of_the_answer(address)
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._key_can_be_sent = key_can_be_sent(api_key or "")
        self._session = confine(requests.Session(), BoundedAdapter(seconds=seconds, max_bytes=_MAX_BYTES, refusal=_refusal))

    def describe(self, sight: Sight) -> Answer:
        if not self._key_can_be_sent:
            raise bad_key()
        response = self._session.post(self._url, json=self._request(sight), headers=self._headers)
        envelope = _object(_parsed(response.content))
        usage = _usage_of(envelope)
        with used_up(usage):
            return read_answer(_text_of(envelope), provider=self.name, model=self.model, usage=usage)

    def _request(self, sight: Sight) -> dict[str, Any]:
        picture = f"data:image/jpeg;base64,{base64.b64encode(sight.jpeg).decode()}"
        return {
            "model": self.model,
            "messages": [
                {"role": "system", "content": INSTRUCTION},
                {"role": "user", "content": [{"type": "text", "text": REQUEST}, {"type": "image_url", "image_url": {"url": picture}}]},
            ],
            "response_format": _RESPONSE_FORMAT,
            # No temperature: OpenAI's models that reason refuse it.
            **self._bound,
        }


def _bound_of_the_answer(address: str) -> dict[str, int]:
    """The bound on the answer's tokens, by the name under which the server at ``address`` takes it.

    OpenAI's newer models, at Azure too, refuse ``max_tokens`` and think within their bound. Other servers know that older name best, and
    the smaller number: vLLM refuses one that does not fit into the model's context beside the picture.
    """
    host = urlsplit(address).hostname or ""
    if host.endswith((".openai.com", ".openai.azure.com")):
        return {"max_completion_tokens": 8192}
    return {"max_tokens": 2048}


def _text_of(envelope: dict[str, Any]) -> str:
    choices = envelope.get("choices")
    if not choices:
        _raise_told_error(envelope)
        return ""
    if not isinstance(choices, list):
        raise _wrong_envelope()
    choice = _object(choices[0])
    _raise_told_error(choice)
    message = _object(choice.get("message") or {})
    if message.get("refusal") or choice.get("finish_reason") == "content_filter":
        raise blocked()
    text = message.get("content") or ""
    if not isinstance(text, str):
        raise _wrong_envelope()
    if not text and choice.get("finish_reason") not in ("stop", None):
        raise stopped_early(choice["finish_reason"])
    return text


def _usage_of(envelope: dict[str, Any]) -> Usage | None:
    told = envelope.get("usage")
    if not isinstance(told, dict):
        return None
    return Usage(tokens(told.get("prompt_tokens")), tokens(told.get("completion_tokens")), _cost_of(told))


def _cost_of(told: dict[str, Any]) -> int | None:
    """What OpenRouter has charged (openrouter.ai/docs, usage accounting). Nobody else tells a price.

    Where it has used a key of one's own at another provider, that one charges too, and the cost is OpenRouter's fee alone.
    """
    cost = millionths(told.get("cost"))
    details = told.get("cost_details")
    if cost is None or told.get("is_byok") is not True or not isinstance(details, dict):
        return cost
    return cost + (millionths(details.get("upstream_inference_cost")) or 0)


def _raise_told_error(told: dict[str, Any]) -> None:
    """OpenRouter has begun its 200 before it knows that the model behind it fails, and tells the status in the envelope or in a choice."""
    error = told.get("error")
    if isinstance(error, dict):
        status = error.get("code")
        raise _failure(status if isinstance(status, int) and not isinstance(status, bool) else 502, error, wait=None)


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> OutsideFailure:
    try:
        error = _object(_object(_parsed(body)).get("error"))
    except OutsideFailure:
        # Ollama and LM Studio may tell their errors as a plain string: the status has to do.
        error = {}
    return _failure(status, error, wait=seconds_to_wait(headers.get("Retry-After")))


def _failure(status: int, error: dict[str, Any], *, wait: float | None) -> OutsideFailure:
    metadata = error.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    codes = {word for word in (error.get("code"), error.get("type"), metadata.get("error_type")) if isinstance(word, str)}
    # With 429 OpenAI says two things: "slower", which a wait helps, and "pay first", which it does not. 402 is how others say the latter.
    if status == 402 or codes & _NO_CREDIT_CODES:
        return out_of_credit()
    if codes & _BLOCKED_CODES or (status == 403 and _is_flagged(metadata)):
        return blocked()
    if "model_not_found" in codes:
        return unknown_model()
    return by_status(status, wait=wait)


def _is_flagged(metadata: dict[str, Any]) -> bool:
    """Whether OpenRouter's moderation speaks of what was sent (openrouter.ai/docs/errors): the same 403 is also said of a key."""
    return bool(metadata.get("reasons")) or isinstance(metadata.get("flagged_input"), str)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise out_of_shape(f"The provider's answer cannot be read ({type(error).__name__}).") from None


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_envelope()
    return value


def _wrong_envelope() -> OutsideFailure:
    return out_of_shape("The provider's answer is no chat completion.")
