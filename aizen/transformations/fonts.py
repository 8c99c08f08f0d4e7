"""The operator's font for watermarks, known by what is in it: another font makes other pictures, wherever its file lies."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aizen.settings import Settings

_digests: dict[Path, str] = {}


def read(path: Path) -> None:
    """This process knows the file as it is now; one that is exchanged counts from the next start on. Raises OSError."""
    with path.open("rb") as file:
        _digests[path] = hashlib.file_digest(file, "sha256").hexdigest()


def digest(settings: Settings) -> str:
    """The digest of the font that the settings name, as it was at the start; nothing where they name none."""
    path = settings.watermark_font
    if path is None:
        return ""
    if path not in _digests:
        read(path)
    return _digests[path]
