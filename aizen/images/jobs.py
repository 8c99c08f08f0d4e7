"""The kinds of background work on images, for ``aizen.app`` to register."""

from __future__ import annotations

from aizen.auth.closing import CLOSE_ACCOUNT
from aizen.images import closing, describing, fingerprinting, library, processing, variants
from aizen.work.kinds import Kind

KINDS = (
    Kind(library.VARIANTS, run=variants.make, fail=processing.variants_failed, again=processing.run_again),
    Kind(
        library.DESCRIPTION,
        run=describing.describe,
        fail=processing.description_failed,
        progress=processing.description_progress,
        again=processing.run_again,
    ),
    Kind(fingerprinting.FINGERPRINTS, run=fingerprinting.make, fail=fingerprinting.failed, is_internal=True),
    Kind(CLOSE_ACCOUNT, run=closing.remove_images, fail=closing.try_later),
)
