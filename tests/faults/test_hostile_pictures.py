"""The corpus through a whole installation, whose processes have the memory and the time of the settings and no more."""

from __future__ import annotations

import pytest

from tests.faults.installation import Build
from tests.images.test_corpus import SAMPLES, name_of
from tests.services.valkey import Valkey

SECONDS = 10


def test_every_file_of_the_corpus_is_refused_or_ready_in_time_and_within_512_mb(build: Build) -> None:
    if not SAMPLES:
        pytest.skip("NOT CHECKED: the corpus of good, odd and hostile pictures is not beside the checkout in ../shared/corpus")
    changes = {"JOB_SECONDS": str(SECONDS), "DECODE_SECONDS": str(SECONDS), "DECODE_MEMORY": str(512 * 1024 * 1024), "JOB_ATTEMPTS": "1"}
    taken: dict[str, str] = {}
    with Valkey() as valkey, build(valkey, changes=changes) as installation:
        user = installation.register()
        for sample in SAMPLES:
            answer = user.try_upload(sample.path.read_bytes(), name=sample.path.name, describe="false")
            if answer.status_code == 201:
                assert sample.expect in ("accept", "either"), name_of(sample)
                taken[name_of(sample)] = answer.json()["id"]
            else:
                assert sample.expect in ("reject", "either"), f"{name_of(sample)}: {answer.text}"
                assert answer.status_code in (400, 413, 415, 422), f"{name_of(sample)}: {answer.text}"
        for name, image_id in taken.items():
            assert user.wait_until("ready", image_id, seconds=120)["status"] == "ready", name
        installation.assert_clean()
