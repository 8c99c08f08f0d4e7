"""What the operating system says about a disk, in our words."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import IO

import structlog

from aizen.errors import OutOfSpace, Unavailable

# EFBIG is what a process gets at its own file-size limit (RLIMIT_FSIZE): for whoever stores a picture it is the same as a full disk.
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_HAS_DESCRIPTORS = Path("/proc/self/fd").exists()


def disk_failure(error: OSError) -> OutOfSpace | Unavailable:
    """Answer the domain's error for what the disk said, and log it once: the operator needs the errno, the caller does not."""
    name = errno.errorcode.get(error.errno or 0, "unknown")
    structlog.get_logger().error("disk_failed", errno=name)
    if error.errno in _NO_SPACE:
        return OutOfSpace()
    return Unavailable(code="storage_unavailable")


def passing_file() -> IO[bytes]:
    """A temporary file; on Linux it has no name, so nothing is left of it however this process ends."""
    return tempfile.TemporaryFile() if _HAS_DESCRIPTORS else tempfile.NamedTemporaryFile()


def path_of(file: IO[bytes]) -> str:
    """The path at which any process of this user opens the passing file, as long as this process holds it open."""
    return _of_descriptor(file) if isinstance(file.name, int) else str(file.name)


def lasting_path_of(file: IO[bytes]) -> str:
    """The same of any open file; on Linux it is good even if the file is deleted meanwhile."""
    return _of_descriptor(file) if _HAS_DESCRIPTORS else str(file.name)


def _of_descriptor(file: IO[bytes]) -> str:
    return f"/proc/{os.getpid()}/fd/{file.fileno()}"
