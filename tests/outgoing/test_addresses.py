"""Which addresses are called, and what is told of those that are not."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from ipaddress import ip_address

import pytest

from aizen.outgoing import AddressRefused, Fetcher, is_public, is_public_or_private
from tests.outgoing.conftest import NAME, Names, failure, fetched
from tests.services.origin import Origin

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
