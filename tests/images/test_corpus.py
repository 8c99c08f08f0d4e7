"""Every file of the corpus through the real upload gets what its manifest says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aizen.images import integrity
from aizen.work import clock
from tests.conftest import Backend, People
from tests.images.conftest import NO_TRACE, Traces, Upload
from tests.pictures import SHARED

CORPUS = SHARED / "corpus"
REFUSALS = (400, 413, 415, 422)
SECONDS = 10


@dataclass(frozen=True)
class Sample:
    """One line of the manifest: a file, and whether to accept it, to reject it, or either."""

    path: Path
    expect: str


def samples() -> Iterator[Sample]:
    manifest = CORPUS / "MANIFEST.tsv"
    if manifest.exists():
        for line in manifest.read_text(encoding="utf-8").splitlines()[1:]:
            name, _bytes, _digest, expect, _licence = line.split("\t")
            yield Sample(CORPUS / name, expect)


def name_of(sample: Sample) -> str:
    return str(sample.path.relative_to(CORPUS))


SAMPLES = list(samples())


def test_the_corpus_is_there() -> None:
    if not SAMPLES:
        pytest.skip("NOT CHECKED: the corpus of good, odd and hostile pictures is not beside the checkout in ../shared/corpus")
    assert {sample.expect for sample in SAMPLES} == {"accept", "reject", "either"}


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_a_file_of_the_corpus_gets_what_its_manifest_says(
    client: FlaskClient,
    people: People,
    upload: Upload,
    backend: Backend,
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    traces: Callable[[], Traces],
    sample: Sample,
) -> None:
    data = sample.path.read_bytes()
    headers = people.owner.headers
    begun = time.monotonic()
    answer = upload(data, sample.path.name)
    assert time.monotonic() - begun < SECONDS
    if answer.status_code == 201:
        assert sample.expect in ("accept", "either")
        work()
        image = client.get(answer.headers["Location"], headers=headers).get_json()
        assert (image["status"], image["ai"]["status"]) == ("ready", "done")
        assert image["variants"]
        assert image["dominant_color"].startswith("#")
        # Every file that is planned for such a picture is there, in its size.
        with backend.app.app_context():
            assert integrity.examine(backend.adapters).is_clean
        assert time.monotonic() - begun < SECONDS
    else:
        assert sample.expect in ("reject", "either"), answer.text
        assert answer.status_code in REFUSALS
        assert answer.get_json()["code"] not in ("invalid", "decode_timeout", "decode_crashed", "decode_out_of_memory")
        tick()
        assert traces() == NO_TRACE
