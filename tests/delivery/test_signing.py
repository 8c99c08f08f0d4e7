"""The signature of an address."""

from __future__ import annotations

import pytest

from aizen.delivery import signing
from aizen.errors import NotAllowed

KEY = "aizen-test-key-0001"
PATH = "/w=800,h=600,fit=cover,g=auto/fx=sepia:80/q=75/0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55@9f86d081.webp"
SIGNATURE = "jVyS24-OeaUPSfwoRaSI839HEh1joD8Jk1uPo1GpCCQ"


def test_the_published_vector_is_signed_as_published() -> None:
    assert signing.signature(PATH, KEY) == SIGNATURE


def test_every_key_verifies_and_the_order_does_not_matter() -> None:
    for keys in ([KEY], ["another", KEY], [KEY, "another"]):
        signing.require_signed(PATH, SIGNATURE, keys)


def test_nothing_else_is_a_signature() -> None:
    padded, other = SIGNATURE + "=", signing.signature(PATH, "another")
    for path, given, keys in (
        (PATH, SIGNATURE, []),
        (PATH, SIGNATURE, ["another"]),
        (PATH, padded, [KEY]),
        (PATH, other, [KEY]),
        (PATH, "", [KEY]),
        (PATH, signing.UNSIGNED, [KEY]),
        (PATH, SIGNATURE.swapcase(), [KEY]),
        (PATH.removeprefix("/"), SIGNATURE, [KEY]),
        (PATH + "/meta", SIGNATURE, [KEY]),
    ):
        with pytest.raises(NotAllowed) as refused:
            signing.require_signed(path, given, keys)
        assert refused.value.code == "bad_signature"
