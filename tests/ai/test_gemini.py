"""What is Gemini's own, by either library: its error bodies, its addresses, and what an SDK must not do behind our back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aizen.ai import Sight, open_describers
from aizen.errors import OutsideFailure, TryAgain

from .providers import KEY, SDKS, FewSettings, Provider

ROOT = Path(__file__).parents[2]
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def failure_of(google: Provider, sight: Sight) -> OutsideFailure:
    with pytest.raises(OutsideFailure) as caught:
        google.describer().describe(sight)
    return caught.value


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"@type": ERROR_INFO}, {"@type": RETRY_INFO, "retryDelay": "34s"}], 34.0),
        ([{"@type": RETRY_INFO, "retryDelay": "1.5s"}], 1.5),
        ([{"@type": RETRY_INFO, "retryDelay": "-9s"}], 0.0),
        ([{"@type": RETRY_INFO, "retryDelay": "1e300s"}], 86400.0),
        ([{"@type": RETRY_INFO, "retryDelay": "nan"}], None),
        ([{"@type": RETRY_INFO, "retryDelay": 34}], None),
        ([{"@type": RETRY_INFO}], None),
        (["odd", None], None),
        ("odd", None),
    ],
)
def test_the_wait_is_also_read_from_retry_info(google: Provider, sight: Sight, details: object, seconds: float | None) -> None:
    google.server.will_fail(429, error={"details": details})
    error = failure_of(google, sight)
    assert isinstance(error, TryAgain)
    assert (error.code, error.retry_after) == ("rate_limited", seconds)


def test_a_bad_key_is_told_by_its_reason_although_the_status_is_400(google: Provider, sight: Sight) -> None:
    google.server.will_fail(400, error={"details": [{"@type": ERROR_INFO, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]})
    assert failure_of(google, sight).code == "bad_key"


def test_an_address_may_end_in_a_slash_and_a_model_may_carry_its_collection(google: Provider, sight: Sight) -> None:
    google.server.will_answer({"description": "A boat."})
    describer = google.describer(base_url=f"{google.server.url}/", model="models/gemini-x")
    assert describer.describe(sight).model == "gemini-x"
    assert google.server.received[0].path == "/v1beta/models/gemini-x:generateContent"


@pytest.mark.parametrize("sdk", SDKS.values())
@pytest.mark.parametrize(("key", "model"), [(None, "gemini-x"), (KEY, ""), (KEY, "a/b/c")])
def test_settings_that_cannot_work_are_told_when_it_is_opened(key: str | None, model: str, sdk: str) -> None:
    with pytest.raises(ValueError, match=r"GEMINI_(API_KEY|MODEL)"):
        open_describers(FewSettings(describers=("gemini",), gemini_api_key=key, gemini_model=model, gemini_sdk=sdk))


@pytest.mark.parametrize("reason", ["OTHER", "BLOCKLIST", "PROHIBITED_CONTENT"])
def test_a_picture_is_blocked_for_any_of_geminis_reasons(google: Provider, sight: Sight, reason: str) -> None:
    google.server.will_block(reason)
    assert failure_of(google, sight).code == "blocked"


@pytest.mark.filterwarnings("ignore:Unrecognized .* enum value", "ignore:.* is not a valid BlockedReason")
def test_a_picture_is_blocked_for_a_reason_younger_than_the_library(google: Provider, sight: Sight) -> None:
    google.server.will_block("A REASON OF TOMORROW")
    assert failure_of(google, sight).code == "blocked"


@pytest.mark.parametrize("reason", ["RECITATION", "IMAGE_SAFETY", "SPII"])
def test_every_filter_of_gemini_ends_in_blocked(google: Provider, sight: Sight, reason: str) -> None:
    google.server.will_write('{"description": "A', finish_reason=reason)
    assert failure_of(google, sight).code == "blocked"


@pytest.mark.filterwarnings("ignore:Unrecognized .* enum value")
def test_a_model_that_asks_to_be_continued_is_not_asked_again(google: Provider, sight: Sight) -> None:
    text = {"parts": [{"text": '{"description": "A boat'}]}
    google.server.will_send({"candidates": [{"content": text, "finishReason": "CONTINUATION", "continuationToken": "bW9yZQ=="}]})
    assert failure_of(google, sight).code == "malformed_answer"
    assert len(google.server.requests) == 1


@pytest.mark.parametrize("variable", ["GOOGLE_GEMINI_BASE_URL", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_API_VERSION"])
def test_the_libraries_own_variables_change_nothing(google: Provider, sight: Sight, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "true")
    google.server.will_answer({"description": "A boat."})
    google.describer().describe(sight)
    (received,) = google.server.received
    assert (received.path, received.key) == ("/v1beta/models/gemini-3.5-flash-lite:generateContent", KEY)


@pytest.mark.parametrize("sdk", SDKS.values())
def test_opening_warns_of_nothing_and_connects_to_nothing(sdk: str) -> None:
    program = f"""
import sys
connected = []
sys.addaudithook(lambda event, arguments: connected.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
from tests.ai.providers import FewSettings
from aizen.ai import open_describers
open_describers(FewSettings(describers=("gemini",), gemini_api_key="key", gemini_sdk="{sdk}"))
assert not connected, connected
"""
    finished = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (finished.returncode, finished.stderr) == (0, "")
