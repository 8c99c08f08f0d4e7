"""Tokens as somebody else would make them."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt


def opened(token: str) -> dict[str, Any]:
    """The claims of a token, unchecked."""
    told: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return told


def signed(claims: dict[str, Any], key: str, *, algorithm: str = "HS256", typ: str | None = "at+jwt", **header: Any) -> str:
    """A token with these claims and header."""
    # The layer below jwt.encode, which would not sign what no honest issuer writes.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm=algorithm, headers={"typ": typ, **header})


def unsigned(claims: dict[str, Any], algorithm: str) -> str:
    """A token without a signature, whose header names that algorithm."""
    return ".".join((_part({"alg": algorithm, "typ": "at+jwt"}), _part(claims), ""))


def nested(depth: int) -> str:
    """A token whose claims are lists in lists."""
    return ".".join((_part({"alg": "HS256"}), _part(json.loads("[" * depth + "]" * depth)), "x"))


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
