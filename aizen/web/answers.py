"""Answers that many routes give in the same way."""

from __future__ import annotations

from flask import Response


def nothing() -> Response:
    """204, without a body and without a type of one."""
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


def never_stored(answer: Response) -> Response:
    """The answer is kept by no cache, of a browser or on the way."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
