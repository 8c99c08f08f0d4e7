"""The hard files of the corpus through a whole installation, whose processes have the memory and the time of the settings and no more.

What becomes of every file, tests/images/test_corpus.py looks at in one process; here it is what real limits do to real processes.
"""

from __future__ import annotations

import pytest

from tests.faults.installation import Build
from tests.images.test_corpus import REFUSALS, SAMPLES, name_of
from tests.services.valkey import Valkey

SECONDS = 10
# The most pixels, frames, scans or metadata, and what programs like ours have stumbled over.
HEAVY = (
    "synthetic/edge_png_7071x7071.png",
    "synthetic/anim_gif_100f_1000x1000.gif",
    "synthetic/meta_png_ztxt_64MB.png",
    "pillow/icc_profile_big.jpg",
    "pillow/itxt_chunks.png",
    "image-png/bugfixes__large-text-chunks-issue_337.png",
    "pillow/frozenpond.mpo",
    "pillow/iss634.webp",
    "libavif/paris_icc_exif_xmp.avif",
    "image/images__jpg__progressive__cat.jpg",
)
ORDINARY = ("pillow/hopper.jpg", "pillow/hopper.png", "pillow/hopper.webp", "pillow/hopper.gif")


def test_the_hard_files_of_the_corpus_are_refused_or_ready_in_time_and_within_512_mb(build: Build) -> None:
    if not SAMPLES:
        pytest.skip("NOT CHECKED: the corpus of good, odd and hostile pictures is not beside the checkout in ../shared/corpus")
    by_name = {name_of(sample): sample for sample in SAMPLES}
    # What may be taken comes first: the worker is at it while the rest is refused.
    chosen = [by_name[name] for name in (*HEAVY, *ORDINARY)] + [sample for sample in SAMPLES if sample.expect == "reject"]
    # A job that this machine held up for ten seconds is tried again; one that needs them is never done.
    changes = {"JOB_SECONDS": str(SECONDS), "DECODE_SECONDS": str(SECONDS), "DECODE_MEMORY": str(512 * 1024 * 1024), "JOB_ATTEMPTS": "3"}
    # Longer than a job: what it has stored must not be on its way out before it is recorded.
    changes["REMOVAL_GRACE_SECONDS"] = str(2 * SECONDS)
    taken: dict[str, str] = {}
    with Valkey() as valkey, build(valkey, changes=changes) as installation:
        user, begun = installation.register(), [part.pid for part in installation.parts]
        for sample in chosen:
            answer = user.try_upload(sample.path.read_bytes(), name=sample.path.name, describe="false")
            if answer.status_code == 201:
                assert sample.expect in ("accept", "either"), name_of(sample)
                taken[name_of(sample)] = answer.json()["id"]
            else:
                assert sample.expect in ("reject", "either"), f"{name_of(sample)}: {answer.text}"
                assert answer.status_code in REFUSALS, f"{name_of(sample)}: {answer.text}"
                assert answer.json()["code"] not in ("decode_timeout", "decode_crashed", "decode_out_of_memory"), name_of(sample)
        assert len(taken) >= len(ORDINARY) + 6, taken
        for name, image_id in taken.items():
            assert user.wait_until("ready", image_id, seconds=120)["status"] == "ready", name
        installation.assert_clean()
        # Not one of them has fallen, and been started again by nobody.
        assert [part.pid for part in installation.parts if part.is_running] == begun
