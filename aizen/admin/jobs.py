"""The kinds of background work of administration, for ``aizen.app`` to register."""

from __future__ import annotations

from aizen.admin import integrity
from aizen.work.kinds import Kind

KINDS = (Kind(integrity.EXAMINATION, run=integrity.make, fail=integrity.failed, seconds=lambda settings: settings.integrity_seconds),)
