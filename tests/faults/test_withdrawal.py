"""A public picture that is withdrawn while many look at it: after the answer nobody is shown it, whatever is being rendered."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests

from tests import pictures
from tests.faults.client import User
from tests.faults.installation import Build, Installation
from tests.faults.waiting import eventually
from tests.services.valkey import Valkey

# In all, and how many readers each image has.
TOGGLES, IMAGES, READERS = 200, 4, 2


@pytest.fixture(scope="module")
def busy(build: Build, valkey_of_faults: Valkey) -> Iterator[Installation]:
    """Two web processes, each of which remembers for itself."""
    changes = {
        "WEB_PROCESSES": "2",
        "WEB_THREADS": "16",
        "RATE_LIMIT_TRANSFORM_ADDRESS": "1000000 per hour",
        "LOG_LEVEL": "WARNING",
        "CLOCK_SECONDS": "1",
    }
    with build(valkey_of_faults, changes=changes) as running:
        yield running


@dataclass
class Readers:
    """Threads that open one address again and again; what each got, with the moments before and after."""

    url: str
    stop: threading.Event = field(default_factory=threading.Event)
    seen: list[tuple[float, float, int]] = field(default_factory=list)

    def have_seen(self, count: int) -> bool:
        return len(self.seen) >= count

    def read(self) -> None:
        place = urlsplit(self.url)
        with closing(HTTPConnection(place.netloc, timeout=30)) as connection:
            # Not as fast as it goes: the server is to have time for the other side as well.
            while not self.stop.wait(0.01):
                before = time.monotonic()
                connection.request("GET", place.path)
                answer = connection.getresponse()
                answer.read()
                self.seen.append((before, time.monotonic(), answer.status))


def set_visibility(user: User, image_id: str, visibility: str) -> None:
    answer = user.request("PATCH", f"/api/v1/images/{image_id}", json={"visibility": visibility})
    assert answer.status_code == 200, answer.text


def toggled(user: User, image_id: str, readers: Readers) -> list[tuple[float, float]]:
    """The spans of time in which the image was withdrawn: from each answer that said so to the next publication."""
    withdrawn: list[tuple[float, float]] = []
    with ThreadPoolExecutor(READERS) as pool:
        reading = [pool.submit(readers.read) for _ in range(READERS)]
        try:
            for _ in range(TOGGLES // IMAGES):
                set_visibility(user, image_id, "public")
                assert requests.get(readers.url, timeout=30).status_code == 200
                set_visibility(user, image_id, "private")
                begun = time.monotonic()
                # Until each reader has been there and back, so that some of it is within.
                eventually(partial(readers.have_seen, len(readers.seen) + 3 * READERS), what="the readers read")
                assert requests.get(readers.url, timeout=30).status_code == 404
                withdrawn.append((begun, time.monotonic()))
        finally:
            readers.stop.set()
        for each in reading:
            each.result()
    return withdrawn


def test_no_reader_is_shown_a_picture_after_the_answer_that_withdrew_it(busy: Installation) -> None:
    user = busy.register()
    readers: dict[str, Readers] = {}
    for number in range(IMAGES):
        image_id = user.upload(pictures.jpeg(64, 48 + number))
        user.wait_until("ready", image_id)
        readers[image_id] = Readers(busy.base_url + busy.signed_path(image_id, "w=32"))
    with ThreadPoolExecutor(IMAGES) as pool:
        spans = list(pool.map(lambda image_id: toggled(user, image_id, readers[image_id]), readers))
    seen = [each for reader in readers.values() for each in reader.seen]
    # 503: the image changed twice while it was rendered, or everybody renders, which its client may try again.
    assert {200, 404} <= {status for _, _, status in seen} <= {200, 404, 503}
    within = [
        status
        for reader, withdrawn in zip(readers.values(), spans, strict=True)
        for before, after, status in reader.seen
        for begun, ended in withdrawn
        if begun < before and after < ended
    ]
    assert len(within) >= TOGGLES
    assert 200 not in within
    assert not [name for name in busy.files() if name.startswith("derived/public/")]
    busy.wait_until_settled()
    assert busy.report()["is_clean"]
