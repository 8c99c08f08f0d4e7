"""Pictures by Hugging Face, with its real library against a server on the loopback interface."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.hf_api import InferenceProviderMapping
from huggingface_hub.inference._providers import PROVIDERS
from huggingface_hub.inference._providers._common import HARDCODED_MODEL_INFERENCE_MAPPING

# What it sets in the library as it is imported must not fall into a test that sets it otherwise for a while.
import aizen.ai.huggingface  # noqa: F401
from aizen.ai.painting import LookUp, Order, Painted, Painter, open_painters
from aizen.errors import Final, OutsideFailure, TryAgain
from aizen.outgoing import Fetcher, is_public_or_private
from aizen.settings.declaring import HF_PROVIDERS
from tests import pictures
from tests.services import origin
from tests.services.certificates import certificate_of
from tests.services.origin import Origin

from .fake_huggingface import FakeHuggingFace

ROOT = Path(__file__).parents[2]
TOKEN = "hf_test-A1b2C3d4"
MODEL = "black-forest-labs/FLUX.1-dev"
BOUND = 0.6
"""Seconds that the painter gets where the provider never comes to an end."""
ORDER = Order(prompt="A red boat on a lake", negative_prompt="people", width=640, height=480, seed=42, steps=28, model=None)
PICTURE = pictures.png()


@dataclass(frozen=True)
class FewSettings:
    """What ``aizen.ai.painting`` reads of the settings, and nothing else."""

    painters: tuple[str, ...] = ("huggingface",)
    hf_token: str | None = TOKEN
    hf_model: str = MODEL
    hf_provider: str = "auto"
    hf_base_url: str | None = None
    paint_seconds: float = 20.0
    max_image_size: int = 1024 * 1024


def nothing_is_drawn(prompt: str, *, seed: int, width: int, height: int) -> bytes:
    raise AssertionError


def nobody_is_known(host: str, port: int) -> list[str]:
    return []


def opened(server: FakeHuggingFace, *, look_up: LookUp = nobody_is_known, **changes: object) -> Painter:
    settings = replace(FewSettings(hf_base_url=server.base_url), **changes)  # type: ignore[arg-type]
    (painter,) = open_painters(settings, nothing_is_drawn, look_up)
    return painter


def failure_of(server: FakeHuggingFace, order: Order = ORDER, **changes: object) -> OutsideFailure:
    """The error that a painting ends with: there must be one, of our own kinds, and neither the token nor an address stands in it."""
    with pytest.raises(OutsideFailure) as caught:
        opened(server, **changes).paint(order)  # type: ignore[arg-type]
    error = caught.value
    assert isinstance(error, (TryAgain, Final))
    told = f"{error!r} {error.detail} {error.code} {error.__cause__!r}"
    assert not [secret for secret in (TOKEN, "127.0.0.1", "http") if secret in told]
    assert len(error.detail) < 200
    return error


@pytest.fixture
def server() -> Iterator[FakeHuggingFace]:
    with FakeHuggingFace().running() as found:
        yield found


def test_the_order_goes_out_once_and_the_very_bytes_come_back(server: FakeHuggingFace) -> None:
    server.will_paint(PICTURE)
    painter = opened(server)
    assert painter.paint(ORDER) == Painted(data=PICTURE, provider="huggingface", model=MODEL)
    assert painter.paint(replace(ORDER, negative_prompt=None, steps=None, model="a-lab/a.model_2")).model == "a-lab/a.model_2"
    first, second = server.received
    assert (first.path, first.token, first.prompt) == (f"/models/{MODEL}", TOKEN, "A red boat on a lake")
    assert first.parameters == {"negative_prompt": "people", "width": 640, "height": 480, "num_inference_steps": 28, "seed": 42}
    assert first.raw.count(TOKEN.encode()) == 1
    assert b"User-Agent: aizen\n" in first.raw
    assert (second.path, second.parameters) == ("/models/a-lab/a.model_2", {"width": 640, "height": 480, "seed": 42})


def test_every_format_that_is_taken_comes_back_as_it_is(server: FakeHuggingFace) -> None:
    avif = b"\0\0\0\x1cftypavif\0\0\0\0"
    webp = b"RIFF\x10\0\0\0WEBPVP8 "
    for picture in (PICTURE, pictures.jpeg(), pictures.gif(), avif, webp):
        server.will_paint(picture)
        assert opened(server).paint(ORDER).data == picture


def test_a_server_of_ones_own_is_asked_at_its_very_address_and_without_a_token(
    server: FakeHuggingFace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the library would find one for it, in a file and in the environment."""
    token_file = tmp_path / "token"
    token_file.write_text("hf_of-somebody", encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(token_file))
    monkeypatch.setenv("HF_TOKEN", "hf_of-somebody-else")
    server.will_paint(PICTURE)
    opened(server, hf_token=None, hf_base_url=f"{server.url}/generate").paint(ORDER)
    (received,) = server.received
    assert (received.path, received.token) == ("/generate", None)
    assert b"hf_of" not in received.raw


