"""Fetchers that reach a small server of the test's own, and resolvers that say what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from aizen.errors import AizenError, TooLarge
from aizen.outgoing import Address, AddressRefused, Fetcher, FetchFailed
from tests.services.origin import Origin

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
