"""What a call has used up: read from what each provider tells, and from nothing that cannot be so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aizen.ai import Sight
from aizen.ai.usage import Usage, millionths, tokens
from aizen.errors import OutsideFailure

from .providers import Provider

TEXT = json.dumps({"description": "A boat.", "alt": "A boat.", "tags": ["boat"]})


def usage_told_by(provider: Provider, sight: Sight, body: dict[str, Any]) -> tuple[str, object]:
    """How the call ends, and what it says that it has used up."""
    provider.server.will_send(body)
    try:
        return "done", provider.describer().describe(sight).usage
    except OutsideFailure as failure:
        return failure.code, failure.usage


def gemini_says(metadata: object, *, text: str = TEXT) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}], "usageMetadata": metadata}


def openai_says(usage: object, *, text: str = TEXT) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage}


def test_only_what_can_be_a_count_or_a_price_is_one() -> None:
    assert [tokens(told) for told in (0, 7, 100_000_000)] == [0, 7, 100_000_000]
    assert {tokens(told) for told in (-1, 100_000_001, 10**400, 1.0, True, "7", None, [7], float("nan"))} == {None}
    assert [millionths(told) for told in (0, 2, 0.00000149, 0.95, 1000)] == [0, 2_000_000, 1, 950_000, 1_000_000_000]
    assert {millionths(told) for told in (-0.1, 1001, 10**400, float("inf"), float("nan"), True, "0.95", None, {"total": 1})} == {None}


def test_gemini_tells_tokens_and_what_it_thought_counts_as_said(google: Provider, sight: Sight) -> None:
    whole = {"promptTokenCount": 1100, "candidatesTokenCount": 80, "totalTokenCount": 1500, "thoughtsTokenCount": 320}
    for metadata, usage in (
        (whole, Usage(1100, 400)),
        ({"promptTokenCount": 1100, "candidatesTokenCount": 80, "totalTokenCount": 1180}, Usage(1100, 80)),
        ({"promptTokenCount": 1100, "candidatesTokenCount": 80}, Usage(1100, 80)),
        ({"promptTokenCount": -5, "candidatesTokenCount": 80, "totalTokenCount": 75}, Usage(None, 80)),
        ({"promptTokenCount": 1100, "candidatesTokenCount": -80, "totalTokenCount": 2_000_000_000}, Usage(1100, None)),
        ({}, None),
        (None, None),
    ):
        assert usage_told_by(google, sight, gemini_says(metadata)) == ("done", usage), metadata
    assert usage_told_by(google, sight, gemini_says(whole, text="Sorry.")) == ("malformed_answer", Usage(1100, 400))


def test_what_geminis_filters_have_looked_at_is_paid_for_too(google: Provider, sight: Sight) -> None:
    body = {**gemini_says({"promptTokenCount": 1100, "totalTokenCount": 1100}), "candidates": [{"finishReason": "SAFETY"}]}
    assert usage_told_by(google, sight, body) == ("blocked", Usage(1100, 0))


def test_servers_that_speak_like_openai_tell_tokens_and_openrouter_the_price(openai: Provider, sight: Sight) -> None:
    counts = {"prompt_tokens": 1100, "completion_tokens": 400}
    for told, usage in (
        ({**counts, "completion_tokens_details": {"reasoning_tokens": 320}, "total_tokens": 1500}, Usage(1100, 400)),
        ({**counts, "cost": 0.00042}, Usage(1100, 400, 420)),
        ({**counts, "cost": 0, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.00042}}, Usage(1100, 400, 0)),
        ({**counts, "cost": 0.00002, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0004}}, Usage(1100, 400, 420)),
        ({**counts, "cost": 0.00002, "is_byok": True, "cost_details": "none"}, Usage(1100, 400, 20)),
        ({"prompt_tokens": "1100", "completion_tokens": -400, "cost": float("nan")}, Usage()),
        ({"prompt_tokens": 10**30, "completion_tokens": 4.5, "cost": {"total": 1}}, Usage()),
        ("free", None),
        (None, None),
    ):
        assert usage_told_by(openai, sight, openai_says(told)) == ("done", usage), told
    assert usage_told_by(openai, sight, openai_says(counts, text="Sorry.")) == ("malformed_answer", Usage(1100, 400))
    refused = {"choices": [{"message": {"content": None, "refusal": "No."}}], "usage": counts}
    assert usage_told_by(openai, sight, refused) == ("blocked", Usage(1100, 400))


def test_a_failure_before_any_model_was_asked_has_used_up_nothing_that_is_known(provider: Provider, sight: Sight) -> None:
    provider.server.will_fail(500)
    with pytest.raises(OutsideFailure) as caught:
        provider.describer().describe(sight)
    assert caught.value.usage is None