@pytest.mark.parametrize(
    ("tell", "kind", "code", "wait"),
    [
        (lambda server: server.will_refuse(402, {"error": "You have exceeded your monthly credits"}), Final, "out_of_credit", None),
        (lambda server: server.will_refuse(401, {"error": f"Bad {TOKEN}"}), Final, "bad_key", None),
        (lambda server: server.will_refuse(403, "no"), Final, "bad_key", None),
        (lambda server: server.will_refuse(401, "no", X_Error_Code="RepoNotFound"), Final, "unknown_model", None),
        (lambda server: server.will_refuse(404, ""), Final, "unknown_model", None),
        (lambda server: server.will_refuse(410, "The requested model is gone"), Final, "unknown_model", None),
        (lambda server: server.will_refuse(400, {"error": ["width: too large"]}), Final, "provider_refused", None),
        (lambda server: server.will_refuse(422, "[" * 9000), Final, "provider_refused", None),
        (lambda server: server.will_refuse(413, "x" * 5000), Final, "provider_refused", None),
        (lambda server: server.will_refuse(429, "slower", Retry_After="7"), TryAgain, "rate_limited", 7.0),
        (lambda server: server.will_refuse(429, "slower"), TryAgain, "rate_limited", None),
        (lambda server: server.will_load(estimated_time=20.5), TryAgain, "provider_unavailable", 20.5),
        (lambda server: server.will_load(estimated_time=20.5, retry_after=4), TryAgain, "provider_unavailable", 4.0),
        (lambda server: server.will_load(estimated_time=1e300), TryAgain, "provider_unavailable", 86400.0),
        (lambda server: server.will_load(estimated_time="soon"), TryAgain, "provider_unavailable", None),
        (lambda server: server.will_load(estimated_time=True), TryAgain, "provider_unavailable", None),
        (lambda server: server.will_refuse(500, "<html>no</html>"), TryAgain, "provider_unavailable", None),
        (lambda server: server.will_refuse(504, ""), TryAgain, "provider_timeout", None),
        (lambda server: server.will_hang_up(), TryAgain, "provider_unavailable", None),
    ],
)
def test_each_way_of_failing_has_its_code_and_is_asked_for_once(
    server: FakeHuggingFace, tell: Callable[[FakeHuggingFace], None], kind: type[OutsideFailure], code: str, wait: float | None
) -> None:
    tell(server)
    error = failure_of(server)
    assert (type(error), error.code, getattr(error, "retry_after", None)) == (kind, code, wait)
    assert len(server.requests) == 1


def test_a_prompt_that_a_filter_refuses_is_blocked_and_one_that_is_only_repeated_is_not(server: FakeHuggingFace) -> None:
    for told in (
        {"error": "NSFW content detected in the prompt."},
        {"error": {"message": "Your request was rejected by our safety system", "code": "content_policy_violation"}},
        {"detail": [{"loc": ["body", "prompt"], "msg": "The content could not be processed", "type": "content_policy_violation"}]},
        "Prompt flagged by moderation",
    ):
        for status in (400, 422):
            server.will_refuse(status, told)
            error = failure_of(server)
            assert (type(error), error.code) == (Final, "blocked"), told
    repeated = {"detail": [{"loc": ["body", "steps"], "msg": "Input should be less than 50", "input": {"prompt": "a safety helmet, nsfw"}}]}
    server.will_refuse(422, repeated)
    assert failure_of(server).code == "provider_refused"
    server.will_refuse(403, {"error": "inappropriate token"})
    assert failure_of(server).code == "bad_key"


