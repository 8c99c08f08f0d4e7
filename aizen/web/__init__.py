"""What every blueprint shares, and no feature in it."""

from __future__ import annotations

from flask import current_app

from aizen.adapters import Adapters

EXTENSION = "aizen"


def adapters() -> Adapters:
    """The adapters of the running application."""
    parts = current_app.extensions[EXTENSION]
    assert isinstance(parts, Adapters)
    return parts
