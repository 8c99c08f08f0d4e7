"""The addresses of images, a file for each thing that is done with them. They share one blueprint."""

from __future__ import annotations

from aizen.images.routes import keeping, uploading, working
from aizen.images.routes.blueprint import images
from aizen.images.routes.opening import media

__all__ = ["images", "keeping", "media", "uploading", "working"]