def test_what_is_no_image_by_its_first_bytes_is_no_answer(server: FakeHuggingFace) -> None:
    for answer in (
        b"",
        b"<!doctype html><html><body>Welcome</body></html>",
        b'{"error": "busy"}',
        b"A red boat on a lake.",
        b"BM" + bytes(100),
        b"%PDF-1.7",
        b"RIFF\x10\0\0\0WAVE",
        b"\xff\xd8",
        b'{"data": [{"b64_json": "bm8gaW1hZ2U="}]}',
        b'{"b64_json": ',
        b'{"data": [], "b64_json": 1}',
    ):
        server.will_paint(answer)
        error = failure_of(server)
        assert (type(error), error.code) == (Final, "malformed_answer"), answer


def test_a_picture_is_taken_up_to_its_bound_and_an_endless_answer_is_left(server: FakeHuggingFace) -> None:
    for tell in (server.will_paint, server.will_paint_in_json):
        tell(PICTURE + bytes(5000 - len(PICTURE)))
        painter = opened(server, max_image_size=5000)
        if tell == server.will_paint:
            assert len(painter.paint(ORDER).data) == 5000
        tell(PICTURE + bytes(5001 - len(PICTURE)))
        assert failure_of(server, max_image_size=5000).code == "malformed_answer"
    server.will_flood()
    error = failure_of(server)
    assert (type(error), error.code) == (Final, "malformed_answer")


