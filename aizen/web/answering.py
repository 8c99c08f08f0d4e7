"""How JSON answers are written: by orjson, which takes a fifth of the time that Python's own writer does."""

from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import DefaultJSONProvider
from werkzeug.sansio.response import Response


class JsonProvider(DefaultJSONProvider):
    """Flask's provider, whose answers are UTF-8 (RFC 8259, 8.1) in the order in which they were put together."""

    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """An answer with that one value, or with those names and values as an object."""
        try:
            body = orjson.dumps(self._prepare_response_obj(args, kwargs), default=self.default, option=orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError:
            # Numbers of more than 64 bits, and text that is no Unicode: rare, and no reason to fail.
            return super().response(*args, **kwargs)
        return self._app.response_class(body, mimetype=self.mimetype)  # type: ignore[arg-type]
