"""Rate limits as named policies. Counts are in Redis; while it is out of reach each process counts for itself."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

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
    """A limit by name: the setting with its numbers, and whose requests are counted together where the request alone tells."""

    name: str
    setting: str
    key: Callable[[], str] | None


def client_address() -> str:
    """The address of the client, behind as many proxies as are trusted; ``unknown`` where the server has none."""
    return request.remote_addr or "unknown"


def client() -> str:
    """Who is counted as one client: an IPv4 address, or the /64 of an IPv6 address, all of which a single machine may use at will."""
    return network_of(client_address(), ipv4=32, ipv6=64)


def network_of(address: str, *, ipv4: int, ipv6: int) -> str:
    """The network of that prefix length that ``address`` lies in. ``unknown`` for what is no address: otherwise each would count apart."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(parsed), ipv6), strict=False))
        parsed = parsed.ipv4_mapped
    return str(ipaddress.IPv4Network((int(parsed), ipv4), strict=False))


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("register", "rate_limit_register", client),
        Policy("login", "rate_limit_login", client),
        Policy("account", "rate_limit_account", None),
        Policy("refresh", "rate_limit_refresh", client),
        Policy("key", "rate_limit_key", lambda: str(caller().user_id)),
        Policy("email", "rate_limit_email", client),
        Policy("email_address", "rate_limit_email_address", None),
        Policy("one_time_token", "rate_limit_one_time_token", client),
        Policy("setup", "rate_limit_setup", client),
        Policy("upload", "rate_limit_upload", lambda: str(caller().user_id)),
        Policy("describe", "rate_limit_describe", lambda: str(caller().user_id)),
        Policy("generate", "rate_limit_generate", lambda: str(caller().user_id)),
        Policy("link", "rate_limit_link", lambda: str(caller().user_id)),
        Policy("link_opening", "rate_limit_link_opening", client),
        Policy("link_password", "rate_limit_link_password", None),
        Policy("link_guesses", "rate_limit_link_guesses", None),
        Policy("gallery", "rate_limit_gallery", client),
        # These two count megapixels, not requests.
        Policy("transform", "rate_limit_transform", None),
        Policy("transform_address", "rate_limit_transform_address", None),
    )
}


@dataclass(frozen=True)
class Cost:
    """What one request is counted as: ``amount`` times by the policy of that name, for ``key``."""

    policy: str
    key: str
    amount: int = 1


@dataclass(frozen=True)
class Window:
    """What one key has left of a policy at one moment; ``wait`` and ``seconds`` are in seconds."""

    policy: str
    limit: int
    seconds: int
    left: int
    wait: int
    passes: bool


class RateLimits:
    """The counters of one application."""

    def __init__(self, settings: Settings) -> None:
        self._items: dict[str, RateLimitItem] = {name: parse(getattr(settings, policy.setting)) for name, policy in POLICIES.items()}
        self._alone = MovingWindowRateLimiter(MemoryStorage())
        # Two threads of it that count at once may both start its one timer, and the later of them raises.
        self._alone_turn = threading.Lock()
        self._shared: MovingWindowRateLimiter | None = None
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

    def _limiter(self) -> MovingWindowRateLimiter:
        if time.monotonic() < self._shared_again_at:
            return self._alone
        if self._shared is None:
            self._shared = MovingWindowRateLimiter(self._open())
        return self._shared

    def look(self, name: str, key: str, *, cost: int = 1) -> Window:
        """Whether one more request of ``key`` would be within the policy. Nothing is counted."""
        return self._window(name, key, ask=MovingWindowRateLimiter.test, cost=cost)

    def count(self, name: str, key: str, *, cost: int = 1) -> Window:
        """One more request of ``key`` is counted, unless the limit is reached: then it does not pass, and makes nobody wait longer.

        It counts ``cost`` times. One that costs more than the whole limit counts as all of it, so that it passes after a rest.
        """
        return self._window(name, key, ask=MovingWindowRateLimiter.hit, cost=cost)

    def _window(self, name: str, key: str, *, ask: Callable[..., bool], cost: int = 1) -> Window:
        item = self._items[name]
        limiter = self._limiter()
        try:
            with self._alone_turn if limiter is self._alone else nullcontext():
                passes = ask(limiter, item, name, key, cost=min(cost, item.amount))
                stats = limiter.get_window_stats(item, name, key)
        except Exception as error:  # whatever the client library raises while Redis is down, slow or confused
            if limiter is self._alone:
                raise
            log.warning("rate limits are counted by each process alone", reason=type(error).__name__)
            self._shared_again_at = time.monotonic() + _LEFT_ALONE_SECONDS
            return self._window(name, key, ask=ask, cost=cost)
        wait = max(1, int(stats.reset_time - time.time()) + 1)
        return Window(name, item.amount, item.get_expiry(), left=max(0, stats.remaining), wait=wait, passes=passes)


def limited(name: str) -> Callable[[View], View]:
    """Each request to the route counts against the policy of that name."""
    return _declared(name, count)


def limited_by_failures(name: str) -> Callable[[View], View]:
    """The route is refused while the limit of the policy is reached. It says itself, by ``count``, what is a failure."""
    return _declared(name, look)


def _declared(name: str, ask: Callable[[str, str], Window]) -> Callable[[View], View]:
    key = POLICIES[name].key
    assert key is not None, f"the policy {name} needs more than the request"

    def declare(view: View) -> View:
        @wraps(view)
        def asked(*args: Any, **kwargs: Any) -> Any:
            admit(ask(name, key()))
            return view(*args, **kwargs)

        asked.limited = name  # type: ignore[attr-defined]
        return asked  # type: ignore[return-value]

    return declare


def look(name: str, key: str, *, cost: int = 1) -> Window:
    """What ``key`` has left of the policy ``name`` in the running application. Nothing is counted."""
    return _limits().look(name, key, cost=cost)


def count(name: str, key: str, *, cost: int = 1) -> Window:
    """What ``key`` has left of the policy ``name`` in the running application, after one more request that counts ``cost`` times."""
    return _limits().count(name, key, cost=cost)


def admit(window: Window) -> None:
    """The answer tells this window. Raises TooMany, with the time to wait, when the request does not pass."""
    g.rate_limit = window
    if not window.passes:
        raise TooMany(f"Too many requests of this kind. Try again in {window.wait} seconds.", retry_after=window.wait)


def admit_all(costs: Sequence[Cost]) -> None:
    """Each of these is counted; the answer tells the last. Raises TooMany, and counts none, when one would not pass.

    Who is refused for the one shall not lose what they have of the others: it may be shared with somebody else.
    """
    for cost in costs:
        window = look(cost.policy, cost.key, cost=cost.amount)
        if not window.passes:
            admit(window)
    for cost in costs:
        admit(count(cost.policy, cost.key, cost=cost.amount))


def keep_to_oneself() -> None:
    """The answer tells no window."""
    g.pop("rate_limit", None)


def _limits() -> RateLimits:
    limits: RateLimits = current_app.extensions[_EXTENSION]
    return limits


def register(app: Flask, settings: Settings) -> None:
    """``app`` counts, and tells its counts in the fields of draft-ietf-httpapi-ratelimit-headers."""
    app.extensions[_EXTENSION] = RateLimits(settings)

    def tell(answer: Response) -> Response:
        if "rate_limit" in g:
            window: Window = g.rate_limit
            answer.headers["RateLimit"] = f'"{window.policy}";r={window.left};t={window.wait}'
            answer.headers["RateLimit-Policy"] = f'"{window.policy}";q={window.limit};w={window.seconds}'
        return answer

    app.after_request(tell)
