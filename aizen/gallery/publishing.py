"""Publishing: who sees an image, decided by its owner, who is told when nobody has said what it shows."""

from __future__ import annotations

import uuid

from aizen.adapters import Adapters
from aizen.database import transaction
from aizen.images import library
from aizen.images.shown import Shown
from aizen.web.idempotency import Once, remember


def share(
    image_id: uuid.UUID, visibility: str, *, owner_id: uuid.UUID, use: Once | None, if_versions: frozenset[int] | None, adapters: Adapters
) -> Shown:
    """The owner's image is seen by whom ``visibility`` says, from this moment on.

    Raises NotFound, Stale when the row's version is none of ``if_versions``, and Conflict: trashed, or no_picture for one that is to be
    shown and cannot be.
    """
    with transaction():
        words = {"visibility": visibility}
        shown = library.reword(image_id, words, owner_id=owner_id, if_versions=if_versions, adapters=adapters)
        library.require_not_trashed(shown.image)
        remember(use, image_id)
        return shown
