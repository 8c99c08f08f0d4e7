"""The settings of share links: how long they live, how many there are, and how often their passwords may be tried."""

from __future__ import annotations

from dataclasses import dataclass

from aizen.environment import count, rate
from aizen.settings.declaring import setting


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """What a link that shows one image may do."""

    share_link_seconds: int = setting(2592000, "SHARE_LINK_SECONDS", count(60, 315360000), "life of a share link, unless its owner says")
    share_link_longest_seconds: int = setting(
        315360000, "SHARE_LINK_LONGEST_SECONDS", count(60, 315360000), "longest life that its owner may give it"
    )
    share_links_per_image: int = setting(
        100, "SHARE_LINKS_PER_IMAGE", count(0, 10000), "share links of one image that still open; 0 allows none at all"
    )
    share_link_kept_seconds: int = setting(
        2592000, "SHARE_LINK_KEPT_SECONDS", count(0, 31536000), "after this long the clock forgets an expired share link: 410 becomes 404"
    )
    share_link_open_seconds: int = setting(
        43200, "SHARE_LINK_OPEN_SECONDS", count(60, 2592000), "how long a viewer need not type the password of a share link again"
    )
    share_link_view_seconds: int = setting(
        600, "SHARE_LINK_VIEW_SECONDS", count(10, 86400), "how long one counted view of a share link lasts, for whoever had it"
    )
    rate_limit_link: str = setting("600 per hour", "RATE_LIMIT_LINK", rate(), "share links that one user makes")
    rate_limit_link_opening: str = setting(
        "60 per minute", "RATE_LIMIT_LINK_OPENING", rate(), "passwords of share links, right or wrong, that one client sends"
    )
    rate_limit_link_password: str = setting(
        "10 per 10 minutes", "RATE_LIMIT_LINK_PASSWORD", rate(), "wrong passwords of one client at one share link"
    )
    rate_limit_link_guesses: str = setting(
        "100 per hour", "RATE_LIMIT_LINK_GUESSES", rate(), "wrong passwords at one share link, whoever tries; then nobody may for a while"
    )
