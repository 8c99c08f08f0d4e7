"""Answers that many routes give in the same way, and the writing of all that are JSON."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, redirect
from flask.json.provider import DefaultJSONProvider
from werkzeug.sansio.response import Response as AnyResponse


def nothing() -> Response:
    """204, without a body and without a type of one."""
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


def led_on(address: str, status: int) -> Response:
    """A redirect, 303 or 302, of the kind that all other answers are."""
    return redirect(address, status)  # type: ignore[return-value]


def never_stored(answer: Response) -> Response:
    """The answer is kept by no cache, of a browser or on the way."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


class JsonProvider(DefaultJSONProvider):
    """Flask's provider, whose answers are UTF-8 (RFC 8259, 8.1) in the order in which they were put together.

    orjson writes them in a fifth of the time that Python's own writer takes.
    """

    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> AnyResponse:
        """An answer with that one value, or with those names and values as an object."""
        try:
            body = orjson.dumps(self._prepare_response_obj(args, kwargs), default=self.default, option=orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError:
            # Numbers of more than 64 bits, and text that is no Unicode: rare, and no reason to fail.
            return super().response(*args, **kwargs)
        return self._app.response_class(body, mimetype=self.mimetype)  # type: ignore[arg-type]
