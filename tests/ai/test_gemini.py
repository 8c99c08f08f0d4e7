"""What is Gemini's own: its error bodies, its addresses, and what its SDK must not do behind our back."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aizen.ai import Sight, open_describers
from aizen.errors import OutsideFailure, TryAgain

from .conftest import KEY, FewSettings, Provider

ROOT = Path(__file__).parents[2]
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def failure_of(provider: Provider, sight: Sight) -> OutsideFailure:
    with pytest.raises(OutsideFailure) as caught:
        provider.describer().describe(sight)
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
def test_the_wait_is_also_read_from_retry_info(provider: Provider, sight: Sight, details: object, seconds: float | None) -> None:
    provider.server.will_fail(429, details=details)
    error = failure_of(provider, sight)
    assert isinstance(error, TryAgain)
    assert (error.code, error.retry_after) == ("rate_limited", seconds)


def test_a_bad_key_is_told_by_its_reason_although_the_status_is_400(provider: Provider, sight: Sight) -> None:
    provider.server.will_fail(400, details=[{"@type": ERROR_INFO, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}])
    assert failure_of(provider, sight).code == "bad_key"


def test_an_address_may_end_in_a_slash_and_a_model_may_carry_its_collection(provider: Provider, sight: Sight) -> None:
    provider.server.will_answer({"description": "A boat."})
    describer = provider.describer(gemini_base_url=f"{provider.server.url}/", gemini_model="models/gemini-x")
    assert describer.describe(sight).model == "gemini-x"
    assert provider.server.received[0].path == "/v1beta/models/gemini-x:generateContent"


@pytest.mark.parametrize(("key", "model"), [(None, "gemini-x"), (KEY, ""), (KEY, "a/b/c")])
def test_settings_that_cannot_work_are_told_when_it_is_opened(key: str | None, model: str) -> None:
    with pytest.raises(ValueError, match=r"GEMINI_(API_KEY|MODEL)"):
        open_describers(FewSettings(ai_describers=("gemini",), gemini_api_key=key, gemini_model=model))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_takes_connections_and_says_nothing_is_left_in_time(provider: Provider, sight: Sight, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        describer = provider.describer(gemini_base_url=f"{scheme}://127.0.0.1:{silent.getsockname()[1]}", ai_seconds=0.5)
        with pytest.raises(TryAgain) as caught:
            describer.describe(sight)
    assert caught.value.code == "provider_timeout"


def test_bounds_hold_through_the_operators_proxy_too(provider: Provider, sight: Sight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", provider.server.url)
    describer = provider.describer(gemini_base_url="http://gemini.invalid", ai_seconds=0.5)
    provider.server.will_answer({"description": "A boat."})
    assert describer.describe(sight).description == "A boat."
    assert provider.server.received[0].path.startswith("http://gemini.invalid/")
    provider.server.will_drip()
    with pytest.raises(TryAgain) as caught:
        describer.describe(sight)
    assert caught.value.code == "provider_timeout"


def test_opening_warns_of_nothing_and_connects_to_nothing() -> None:
    program = """
import sys
connected = []
sys.addaudithook(lambda event, arguments: connected.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
from tests.ai.conftest import FewSettings
from aizen.ai import open_describers
open_describers(FewSettings(ai_describers=("gemini",), gemini_api_key="key"))
assert not connected, connected
"""
    finished = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (finished.returncode, finished.stderr) == (0, "")
