"""What can go wrong with an address that a user gave: it is none that we call, or nothing came of calling it."""

from __future__ import annotations

from aizen.errors import FieldError, Invalid, OutsideFailure

# The field that users give an address in.
_FIELD = "/url"


class AddressRefused(Invalid):
    """The address is none that we call. What a name in it resolves to is not told: that would map the network we stand in."""

    code = "address_not_allowed"
    detail = "This address may not be fetched."

    def __init__(self, detail: str | None = None, *, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.errors = (FieldError(_FIELD, self.code, self.detail),)


class FetchFailed(OutsideFailure):
    """The address was called, and nothing came of it."""

    code = "fetch_failed"
    detail = "The address did not answer with a file."

    def __init__(self, detail: str | None = None, *, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.errors = (FieldError(_FIELD, self.code, self.detail),)
