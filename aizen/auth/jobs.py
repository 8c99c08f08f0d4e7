"""The kinds of background work on accounts, for ``aizen.app`` to register."""

from __future__ import annotations

from functools import partial

from aizen.auth import letters
from aizen.work.kinds import Kind

KINDS = tuple(
    Kind(occasion.kind, run=partial(letters.send, occasion), fail=partial(letters.not_sent, occasion), progress=letters.need_somebody)
    for occasion in letters.OCCASIONS
)
