"""Passwords: which may be chosen, how they are kept, how they are checked. A password is exactly the characters that were typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from aizen.auth.common_passwords import is_listed
from aizen.auth.folding import fold
from aizen.errors import FieldError, Invalid

log = structlog.get_logger(__name__)

SHORTEST, LONGEST = 8, 128

# OWASP Password Storage Cheat Sheet, the first choice for argon2id: 19 MiB of memory, two passes, one lane.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
_hasher = PasswordHasher(memory_cost=MEMORY_KIB, time_cost=PASSES, parallelism=LANES)

# The hash of 32 random bytes that nobody has kept, with the parameters above: what is checked where there is no account to check.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Ge8FU2VAEcB/sZCVbhbmaQ$+VUUu/iZ0xPD9rjOKBOuOMYDK3rM62Cycro/0DvWhXU"


def hash_password(password: str) -> str:
    """The argon2id hash of ``password`` with a random salt, in the PHC string format. It takes about 20 ms and 19 MiB."""
    return _hasher.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Whether ``password`` is the one that ``stored`` was made of. One hash is computed in any case, for None too."""
    try:
        return _hasher.verify(NOBODY if stored is None else stored, password) and stored is not None
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        log.exception("a stored hash cannot be read")
        return is_right(password, None)


def is_outdated(stored: str) -> bool:
    """Whether ``stored`` was made with other parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


def check(password: str, *, email: str, username: str | None, names: tuple[str, ...] = (), pointer: str = "/password") -> None:
    """The password may be chosen by that user, whose first and last name are ``names``. Raises Invalid with the first reason why not.

    Codes: too_short, too_long, only_digits, too_common, like_own_data. There are no rules of composition (NIST SP 800-63B).
    """
    for code, detail in _refusals(password, own=(email, username or "", *names, "".join(names))):
        raise Invalid(errors=[FieldError(pointer, code, detail)])


def _refusals(password: str, *, own: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if len(password) < SHORTEST:
        yield "too_short", f"Must have at least {SHORTEST} characters."
    if len(password) > LONGEST:
        yield "too_long", f"Must have at most {LONGEST} characters."
    if _ONLY_DIGITS.fullmatch(password):
        yield "only_digits", "Must not be only digits."
    if is_common(password):
        yield "too_common", "This password is among the first that somebody would try."
    if is_like(password, own=own):
        yield "like_own_data", "Must not be like your e-mail address, username or name."


_ONLY_DIGITS = re.compile(r"[\d\s.,:/+()-]+")
_HEAD, _TAIL = re.compile(r"^[\W\d_]+"), re.compile(r"[\W\d_]+$")
_LOOK_ALIKES = str.maketrans("@4831!|0$5+7", "aabeiiiosstt")
_WORDS = """
aaaa abc abcd access account adm admin administrator aizen alexander amanda andrew angel anonymous apple ashley bailey banana baseball
basketball batman blahblah blink bonjour buster butterfly changeit changeme charlie cheese chelsea chocolate computer cookie default demo
diamond dragon facebook fighter flower football foobar freedom gandalf george ginger google guest hallo hannah harley hello helloworld hola
hunter iloveyou image images internet jennifer jessica jordan joshua killer letmein liverpool login lovely loveme maggie manager martin
master matrix matthew maverick merlin michael michelle monkey mustang myspace naruto nicole ninja nothing office oracle orange parola pass
passe passwd password passwort pepper photo photos picture pokemon postgres princess purple ranger robert root samsung secret secure
security senha server shadow silver soccer spiderman starwars sunshine superman supersecret superuser support taylor test tester testing
thomas thunder tigger trustno trustnoone unknown user username welcome whatever william yamaha zaq zxc
spring summer autumn winter sommer monday friday sunday january february march april june july august september october november december
mypassword yourpassword thepassword newpassword temppassword nopassword correcthorsebatterystaple
"""
_COMMON = frozenset(_WORDS.split())
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaq12wsxcde34rfvbgt56yhnmju78ik,lo90p;/",
    "!@#$%^&*()_+",
)


def is_common(password: str) -> bool:
    """Whether ``password`` is often chosen, a common word or a run of keys, be it repeated, with look-alikes, or a few digits around it."""
    whole = fold(password)
    unit = _repeated(whole)
    trimmed = _TAIL.sub("", unit)
    cores = [core for core in (unit, trimmed, _HEAD.sub("", trimmed)) if len(unit) - len(core) < SHORTEST]
    return len(unit) <= 4 or is_listed(whole) or any(_is_known(_repeated(core)) for core in cores)


def _is_known(core: str) -> bool:
    spellings = {core, core.translate(_LOOK_ALIKES)}
    if not spellings.isdisjoint(_COMMON) or any(map(is_listed, spellings)):
        return True
    return len(core) >= 4 and any(core in run or core[::-1] in run for run in _RUNS)


def _repeated(text: str) -> str:
    """The shortest text that gives ``text`` when it is written one or more times."""
    return text[: (text + text).find(text, 1)]


def is_like(password: str, *, own: tuple[str, ...]) -> bool:
    """Whether little is left of ``password`` when the user's own data, forwards and backwards, is taken out of it."""
    left = fold(password)
    words = {word for text in map(fold, own) for word in (text, *re.split(r"[\W_]+", text)) if len(word) >= 4}
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "").replace(word[::-1], "")
    return left != fold(password) and len(left) < 6
