"""What the images of a batch are counted as: by the policies of the routes that do the same to one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aizen.web import limits
from aizen.web.limits import Cost, Window


class Purse:
    """What a batch may still have counted. A dry run has nothing counted, and ends where the batch would."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._windows: dict[tuple[str, str], Window] = {}

    def pay(self, costs: Sequence[Cost]) -> None:
        """All of these are counted, or none. Raises TooMany where one would be beyond its limit."""
        if not self._dry_run:
            limits.admit_all(costs)
            return
        left = {(cost.policy, cost.key): self._left_after(cost) for cost in costs}
        self._windows |= left

    def _left_after(self, cost: Cost) -> Window:
        window = self._windows.get((cost.policy, cost.key)) or limits.look(cost.policy, cost.key)
        # What costs more than the whole limit counts as all of it.
        left = window.left - min(cost.amount, window.limit)
        if left < 0:
            limits.admit(replace(window, passes=False))
        return replace(window, left=left)
