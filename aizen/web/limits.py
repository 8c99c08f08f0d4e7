"""Rate limits as named policies. Counts are in Redis; while it is out of reach each process counts for itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from aizen.errors import TooMany
from aizen.settings import Settings
from aizen.web.caller import caller

log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Callable[..., Any])
_EXTENSION = "aizen-limits"
# While Redis is down, asking it at each request would cost REDIS_SECONDS each time.
_LEFT_ALONE_SECONDS = 5.0


@dataclass(frozen=True)
class Policy:
    """A limit by name: whose requests are counted together, and the setting with its numbers."""

    name: str
    setting: str
    key: Callable[[], str]


def client() -> str:
    """The address of the client, behind as many proxies as are trusted."""
    return request.remote_addr or "unknown"


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("register", "rate_limit_register", client),
        Policy("login", "rate_limit_login", client),
        Policy("refresh", "rate_limit_refresh", client),
        Policy("upload", "rate_limit_upload", lambda: str(caller().user_id)),
    )
}


class RateLimits:
    """The counters of one application."""

    def __init__(self, settings: Settings) -> None:
        self._items: dict[str, RateLimitItem] = {name: parse(getattr(settings, policy.setting)) for name, policy in POLICIES.items()}
        self._alone: RateLimiter = MovingWindowRateLimiter(MemoryStorage())
        self._shared: RateLimiter | None = None
        self._shared_again_at = 0.0
        self._settings = settings

    def _open(self) -> Storage:
        url = self._settings.redis_url
        address = f"redis+{url}" if url.startswith("unix://") else url
        seconds = self._settings.redis_seconds
        storage = storage_from_string(
            address, wrap_exceptions=True, socket_timeout=seconds, socket_connect_timeout=seconds, key_prefix="aizen:limits"
        )
        assert isinstance(storage, Storage)
        return storage

    def _limiter(self) -> RateLimiter:
        if time.monotonic() < self._shared_again_at:
            return self._alone
        if self._shared is None:
            self._shared = MovingWindowRateLimiter(self._open())
        return self._shared

    def hit(self, name: str, key: str) -> None:
        """One more request of ``key`` is counted. Raises TooMany, with the time to wait, when that is over the policy's limit."""
        item = self._items[name]
        limiter = self._limiter()
        try:
            passed = limiter.hit(item, name, key)
            window = limiter.get_window_stats(item, name, key)
        except Exception as error:  # whatever the client library raises while Redis is down, slow or confused
            if limiter is self._alone:
                raise
            log.warning("rate limits are counted by each process alone", reason=type(error).__name__)
            self._shared_again_at = time.monotonic() + _LEFT_ALONE_SECONDS
            return self.hit(name, key)
        wait = max(1, int(window.reset_time - time.time()) + 1)
        g.rate_limit = (f'"{name}";r={max(0, window.remaining)};t={wait}', f'"{name}";q={item.amount};w={item.get_expiry()}')
        if not passed:
            raise TooMany(f"Too many requests of this kind. Try again in {wait} seconds.", retry_after=wait)
        return None


def limited(name: str) -> Callable[[View], View]:
    """The route counts against the policy of that name."""
    policy = POLICIES[name]

    def declare(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            hit(name, policy.key())
            return view(*args, **kwargs)

        counted.limited = name  # type: ignore[attr-defined]
        return counted  # type: ignore[return-value]

    return declare


def hit(name: str, key: str) -> None:
    """One more request of ``key`` is counted against the policy ``name`` of the running application."""
    limits: RateLimits = current_app.extensions[_EXTENSION]
    limits.hit(name, key)


def register(app: Flask, settings: Settings) -> None:
    """``app`` counts, and tells its counts in the fields of draft-ietf-httpapi-ratelimit-headers."""
    app.extensions[_EXTENSION] = RateLimits(settings)

    def tell(answer: Response) -> Response:
        if "rate_limit" in g:
            answer.headers["RateLimit"], answer.headers["RateLimit-Policy"] = g.rate_limit
        return answer

    app.after_request(tell)
