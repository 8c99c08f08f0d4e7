"""To whom the connection goes, through redirects and TLS."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from aizen.outgoing import Fetcher
from tests.outgoing.conftest import FILE, NAME, Names, failure, fetched, is_near
from tests.services.certificates import certificate_of
from tests.services.origin import Origin, answer, moved


def test_a_name_that_means_something_else_the_second_time_is_of_no_use(fetcher: Fetcher, origin: Origin, names: Names) -> None:
    names.known[NAME] = [["127.0.0.1"], ["169.254.169.254"]]
    origin.has("/cat.jpg", answer(FILE))
    assert fetched(fetcher, origin.url("/cat.jpg", host=NAME)) == ("cat.jpg", FILE)
    assert names.asked == [NAME]

    # A redirect asks anew, checks anew, and connects to nobody it has not checked.
    names.known[NAME] = [["127.0.0.1"], ["169.254.169.254"]]
    origin.has("/first", moved("/cat.jpg"))
    assert failure(fetcher, origin.url("/first", host=NAME)) == "address_unresolvable"
    assert len(origin.requests) == 2


def test_the_first_address_that_answers_is_taken(origin: Origin, names: Names, fetcher: Fetcher) -> None:
    names.known[NAME] = [["127.0.0.2", "127.0.0.1"]]
    origin.has("/a", answer(FILE))
    either = replace(fetcher, may_reach=lambda address: address.is_loopback)
    assert fetched(either, origin.url("/a", host=NAME))[1] == FILE


def test_a_name_of_another_script_is_called_by_its_ascii(fetcher: Fetcher, origin: Origin, names: Names) -> None:
    names.known["xn--bcher-kva.test"] = [["127.0.0.1"]]
    origin.has("/a", answer(FILE))
    assert fetched(fetcher, origin.url("/a", host="BÜCHER。ｔest"))[1] == FILE
    assert f"Host: xn--bcher-kva.test:{origin.port}" in origin.requests[0]


def test_a_request_carries_nothing_of_ours(fetcher: Fetcher, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    origin.has("/a%20b%C3%A9", answer(FILE, set_cookie="a=b"))
    for _ in range(2):
        assert fetched(fetcher, origin.url("/a bé?q=ü&r=%41#part", host="PICTURES.test."))[1] == FILE
    for request in origin.requests:
        assert request.split("\r\n") == [
            "GET /a%20b%C3%A9?q=%C3%BC&r=%41 HTTP/1.1",
            f"Host: {NAME}:{origin.port}",
            "User-Agent: Aizen",
            "Accept: image/*, */*;q=0.1",
            "Accept-Encoding: identity",
            "Connection: close",
            "",
            "",
        ]


REDIRECTS_REFUSED = (
    "http://127.0.0.2:{port}/end",
    "http://localhost:{port}/end",
    "http://inside.test:{port}/end",
    "http://[::1]:{port}/end",
    "http://2130706433:{port}/end",
    "http://user@127.0.0.1:{port}/end",
    "//169.254.169.254:{port}/end",
    "http://127.0.0.1:1/end",
    "file:///etc/passwd",
    "http://[/end",
    "",
)


def test_redirects_are_checked_like_the_first_address_and_end(fetcher: Fetcher, origin: Origin, names: Names) -> None:
    names.known["localhost"] = [["127.0.0.1", "::1"]]
    origin.has("/end", answer(FILE))
    for status in ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"):
        origin.has("/from", moved("end", status=status))
        assert fetched(fetcher, origin.url("/from")) == ("end", FILE)
    told = {}
    for to in REDIRECTS_REFUSED[:-1]:
        origin.has("/from", moved(to.format(port=origin.port)))
        told[to] = failure(fetcher, origin.url("/from"))
    names_refused = {to for to, code in told.items() if code == "address_unresolvable"}
    assert all("localhost" in to or "inside.test" in to for to in names_refused), told
    assert {code for to, code in told.items() if to not in names_refused} == {"address_not_allowed"}, told
    for number in range(10):
        origin.has(f"/{number}", moved(f"/{number + 1}"))
    origin.has("/6", answer(FILE))
    assert fetched(fetcher, origin.url("/1"))[1] == FILE
    assert failure(fetcher, origin.url("/0")) == "too_many_redirects"
    assert failure(replace(fetcher, redirects=0), origin.url("/1")) == "too_many_redirects"
    origin.has("/from", answer(status="302 Found"))
    assert failure(fetcher, origin.url("/from")) == "fetch_failed"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of pictures.test, and its key."""
    return certificate_of(NAME, tmp_path_factory.mktemp("tls"))


def test_tls_asks_the_checked_address_for_the_name_and_believes_its_certificate_only(certificate: Path, names: Names) -> None:
    names.known["other.test"] = [["127.0.0.1"]]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Origin(context) as secure, Origin() as plain:
        secure.has("/cat.jpg", answer(FILE))
        secure.has("/down", moved(plain.url("/cat.jpg", host=NAME)))
        plain.has("/up", moved(secure.url("/cat.jpg", host=NAME)))
        ports = frozenset({secure.port, plain.port})
        trusting = ssl.create_default_context(cafile=str(certificate))
        fetcher = Fetcher(seconds=10, ports=ports, may_reach=is_near, resolve=names, trust=trusting)
        assert fetched(fetcher, secure.url("/cat.jpg", host=NAME)) == ("cat.jpg", FILE)
        assert secure.names == [NAME]
        assert fetched(fetcher, plain.url("/up", host=NAME)) == ("cat.jpg", FILE)
        assert failure(fetcher, secure.url("/down", host=NAME)) == "address_not_allowed"
        asked = len(secure.requests)
        for host, of in (("other.test", fetcher), ("127.0.0.1", fetcher), (NAME, replace(fetcher, trust=None))):
            assert failure(of, secure.url("/cat.jpg", host=host)) == "fetch_failed"
        assert (len(secure.requests), len(plain.requests)) == (asked, 1)
