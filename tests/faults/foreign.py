"""A function that is none of Aizen's: what somebody who can write to Redis would have a worker call."""

from __future__ import annotations

import os
from pathlib import Path

from tests.faults.gates import FOLDER_VARIABLE

TRACE = "foreign-function-ran"


def leave_trace(*arguments: object) -> None:
    """The gates' folder shows that this was called."""
    (Path(os.environ[FOLDER_VARIABLE]) / TRACE).touch()
