"""The ways in which a provider does not answer, in the words that every describer and painter shares."""

from __future__ import annotations

from aizen.errors import Final, OutsideFailure, TryAgain


def by_status(status: int, *, wait: float | None) -> OutsideFailure:
    """An HTTP status (RFC 9110 §15) that is no success as an error of ours; ``wait`` is what Retry-After asked for, in seconds."""
    if status == 429:
        return rate_limited(wait)
    if status in (408, 504):
        return too_slow(wait)
    if status >= 500:
        return TryAgain(f"The provider is out of order (HTTP {status}).", code="provider_unavailable", retry_after=wait)
    if status in (401, 403):
        return bad_key()
    if status == 402:
        return out_of_credit()
    if status in (404, 410):
        return unknown_model()
    return Final(f"The provider refused the request (HTTP {status}).", code="provider_refused")


def rate_limited(wait: float | None) -> TryAgain:
    """We have asked too often."""
    return TryAgain("The provider's rate limit is reached.", code="rate_limited", retry_after=wait)


def too_slow(wait: float | None = None) -> TryAgain:
    """The time that an answer may take is over, by our clock or by the provider's."""
    return TryAgain("The provider did not answer in time.", code="provider_timeout", retry_after=wait)


def out_of_credit() -> Final:
    """Nothing will be answered until somebody pays: a wait of minutes does not help, so no further try is made by itself."""
    return Final("The account at the provider has no credit left.", code="out_of_credit")


def bad_key() -> Final:
    """The key is refused, or cannot even be sent."""
    return Final("The provider does not accept our key.", code="bad_key")


def unknown_model() -> Final:
    """The model's name, or the provider's address, is wrong."""
    return Final("The provider does not know this model.", code="unknown_model")


def blocked() -> Final:
    """The provider looked and will not say."""
    return Final("The provider refuses to describe this picture.", code="blocked")


def not_painted() -> Final:
    """The provider's filter will not have this painted."""
    return Final("The provider refuses to paint this.", code="blocked")


def out_of_shape(detail: str) -> Final:
    """Something came back that is no answer."""
    return Final(detail, code="malformed_answer")


def stopped_early(reason: object) -> Final:
    """The model said why it ended, and nothing else. A reason that is no word is the provider's text, and is not passed on."""
    word = str(reason)
    is_word = len(word) <= 40 and word.isascii() and word.replace("_", "").isalnum()
    return out_of_shape(f"The provider stopped early ({word})." if is_word else "The provider stopped early.")


def key_can_be_sent(key: str) -> bool:
    """Whether ``key`` can stand in a header; the error about one that cannot would quote it."""
    return key.isascii() and key.isprintable() and " " not in key