@pytest.mark.parametrize("trouble", ["will_hang", "will_drip", "will_drip_headers"])
def test_a_provider_that_never_finishes_is_left_in_time(server: FakeHuggingFace, trouble: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    getattr(server, trouble)()
    begun = time.monotonic()
    error = failure_of(server, paint_seconds=BOUND)
    assert (type(error), error.code) == (TryAgain, "provider_timeout")
    assert BOUND * 0.9 < time.monotonic() - begun < BOUND + 3
    assert TOKEN not in caplog.text


def test_a_provider_that_is_not_there_is_worth_trying_again(server: FakeHuggingFace) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound, not listening: every connection is refused
        error = failure_of(server, hf_base_url=f"http://127.0.0.1:{reserved.getsockname()[1]}")
    assert (type(error), error.code) == (TryAgain, "provider_unavailable")


def test_a_redirect_is_not_followed_for_the_token_would_travel_along(server: FakeHuggingFace) -> None:
    with FakeHuggingFace().running() as elsewhere:
        server.will_fail(307, location=f"{elsewhere.url}/models/{MODEL}")
        assert failure_of(server).code == "provider_refused"
        assert elsewhere.requests == []


def test_a_model_that_is_an_address_and_a_token_that_is_no_header_are_sent_nowhere(server: FakeHuggingFace) -> None:
    for model in (f"{server.url}/steal", "a/b/c", "a b", "../x/y", "", "a?b"):
        for base_url in (None, server.base_url):
            # An empty name is none: then the painter's own is asked for, which has to be one too.
            failure = failure_of(server, replace(ORDER, model=model or None), hf_model=model or "?", hf_base_url=base_url)
            assert failure.code == "unknown_model"
    for token in (f"{TOKEN}\r\nX-Evil: 1", f" {TOKEN}", f"{TOKEN}ü"):
        assert failure_of(server, hf_token=token).code == "bad_key"
    assert server.requests == []


def test_a_worker_without_memory_says_so_and_does_not_blame_the_answer(server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_asked: object, **_named: object) -> None:
        raise MemoryError

    monkeypatch.setattr("huggingface_hub.InferenceClient.text_to_image", no_memory)
    with pytest.raises(MemoryError):
        opened(server).paint(ORDER)


def routed(
    server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch, provider: str, *, look_up: LookUp = nobody_is_known, **changes: object
) -> Painter:
    """The painter as it asks a company by its own key, which then is the stand-in."""
    told: Any = {"provider": provider, "hf_model_id": MODEL, "providerId": "its/model", "status": "live", "task": "text-to-image"}
    mapping = InferenceProviderMapping(**told)  # type: ignore[no-untyped-call]
    monkeypatch.setitem(HARDCODED_MODEL_INFERENCE_MAPPING[provider], MODEL, mapping)
    monkeypatch.setattr(PROVIDERS[provider]["text-to-image"], "base_url", server.url)  # type: ignore[index]
    return opened(server, hf_base_url=None, hf_provider=provider, hf_token="key-of-a-company", look_up=look_up, **changes)


def test_a_picture_in_an_envelope_or_at_an_address_comes_back_as_it_is(server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch) -> None:
    server.will_paint_in_json(PICTURE)
    assert routed(server, monkeypatch, "together").paint(ORDER).data == PICTURE
    server.will_paint_elsewhere(PICTURE)
    assert routed(server, monkeypatch, "fal-ai").paint(ORDER).data == PICTURE
    in_json, asked, fetched = server.requests
    assert [b"key-of-a-company" in request.raw for request in (in_json, asked, fetched)] == [True, True, False]


def test_an_address_that_a_provider_names_is_not_called_in_clear_text(server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeHuggingFace().running() as inside:
        server.will_paint_elsewhere(PICTURE, at=f"{inside.url}/admin.png")
        with pytest.raises(Final) as caught:
            routed(server, monkeypatch, "fal-ai").paint(ORDER)
        assert (caught.value.code, inside.requests) == ("malformed_answer", [])


def test_an_address_that_a_provider_names_is_called_where_it_is_everybodys(
    server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the rule for addresses that users give; and where it was looked up, whatever its name means a moment later."""
    certificate = certificate_of("files.test", tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Origin(context) as inside:
        inside.has("/1.png", origin.answer(PICTURE))
        names = {"files.test": ["127.0.0.1"], "both.test": ["192.0.43.8", "10.0.0.7"]}
        strict = Fetcher(ports=frozenset({inside.port}), resolve=lambda host, _port: names[host])

        def painted(host: str, fetcher: Fetcher) -> bytes:
            server.will_paint_elsewhere(PICTURE, at=inside.url("/1.png", host=host))
            return routed(server, monkeypatch, "fal-ai", look_up=fetcher.look_up).paint(ORDER).data

        for host in ("files.test", "both.test", "127.0.0.1", "[::1]", "unknown.test", "localhost", "2130706433"):
            with pytest.raises(Final) as caught:
                painted(host, strict)
            assert caught.value.code == "malformed_answer", host
        with pytest.raises(Final):
            painted("files.test", replace(strict, may_reach=is_public_or_private))
        # TLS was asked for nothing: nobody has come.
        assert (inside.requests, inside.names) == ([], [])
        # No resolver knows this name: the connection goes where ours has said, and the second address is tried after the first.
        names["files.test"] = ["127.0.0.2", "127.0.0.1"]
        assert painted("files.test", replace(strict, may_reach=lambda _address: True)) == PICTURE
        assert inside.names == ["files.test"]
        (request,) = inside.requests
        assert f"Host: files.test:{inside.port}" in request
        assert "key-of-a-company" not in request


def test_one_bound_of_time_holds_for_all_that_one_picture_takes(server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(handler: object) -> None:
        time.sleep(BOUND * 0.6)
        told_elsewhere(handler)  # type: ignore[arg-type]

    server.will_paint_elsewhere(PICTURE)
    told_elsewhere, server.act = server.act, act
    painter = routed(server, monkeypatch, "fal-ai", paint_seconds=BOUND)
    with pytest.raises(TryAgain) as caught:
        painter.paint(ORDER)
    assert (caught.value.code, len(server.requests)) == ("provider_timeout", 2)


def test_a_provider_that_is_always_still_at_work_is_left_in_time(server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library looks again every half second, for ever."""
    server.will_send({"data": {"urls": {"get": f"{server.url}/result"}, "status": "processing"}})
    for seconds in (0.3, 0.7):
        painter = routed(server, monkeypatch, "wavespeed", paint_seconds=seconds)
        begun = time.monotonic()
        with pytest.raises(TryAgain) as caught:
            painter.paint(ORDER)
        assert caught.value.code == "provider_timeout"
        assert time.monotonic() - begun < 3
    assert [request.path for request in server.requests].count("/result") == 1


def test_a_model_that_nobody_paints_with_is_unknown(server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
    painters = [opened(server, hf_base_url=None, hf_provider=provider) for provider in ("auto", "replicate")]
    answers: list[dict[str, object]] = [{}, {"inferenceProviderMapping": {}}, {"pipeline_tag": "text-to-image"}]
    for number, answer in enumerate(answers):
        server.will_send({"id": f"lab/{number}", "modelId": f"lab/{number}", **answer})
        for painter in painters:
            with pytest.raises(Final) as caught:
                painter.paint(replace(ORDER, model=f"lab/{number}"))
            assert caught.value.code == "unknown_model"
    assert server.requests


@pytest.mark.parametrize("looks_for_a_token", [False, True])
def test_the_token_goes_to_nobody_but_who_is_asked_to_paint(
    server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch, looks_for_a_token: bool
) -> None:
    """The library is told not to look for one by itself, and if it did, it would not be sent."""
    looked: list[str] = []

    def get_token() -> str:
        looked.append(TOKEN)
        return TOKEN

    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
    monkeypatch.setattr("huggingface_hub.utils._headers.get_token", get_token)
    if looks_for_a_token:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    server.will_refuse(404, "")
    failure_of(server, replace(ORDER, model=f"lab/looks-{looks_for_a_token}"), hf_base_url=None)
    assert bool(looked) is looks_for_a_token
    assert server.requests
    assert not [request for request in server.requests if TOKEN.encode() in request.raw]


def test_without_an_address_the_hub_is_asked_who_has_the_model_and_without_the_token(
    server: FakeHuggingFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    server.will_refuse(502, "")
    assert failure_of(server, replace(ORDER, model="lab/of-nobody"), hf_base_url=None).code == "provider_unavailable"
    assert [request.path for request in server.requests] == ["huggingface.co:443"]
    assert TOKEN.encode() not in server.requests[0].raw


def test_opening_and_painting_warns_of_nothing_writes_nothing_and_connects_to_nobody_else(server: FakeHuggingFace, tmp_path: Path) -> None:
    server.will_paint(PICTURE)
    program = f"""
import sys
seen = []
def watch(event, arguments):
    if event == "socket.connect":
        seen.append(arguments[1][1])
    elif event == "os.mkdir" or (event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")):
        seen.append((event, arguments[0]))
sys.dont_write_bytecode = True
sys.addaudithook(watch)
from tests.ai.test_huggingface import FewSettings, ORDER, nobody_is_known, nothing_is_drawn
from aizen.ai.painting import open_painters
seen.clear()
(painter,) = open_painters(FewSettings(hf_base_url="{server.base_url}"), nothing_is_drawn, nobody_is_known)
assert not seen, seen
painter.paint(ORDER)
assert seen == [{server.url.rpartition(":")[2]}], seen
"""
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "0"}
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=ROOT, env=environ
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_no_sdk_is_imported_for_a_painter_that_is_not_opened() -> None:
    program = """
import sys, types
from aizen.ai.painting import open_painters
(painter,) = open_painters(types.SimpleNamespace(painters=("offline",)), lambda prompt, **order: b"", lambda host, port: [])
assert painter.name == "offline"
assert not {"huggingface_hub", "httpx2", "requests"} & set(sys.modules), sorted(sys.modules)
"""
    finished = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_settings_that_cannot_work_are_told_when_it_is_opened() -> None:
    with pytest.raises(ValueError, match="HF_TOKEN"):
        open_painters(FewSettings(hf_token=None), nothing_is_drawn, nobody_is_known)
    with pytest.raises(ValueError, match="oracle"):
        open_painters(FewSettings(painters=("oracle",)), nothing_is_drawn, nobody_is_known)


def test_the_settings_know_every_provider_of_the_library_that_paints() -> None:
    assert sorted(HF_PROVIDERS) == sorted(["auto", *(name for name, tasks in PROVIDERS.items() if "text-to-image" in tasks)])
