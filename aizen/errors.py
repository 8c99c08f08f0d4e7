"""What can go wrong, in the domain's own words.

An error is a kind, a stable code, a sentence for a person, and what it is about. It knows nothing of HTTP: ``aizen.web.problems`` holds
the one table from kind to status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One field that cannot be accepted: where it stands (an RFC 6901 pointer), why, and what would be allowed."""

    pointer: str
    code: str
    detail: str
    allowed: Sequence[str] | None = None


def pointer_to(name: object) -> str:
    """The RFC 6901 pointer to the field of that name, bounded and in characters that JSON can carry."""
    return printable_pointer("/" + str(name).replace("~", "~0").replace("/", "~1"))


def printable_pointer(pointer: str) -> str:
    """``pointer`` without what JSON or a log cannot carry, cut where it is too long to be of use to anybody."""
    return pointer.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")[:200]


class AizenError(Exception):
    """The parent of every error that Aizen raises on purpose."""

    code = "error"
    detail = "Something went wrong."

    def __init__(self, detail: str | None = None, *, code: str | None = None) -> None:
        self.detail = detail or type(self).detail
        self.code = code or type(self).code
        super().__init__(self.detail)


class Malformed(AizenError):
    """The request cannot be read at all."""

    code = "malformed"
    detail = "The request cannot be read."


class Invalid(AizenError):
    """The request was read, and some of its fields cannot be accepted."""

    code = "invalid"
    detail = "Some fields cannot be accepted."

    def __init__(self, detail: str | None = None, *, code: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail, code=code)
        self.errors = tuple(errors)


class Unauthenticated(AizenError):
    """Nobody that we know is calling."""

    code = "not_authenticated"
    detail = "Sign in first."


class NotAllowed(AizenError):
    """The caller is known and may not do this."""

    code = "not_allowed"
    detail = "You may not do this."


class ScopeMissing(NotAllowed):
    """The caller is known, and what they came with does not reach so far; ``scope`` is what would."""

    code = "scope_missing"

    def __init__(self, scope: str, detail: str | None = None) -> None:
        super().__init__(detail or f"This needs the scope {scope}.")
        self.scope = scope


class WrongPassword(NotAllowed):
    """The caller is known, and the password by which they were to prove it once more is not theirs; ``pointer`` is its field."""

    code = "wrong_password"
    detail = "The password is wrong."

    def __init__(self, *, pointer: str = "/password") -> None:
        super().__init__()
        self.errors = (FieldError(pointer, self.code, self.detail),)


class NotFound(AizenError):
    """There is no such thing, or it belongs to somebody else: the two are never told apart."""

    code = "not_found"
    detail = "There is nothing here."


class Conflict(AizenError):
    """The request is at odds with what is stored."""

    code = "conflict"
    detail = "This is at odds with what is stored."

    def __init__(self, detail: str | None = None, *, code: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail, code=code)
        self.errors = tuple(errors)


class Expired(AizenError):
    """It was here, and its time is over."""

    code = "expired"
    detail = "This has expired."


class Stale(AizenError):
    """The caller's copy is older than what is stored."""

    code = "stale"
    detail = "This has changed since you read it."


class TooLarge(AizenError):
    """Larger than a limit allows; ``limit`` is that limit, in the unit that the detail names."""

    code = "too_large"
    detail = "This is too large."

    def __init__(self, detail: str | None = None, *, code: str | None = None, limit: int | None = None) -> None:
        super().__init__(detail, code=code)
        self.limit = limit


class QuotaExceeded(TooLarge):
    """More than the user may still keep: ``used`` bytes of ``limit`` are taken."""

    code = "quota_exceeded"
    detail = "This is more than you may still keep."

    def __init__(self, detail: str | None = None, *, limit: int, used: int) -> None:
        super().__init__(detail, limit=limit)
        self.used = used


class UnsupportedMedia(AizenError):
    """A type of content that is not taken here."""

    code = "unsupported_media_type"
    detail = "This type of content is not taken here."

    def __init__(self, detail: str | None = None, *, code: str | None = None, allowed: Sequence[str] = ()) -> None:
        super().__init__(detail, code=code)
        self.allowed = tuple(allowed)


class Unreadable(AizenError):
    """The content is not an image that we can read, or one whose decoding would cost more than a limit allows."""

    code = "unreadable_image"
    detail = "This is not an image that we can read."


class Infeasible(AizenError):
    """The request can be understood, and carrying it out costs more than a limit allows, which the detail names, or fails each time."""

    code = "infeasible"
    detail = "Carrying this out would cost more than is allowed."


class TooMany(AizenError):
    """The caller has done this too often; ``retry_after`` is in seconds."""

    code = "too_many_requests"
    detail = "Too many requests."

    def __init__(self, detail: str | None = None, *, code: str | None = None, retry_after: int = 60) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class Unavailable(AizenError):
    """A part that this needs is out of reach for now; ``retry_after`` is in seconds."""

    code = "unavailable"
    detail = "A part of the service is out of reach. Try again shortly."

    def __init__(self, detail: str | None = None, *, code: str | None = None, retry_after: int = 5) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class OutOfSpace(AizenError):
    """The disk is full."""

    code = "out_of_space"
    detail = "There is no space left to store this."


class OutsideFailure(AizenError):
    """Somebody else's service did not do what we asked. ``code`` says what happened in a stable word.

    ``usage`` is what it has used up all the same, in its adapter's own terms; None where nobody has told.
    """

    usage: object | None = None


class TryAgain(OutsideFailure):
    """The same request may succeed later; ``retry_after`` (seconds) is the provider's own wish, if it told one."""

    code = "provider_busy"
    detail = "The provider could not answer now."

    def __init__(self, detail: str | None = None, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class Final(OutsideFailure):
    """The same request will never succeed."""

    code = "provider_refused"
    detail = "The provider refused."
