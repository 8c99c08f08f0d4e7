"""STUB: stands where the engine comes to stand, so that what calls it can be imported."""

from __future__ import annotations

from aizen.imaging import Order, Rendered


def render(order: Order) -> Rendered:
    """The file at ``order.target`` is written whole."""
    raise NotImplementedError
