"""What is OpenAI's own, and that of the servers that speak as it does."""

from __future__ import annotations

import pytest

from aizen.ai import Sight, open_describers
from aizen.ai.openai import OpenAIDescriber
from aizen.errors import Final, OutsideFailure, TryAgain

from .providers import KEY, FewSettings, Provider

ENTRY = {"description": "A boat.", "alt": "A boat.", "tags": ["boat"]}
# OpenRouter's words about what it was sent, and about who sends it.
FLAGGED = [
    {"code": 403, "metadata": {"reasons": ["violence"], "flagged_input": "", "provider_name": "OpenAI", "model_slug": "gpt-x"}},
    {"code": 403, "metadata": {"reasons": ["sexual"]}},
    {"code": 403, "metadata": {"flagged_input": "…"}},
    {"code": 403, "metadata": {"error_type": "content_policy_violation"}},
    {"code": 403, "metadata": {"error_type": "refusal", "provider_name": "Anthropic"}},
]
FORBIDDEN = [
    {"code": 403, "message": "no"},
    {"code": 403, "metadata": {"error_type": "permission_denied"}},
    {"code": 403, "metadata": {"reasons": [], "flagged_input": None}},
    {"code": 403, "metadata": ["reasons"]},
    {"code": 403, "metadata": {"error_type": ["refusal"]}},
]


def failure_of(provider: Provider, sight: Sight) -> OutsideFailure:
    with pytest.raises(OutsideFailure) as caught:
        provider.describer().describe(sight)
    return caught.value


def test_a_server_of_ones_own_is_asked_without_a_key(openai: Provider, sight: Sight) -> None:
    openai.server.will_answer(ENTRY)
    answer = openai.describer(api_key=None, model="llama3.2-vision:11b").describe(sight)
    (received,) = openai.server.received
    assert (received.key, received.path) == (None, "/v1/chat/completions")
    assert (answer.provider, answer.model) == ("openai", "llama3.2-vision:11b")


def test_the_address_may_end_in_a_slash(openai: Provider, sight: Sight) -> None:
    openai.server.will_answer(ENTRY)
    openai.describer(base_url=f"{openai.server.base_url}/").describe(sight)
    assert openai.server.received[0].path == "/v1/chat/completions"


def test_the_answer_is_bounded_by_the_name_that_other_servers_know(openai: Provider, sight: Sight) -> None:
    openai.server.will_answer(ENTRY)
    openai.describer().describe(sight)
    body = openai.server.requests[0].body
    assert (body["max_tokens"], body.get("max_completion_tokens")) == (2048, None)


@pytest.mark.parametrize("address", [None, "https://eu.api.openai.com/v1", "https://mine.openai.azure.com/openai/v1"])
def test_the_answer_is_bounded_by_the_name_that_openai_wants(sight: Sight, address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    body = OpenAIDescriber(api_key=KEY, model="gpt-6-luna", base_url=address, seconds=1)._request(sight)
    assert (body["max_completion_tokens"], body.get("max_tokens")) == (8192, None)


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (429, {"code": "insufficient_quota", "type": "insufficient_quota"}, "out_of_credit"),
        (402, {"code": 402, "message": "Insufficient credits"}, "out_of_credit"),
        (400, {"code": "content_policy_violation"}, "blocked"),
        (400, {"code": "content_filter", "innererror": {}}, "blocked"),
        (400, {"code": "model_not_found"}, "unknown_model"),
        (400, {"code": "unsupported_parameter"}, "provider_refused"),
        (404, "model 'x' not found, try pulling it first", "unknown_model"),
        (401, {"code": "invalid_api_key"}, "bad_key"),
        (400, ["odd"], "provider_refused"),
        (400, 7, "provider_refused"),
        (400, {"code": ["odd"], "type": {}}, "provider_refused"),
    ],
)
def test_a_refusal_is_told_by_its_status_and_its_code(openai: Provider, sight: Sight, status: int, error: object, code: str) -> None:
    openai.server.will_fail(status, error=error)
    failure = failure_of(openai, sight)
    assert (type(failure), failure.code) == (Final, code)


@pytest.mark.parametrize(("error", "code"), [*((each, "blocked") for each in FLAGGED), *((each, "bad_key") for each in FORBIDDEN)])
@pytest.mark.parametrize("place", ["status", "envelope", "choice"])
def test_a_403_about_the_picture_is_no_word_about_the_key(openai: Provider, sight: Sight, place: str, error: object, code: str) -> None:
    if place == "status":
        openai.server.will_fail(403, error=error)
    elif place == "envelope":
        openai.server.will_send({"error": error})
    else:
        openai.server.will_send({"choices": [{"error": error, "finish_reason": "error", "message": {"content": '{"descr'}}]})
    failure = failure_of(openai, sight)
    assert (type(failure), failure.code) == (Final, code)


def test_too_many_requests_pass_and_an_empty_account_does_not(openai: Provider, sight: Sight) -> None:
    openai.server.will_fail(429, error={"code": "rate_limit_exceeded", "type": "tokens"}, retry_after=3)
    failure = failure_of(openai, sight)
    assert isinstance(failure, TryAgain)
    assert (failure.code, failure.retry_after) == ("rate_limited", 3)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": 502, "message": "no upstream"}, "provider_unavailable"),
        ({"code": 429}, "rate_limited"),
        ({"message": "something"}, "provider_unavailable"),
        ({"code": True}, "provider_unavailable"),
        ({"code": -5}, "provider_refused"),
    ],
)
def test_a_failure_that_is_told_with_status_200_is_one(openai: Provider, sight: Sight, error: object, code: str) -> None:
    for told in ({"error": error}, {"choices": [{"error": error, "finish_reason": "error"}]}):
        openai.server.will_send(told)
        assert failure_of(openai, sight).code == code


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {"choices": ["text"]},
        {"choices": [{"message": "text"}]},
        {"choices": [{"message": {"content": [{"type": "text", "text": "A boat."}]}}]},
        {"choices": [{"message": {"content": 7}}]},
        {"choices": {"0": {}}},
    ],
)
def test_an_envelope_of_another_shape_is_final(openai: Provider, sight: Sight, body: object) -> None:
    openai.server.will_send(body)
    failure = failure_of(openai, sight)
    assert (type(failure), failure.code) == (Final, "malformed_answer")


@pytest.mark.parametrize(("key", "model", "variable"), [(None, "m", "OPENAI_API_KEY"), (KEY, "", "OPENAI_MODEL")])
def test_settings_that_cannot_work_are_told_when_it_is_opened(key: str | None, model: str, variable: str) -> None:
    with pytest.raises(ValueError, match=variable):
        open_describers(FewSettings(describers=("openai",), openai_api_key=key, openai_model=model))
