"""Calling an address that a user gave: what is refused, to whom the connection goes, and what bounds it, on real connections."""

from __future__ import annotations

import datetime
import ssl
import threading
import time
import tracemalloc
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aizen.errors import AizenError, TooLarge
from aizen.outgoing import Address, AddressRefused, Fetcher, FetchFailed, is_public, is_public_or_private, open_fetcher
from aizen.settings import Settings, SettingsError
from tests.services.origin import Origin, answer, moved

NAME = "pictures.test"
LIMIT = 200_000
FILE = bytes(range(256)) * 100


@dataclass
class Names:
    """A resolver that tells each name's addresses, of several answers the next each time; ``asked`` keeps what it was asked."""

    known: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self.known.get(host, [])
        return answers.pop(0) if len(answers) > 1 else [each for found in answers for each in found]


@dataclass
class Kept:
    """What has been fetched."""

    data: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        self.data += data


class Counted:
    """Keeps nothing, so that what memory is used is the fetcher's."""

    def write(self, data: bytes) -> None:
        pass


def is_near(address: Address) -> bool:
    return address == ip_address("127.0.0.1")


@pytest.fixture
def names() -> Names:
    return Names({NAME: [["127.0.0.1"]], "inside.test": [["10.0.0.7"]]})


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


@pytest.fixture
def fetcher(origin: Origin, names: Names) -> Fetcher:
    """Reaches 127.0.0.1 alone, at the origin's port."""
    return Fetcher(seconds=10, connect_seconds=5, ports=frozenset({origin.port}), may_reach=is_near, resolve=names)


def fetched(fetcher: Fetcher, url: str, *, largest: int = LIMIT) -> tuple[str, bytes]:
    kept = Kept()
    name = fetcher.fetch(url, largest=largest, into=kept)
    return name, bytes(kept.data)


def failure(fetcher: Fetcher, url: str, *, largest: int = LIMIT) -> str:
    """The code of what the fetch raises."""
    with pytest.raises(AizenError) as caught:
        fetched(fetcher, url, largest=largest)
    assert isinstance(caught.value, (AddressRefused, FetchFailed, TooLarge))
    return caught.value.code


# -- addresses that are not called


NO_ADDRESSES = """
    file:///etc/passwd  ftp://example.org/a  gopher://example.org/a  data:image/png;base64,AA  javascript:alert(1)  //example.org/a
    /etc/passwd  example.org/a  http:example.org  http:///a  http://  http://?a  http://#a
    http://user@example.org/  http://user:password@example.org/  http://:@example.org/  http://example.org\\@127.0.0.1/  http://@example.org/
    http://2130706433/  http://017700000001/  http://0x7f000001/  http://127.1/  http://127.0.1/  http://0177.0.0.1/  http://0x7f.1/
    http://0x7f.0.0.0x1/  http://127.0.0.01/  http://127.0.0.256/  http://1.2.3.4.5/  http://example.0x1/  http://134744072/  http://8.8/
    http://127.0.0.1/  http://127.0.0.1./  http://127.9.9.9/  http://0.0.0.0/  http://0/  http://localhost/  http://LOCALHOST./
    http://１２７.0.0.1/  http://127。0。0。1/  http://①②⑦.⓪.⓪.①/  http://ⓛocalhost/  http://127%2e0.0.1/
    http://[::1]/  http://[::]/  http://[::ffff:127.0.0.1]/  http://[::ffff:7f00:1]/  http://[::127.0.0.1]/  http://[64:ff9b::7f00:1]/
    http://[2002:7f00:1::]/  http://[fe80::1%25eth0]/  http://[fe80::1%eth0]/  http://[2606:4700::1%25eth0]/  http://[v1.a]/  http://[]/
    http://a[2606:4700::1]/  http://[2606:4700::1]a/  http://[2606:4700::1]a:80/  http://a[2606:4700::1]:80/
    http://169.254.169.254/latest/meta-data/  http://100.64.0.1/  http://inside.test/  http://INSIDE.test./  http://unclear.test/
    http://example..org/  http://.example.org/  http://-a.org/  http://exa mple.org/  http://exa_mple!.org/
    http://example.org:22/  http://example.org:0/  http://example.org:65536/  http://example.org:８０/  https://example.org:8443/
"""
WITH_CONTROLS = ["http://exam\tple.org/", "http://example.org/a\r\nHost: b", "http://127.0.0.1\n.example.org/", "http://example.org/\0"]


