"""What one hash costs, in a process of its own: ``hashing.py NAME`` prints ``{"wall": […ms], "cpu": […ms], "mib": …}``.

Run by Aizen's interpreter, and for Django's hashers by one that has Django.
"""
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

PASSWORD = "quiet lake at dawn"
TIMES = 15


def aizen() -> Callable[[str], object]:
    from aizen.auth.passwords import hash_password

    return hash_password


def argon2_cffi() -> Callable[[str], object]:
    from argon2 import PasswordHasher

    return PasswordHasher().hash


def werkzeug() -> Callable[[str], object]:
    from werkzeug.security import generate_password_hash

    return generate_password_hash


def django_pbkdf2() -> Callable[[str], object]:
    return _django("PBKDF2PasswordHasher")


def django_argon2() -> Callable[[str], object]:
    return _django("Argon2PasswordHasher")


def _django(hasher: str) -> Callable[[str], object]:
    from django.conf import settings
    from django.contrib.auth.hashers import make_password

    settings.configure(PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{hasher}"])
    hashed: Callable[[str], object] = make_password
    return hashed


HASHERS = {"aizen": aizen, "argon2_cffi": argon2_cffi, "werkzeug": werkzeug, "django_pbkdf2": django_pbkdf2, "django_argon2": django_argon2}


def main() -> None:
    hashed = HASHERS[sys.argv[1]]()
    # From here on the peak is measured anew: that of the process which started this one would count otherwise.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = peak_mib()
    wall, cpu = [], []
    for _ in range(TIMES):
        started, used = time.perf_counter(), time.process_time()
        hashed(PASSWORD)
        wall.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    print(json.dumps({"wall": wall, "cpu": cpu, "mib": peak_mib() - before}))


def peak_mib() -> float:
    """The most memory that this process has held."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
