from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process the size of its address space")

SCRIPT = """
import resource
from aizen.imaging.memory import leave_no_core, limit_memory
limit_memory(64 * 1024 * 1024)
leave_no_core()
held = bytearray(32 * 1024 * 1024)
try:
    bytearray(64 * 1024 * 1024)
except MemoryError:
    print("bounded", resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_process_can_allocate_what_it_was_given_and_no_more() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])

    assert done.stdout == "bounded (0, 0)\n"
