"""``python -m aizen.smoke``, on a machine that has no settings."""

from __future__ import annotations

from aizen.smoke.command import command

if __name__ == "__main__":
    command(prog_name="python -m aizen.smoke")