def test_what_is_no_public_address_is_refused_before_anything_is_called(names: Names) -> None:
    names.known |= {"localhost": [["127.0.0.1", "::1"]], "unclear.test": [["93.184.215.14", "10.0.0.7"]]}
    # A fetcher that called anything would be in the way of this test's time limit: no such address answers here.
    fetcher = Fetcher(seconds=1, resolve=names)
    listed = [each.strip() for line in NO_ADDRESSES.splitlines() for each in line.split("  ") if each.strip()]
    assert len(listed) > 60
    told = {url: failure(fetcher, url) for url in [*listed, *WITH_CONTROLS]}
    # A name that leads into our network is told as one that nobody knows: else anybody could ask which names there are in it.
    by_name = {url for url, code in told.items() if code == "address_unresolvable"}
    asked = {unicodedata.normalize("NFKC", url).lower().removeprefix("http://").rstrip("./") for url in by_name}
    assert asked == {"localhost", "inside.test", "unclear.test"}
    assert {url: code for url, code in told.items() if code != "address_not_allowed" and url not in by_name} == {}
    assert set(names.asked) == {"localhost", "inside.test", "unclear.test"}


def test_a_refusal_is_told_of_the_field_and_does_not_say_what_the_name_means(names: Names) -> None:
    with pytest.raises(AddressRefused) as caught:
        fetched(Fetcher(resolve=names), "http://inside.test/a")
    (told,) = caught.value.errors
    with pytest.raises(AddressRefused) as unknown:
        fetched(Fetcher(resolve=names), "http://nowhere.test/a")
    assert (told.pointer, told) == ("/url", unknown.value.errors[0])


PUBLIC = "1.1.1.1 8.8.8.8 93.184.215.14 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 223.255.255.255 2606:4700::1 2001:200::1"
PRIVATE = "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 100.127.255.255 fc00::1 fd12:3456::1"
CLOSED = """
    0.0.0.0 0.1.2.3 127.0.0.1 127.255.255.255 169.254.0.1 169.254.169.254 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1
    198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 100.100.100.200
    :: ::1 ::7f00:1 ::8.8.8.8 ::ffff:8.8.8.8 ::ffff:10.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::808:808 64:ff9b:1::808:808 100::1 100:0:0:1::1
    2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:808:808:: 3fff::1 5f00::1 fe80::1 fec0::1 ff02::1 ff0e::1 4000::1
    2606:4700::5efe:8.8.8.8 2606:4700::200:5efe:8.8.8.8 fd00::5efe:127.0.0.1 fd00:ec2::254 fd20:ce::254 2606:4700::1%1 fd12::1%1
    fd00:c1::a9fe:a9fe fd00:a9fe:a9fe::1 fd00:42::42 fd00:100::100:200
"""


def test_only_what_is_public_is_reached_and_private_networks_where_they_are_let_through() -> None:
    reach = {
        each: (is_public(ip_address(each)), is_public_or_private(ip_address(each))) for each in (PUBLIC + " " + PRIVATE + CLOSED).split()
    }
    expected = dict.fromkeys(PUBLIC.split(), (True, True)) | dict.fromkeys(PRIVATE.split(), (False, True))
    assert reach == expected | dict.fromkeys(CLOSED.split(), (False, False))


def test_a_name_that_nobody_knows_is_told_as_such(fetcher: Fetcher, origin: Origin) -> None:
    assert failure(fetcher, origin.url("/a", host="nowhere.test")) == "address_unresolvable"

    def broken(host: str, port: int) -> list[str]:
        raise OSError("no resolver")

    assert failure(replace(fetcher, resolve=broken), origin.url("/a", host=NAME)) == "address_unresolvable"


# -- to whom the connection goes


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


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of pictures.test, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


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


# -- what bounds it


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
