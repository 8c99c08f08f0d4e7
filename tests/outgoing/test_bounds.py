"""What bounds a fetch: size, time, memory, and what a server may send around the file."""

from __future__ import annotations

import threading
import time
import tracemalloc
from dataclasses import replace
from ipaddress import ip_address

import pytest

from aizen.errors import AizenError, TooLarge
from aizen.outgoing import Fetcher, FetchFailed, open_fetcher
from aizen.settings import Settings, SettingsError
from tests.outgoing.conftest import FILE, LIMIT, NAME, Counted, failure, fetched
from tests.services.origin import Origin, answer


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x;some=extension\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)


CHUNKED = {"length": None, "transfer_encoding": "chunked"}


def test_a_file_of_the_limit_is_taken_and_a_byte_more_is_not(fetcher: Fetcher, origin: Origin) -> None:
    for size, expected in ((LIMIT, None), (LIMIT + 1, "file_too_large")):
        body = bytes(size)
        answers = {
            "with its length": answer(body),
            "until the end": answer(body, length=None),
            "in chunks": answer(chunked(body[:100_000], body[100_000:-1], body[-1:]) + b"0\r\n\r\n", **CHUNKED),  # type: ignore[arg-type]
        }
        for how, sent in answers.items():
            origin.has("/a", sent)
            if expected is None:
                assert fetched(fetcher, origin.url("/a"))[1] == body, how
            else:
                with pytest.raises(TooLarge) as caught:
                    fetched(fetcher, origin.url("/a"))
                assert (caught.value.code, caught.value.limit) == (expected, LIMIT), how
    # A length that is announced is believed when it is too much: nothing more is waited for.
    origin.has("/a", answer(length=LIMIT + 1), pause=1.0)
    assert failure(replace(fetcher, connect_seconds=0.5), origin.url("/a")) == "file_too_large"


BAD_ANSWERS = {
    "not found": answer(FILE, status="404 Not Found"),
    "a part": answer(FILE, status="206 Partial Content"),
    "nothing to tell": answer(status="204 No Content", length=None),
    "an error": answer(FILE, status="503 Busy"),
    "choices": answer(status="300 Multiple Choices", location="/b"),
    "shorter than told": answer(FILE, length=len(FILE) + 1),
    "a chunk broken off": answer(b"64\r\nabc", **CHUNKED),  # type: ignore[arg-type]
    "no chunks": answer(b"xyz\r\nabc", **CHUNKED),  # type: ignore[arg-type]
    "no last chunk": answer(chunked(FILE), **CHUNKED),  # type: ignore[arg-type]
    "packed": answer(FILE, content_encoding="gzip"),
    "packed twice": answer(FILE, content_encoding="identity, br"),
    "packed on its way": answer(FILE, length=None, transfer_encoding="gzip, chunked"),
    "nothing": b"",
    "no HTTP": b"220 smtp.example.org ESMTP\r\n",
    "an old HTTP": b"\xff\xd8\xff" * 100,
    "a new HTTP": b"HTTP/2.0 200 OK\r\n\r\n",
    "a long line": b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000,
    "many lines": b"HTTP/1.1 200 OK\r\n" + b"A: a\r\n" * 200,
}


def test_an_answer_that_is_no_file_is_a_failure(fetcher: Fetcher, origin: Origin) -> None:
    told = {}
    for name, sent in BAD_ANSWERS.items():
        origin.has("/a", sent)
        told[name] = failure(fetcher, origin.url("/a"))
    assert told == dict.fromkeys(BAD_ANSWERS, "fetch_failed")
    with pytest.raises(FetchFailed, match="404"):
        fetched(fetcher, origin.url("/nothing/here"))


ENDLESS = {
    "a body": (answer(length=None), bytes(65536)),
    "a body with a length": (answer(length=10**12), bytes(65536)),
    "chunks": (answer(**CHUNKED), chunked(bytes(65536))),  # type: ignore[arg-type]
    "one chunk": (answer(b"ffffffffffff\r\n", **CHUNKED), bytes(65536)),  # type: ignore[arg-type]
    "a chunk of less than nothing": (answer(b"-1\r\n", **CHUNKED), bytes(65536)),  # type: ignore[arg-type]
    "lines of a head": (b"HTTP/1.1 200 OK\r\n", b"A: " + b"a" * 60_000 + b"\r\n"),
    "heads": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "what follows the chunks": (answer(b"0\r\n", **CHUNKED), b"A: a\r\n" * 1000),  # type: ignore[arg-type]
}


def test_an_answer_without_end_is_left_with_memory_bounded(fetcher: Fetcher, origin: Origin) -> None:
    # What is taken for a head or a trailer may last to the end of the time: only there is no size to be over.
    hurried = replace(fetcher, seconds=0.7)
    told = {}
    tracemalloc.start()
    try:
        for name, (begin, endless) in ENDLESS.items():
            origin.has("/a", begin, endless=endless)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            with pytest.raises(AizenError) as caught:
                hurried.fetch(origin.url("/a"), largest=1_000_000, into=Counted())
            told[name] = caught.value.code
            grown = tracemalloc.get_traced_memory()[1] - before
            # A head of a hundred lines is all that is held whole.
            assert grown < (16_000_000 if "head" in name else 1_000_000), (name, grown)
    finally:
        tracemalloc.stop()
    assert set(told.values()) <= {"file_too_large", "fetch_failed", "fetch_timed_out"}
    assert told["a body"] == told["a body with a length"] == told["chunks"] == told["one chunk"] == "file_too_large"


