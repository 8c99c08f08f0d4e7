"""Pictures without a model: drawn from the order's digest, and said on their face to be no more than that."""

from __future__ import annotations

from dataclasses import dataclass, field

from aizen.ai.painting import Draw, Order, Painted


@dataclass(frozen=True)
class OfflinePainter:
    """A ``Painter`` that needs no key, network or model: the same prompt, seed and size give the same picture, whatever else is ordered.

    ``draw`` has to write on the picture that no model made it.
    """

    draw: Draw = field(repr=False)
    name: str = "offline"
    model: str = "placard-1"

    def paint(self, order: Order) -> Painted:
        data = self.draw(order.prompt, seed=order.seed, width=order.width, height=order.height)
        return Painted(data=data, provider=self.name, model=self.model)
