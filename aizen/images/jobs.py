"""The kinds of background work on images, for ``aizen.app`` to register."""

from __future__ import annotations

from aizen.auth.closing import CLOSE_ACCOUNT
from aizen.images import closing, describing, fingerprinting, library, variants
from aizen.work.kinds import Kind

KINDS = (
    Kind(library.VARIANTS, run=variants.make, fail=library.variants_failed, again=library.run_again),
    Kind(
        library.DESCRIPTION,
        run=describing.describe,
        fail=library.description_failed,
        progress=library.description_progress,
        again=library.run_again,
    ),
    Kind(fingerprinting.FINGERPRINTS, run=fingerprinting.make, fail=fingerprinting.failed, is_internal=True),
    Kind(CLOSE_ACCOUNT, run=closing.remove_images, fail=closing.try_later),
)