def test_whatever_a_server_or_a_resolver_waits_for_the_time_is_bounded(fetcher: Fetcher, origin: Origin) -> None:
    slow = {
        "/silent": (b"", b"", 1.0),
        "/silent-head": (b"HTTP/1.1 200 OK\r\n", b"", 1.0),
        "/silent-body": (answer(b"abc", length=100), b"", 1.0),
        "/dripping-head": (b"", b"H", 0.02),
        "/dripping-lines": (b"HTTP/1.1 200 OK\r\n", b"A: a\r\n", 0.02),
        "/dripping-body": (answer(length=10_000), b"x", 0.02),
        "/dripping-chunks": (answer(**CHUNKED), b"1\r\nx\r\n", 0.02),  # type: ignore[arg-type]
        "/dripping-moves": (b"HTTP/1.1 302 Found\r\nLocation: /dripping-moves\r\nA: ", b"a", 0.02),
    }
    for path, (sent, endless, pause) in slow.items():
        origin.has(path, sent, endless=endless, pause=pause)
    answered = threading.Event()

    def slow_resolver(host: str, port: int) -> list[str]:
        answered.wait(10)
        return ["127.0.0.1"]

    def timed(of: Fetcher, url: str) -> float:
        began = time.monotonic()
        assert failure(of, url) == "fetch_timed_out", url
        return time.monotonic() - began

    # Either bound alone is enough for a server that says nothing.
    assert timed(replace(fetcher, seconds=0.3), origin.url("/silent")) < 2
    assert timed(replace(fetcher, connect_seconds=0.2), origin.url("/silent-body")) < 2
    for path in slow:
        assert timed(replace(fetcher, seconds=0.15), origin.url(path)) < 2
    # Of look-ups that hang there are not more and more threads.
    hanging = replace(fetcher, seconds=0.02, resolve=slow_resolver)
    try:
        assert max(timed(hanging, origin.url("/silent", host=NAME)) for _ in range(20)) < 2
        assert sum(thread.name == "look-up" for thread in threading.enumerate()) <= 16
    finally:
        answered.set()


def test_a_head_of_any_length_costs_no_time_to_understand(fetcher: Fetcher, origin: Origin) -> None:
    # Folded lines get past the bound on one line. urlsplit makes the normal form of a host, in time by the square of a run of marks, and no
    # other thread runs meanwhile: the second of these would take a minute, whatever the deadline.
    marks = ("\u0315\u0300" * 16_000).encode().decode("latin-1")
    for lines in (1, 7):
        folded = "\r\n\t".join([marks] * lines)
        head = f"HTTP/1.1 302 Found\r\nLocation: http://a{folded}/\r\nContent-Length: 0\r\n\r\n"
        origin.has("/from", head.encode("latin-1"))
        began = time.thread_time()
        assert failure(fetcher, origin.url("/from")) == "fetch_failed"
        assert time.thread_time() - began < 0.5, lines
    origin.has("/cat.jpg", answer(FILE, content_disposition='attachment; filename="dog.jpg"' + ";" * 60_000))
    assert fetched(fetcher, origin.url("/cat.jpg")) == ("cat.jpg", FILE)


FILE_NAMES = {
    ("/a/cat.jpg?x=/dog.jpg#/bird.jpg", ""): "cat.jpg",
    ("/caf%C3%A9%20au%20lait.jpg", ""): "café au lait.jpg",
    ("/", ""): "",
    ("/cat.jpg", "inline"): "cat.jpg",
    ("/cat.jpg", 'attachment; filename="dog.jpg"'): "dog.jpg",
    ("/cat.jpg", "attachment; filename=dog.jpg; filename*=UTF-8''d%C3%B6g.jpg"): "dög.jpg",
    ("/cat.jpg", 'attachment; filename="dög.jpg"'): "dög.jpg",
    ("/cat.jpg", "attachment; filename*0*=a; filename*=b"): None,
    ("/cat.jpg", '=; ;;filename*=nonsense; "'): None,
}


def test_a_file_is_called_what_the_server_calls_it_or_its_address(fetcher: Fetcher, origin: Origin) -> None:
    for (path, disposition), expected in FILE_NAMES.items():
        origin.has(path.partition("?")[0], answer(FILE, content_disposition=disposition))
        name, data = fetched(fetcher, origin.url(path))
        assert data == FILE
        assert expected in (None, name), (path, disposition, name)


def test_the_settings_say_who_is_called_and_for_how_long() -> None:
    given = {"SECRET_KEY": "x9Qp2Lk7Vw4Zs8Td1Rf6Yb3Nm5Hc0Jg-tests-only", "AIZEN_ENV": "development"}
    plain = open_fetcher(Settings.from_environ(given))
    assert plain == Fetcher()
    wide = {"FETCH_PORTS": "8080, 80", "FETCH_PRIVATE_NETWORKS": "true", "FETCH_REDIRECTS": "0", "FETCH_SECONDS": "7"}
    told = open_fetcher(Settings.from_environ({**given, **wide, "FETCH_CONNECT_SECONDS": "2"}))
    assert (told.ports, told.redirects, told.seconds, told.connect_seconds) == (frozenset({80, 8080}), 0, 7, 2)
    assert (plain.may_reach(ip_address("10.0.0.1")), told.may_reach(ip_address("10.0.0.1"))) == (False, True)
    for ports in ("0", "http", "80,65536", ","):
        with pytest.raises(SettingsError, match="FETCH_PORTS"):
            Settings.from_environ({**given, "FETCH_PORTS": ports})
