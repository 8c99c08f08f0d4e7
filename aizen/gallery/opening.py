"""Share links, on their viewer's side: what a link leads to, who may see it, and how a view is counted.

A link with a password or with ``max_views`` is guarded: it shows nothing before it is opened, and opening it counts. One without either is
open to whoever has it; each look at it counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from aizen.auth import passwords
from aizen.auth.models import User
from aizen.database import changed_rows, db, impatient_transaction, reading, transaction, utc_now
from aizen.errors import AizenError, Expired, NotAllowed, NotFound, Unavailable, WrongPassword
from aizen.gallery import links, passes
from aizen.gallery.models import ShareLink
from aizen.images.models import Image, Variant
from aizen.settings import Settings
from aizen.web.limits import admit, client, count, keep_to_oneself, look

log = structlog.get_logger(__name__)

_SLUG = re.compile(rf"[{links.ALPHABET}]{{{links.LENGTH}}}")
# A count that nothing depends on is not waited for any longer.
_COUNT_SECONDS = 0.1


@dataclass(frozen=True)
class Shared:
    """What a link that has not expired leads to: the image, what viewers may open of it, the smallest first, and whose it is."""

    link: ShareLink
    image: Image
    username: str
    variants: Sequence[Variant]

    @property
    def is_guarded(self) -> bool:
        """Whether nothing is shown before the link has been opened."""
        return self.has_password or self.link.max_views is not None

    @property
    def has_password(self) -> bool:
        return self.link.password_hash is not None

    @property
    def seconds_left(self) -> int:
        """How long the link still lives."""
        return max(0, int((self.link.expires_at - utc_now()).total_seconds()))

    def pass_seconds(self, settings: Settings) -> int:
        """How long one opening lasts: never longer than the link."""
        one_view = self.link.max_views is not None
        return min(settings.share_link_view_seconds if one_view else settings.share_link_open_seconds, self.seconds_left)


def find(slug: str) -> Shared:
    """What the link leads to.

    Raises NotFound where there is no such link, its image lies in the trash, or its owner's account is disabled or closed; Expired
    (link_expired); and Unavailable (not_ready) for an image whose variants are still being made.
    """
    if not _SLUG.fullmatch(slug):
        raise NotFound
    statement = (
        sa.select(ShareLink, Image, User.username)
        .join(Image, Image.id == ShareLink.image_id)
        .join(User, User.id == Image.owner_id)
        .where(ShareLink.slug == slug, Image.trashed_at.is_(None), User.disabled_at.is_(None))
        .execution_options(populate_existing=True)
    )
    with reading():
        row = db.session.execute(statement).first()
        if row is None:
            raise NotFound
        variants = _variants(row[1])
    shared = Shared(*row, variants)
    if shared.link.expires_at <= utc_now():
        raise Expired("This link has expired.", code="link_expired")
    if not variants:
        raise _nothing_yet(shared.image)
    return shared


def _variants(image: Image) -> Sequence[Variant]:
    theirs = sa.select(Variant).where(Variant.image_id == image.id, Variant.role == "variant")
    return db.session.scalars(theirs.order_by(Variant.width, Variant.format.desc())).all()


def _nothing_yet(image: Image) -> AizenError:
    if image.status == "failed":
        return NotFound()
    return Unavailable("The picture is being prepared. Try again in a moment.", code="not_ready")


def may_see(shared: Shared, given: Sequence[str], settings: Settings) -> bool:
    """Whether a viewer with these passes is shown the image as it is. Raises what ``open_`` raises where nobody else is any more."""
    if not shared.is_guarded or passes.is_any_good(given, shared.link.id, shared.link.password_hash, settings=settings):
        return True
    if shared.link.max_views is not None and shared.link.views >= shared.link.max_views:
        raise _used_up()
    return False


def require_seen(shared: Shared, given: Sequence[str], settings: Settings) -> None:
    """A viewer with these passes has opened the link. Raises NotAllowed (password_required, not_opened), and Expired (link_used_up)."""
    if not may_see(shared, given, settings):
        raise _password_required() if shared.has_password else NotAllowed("Open the link first: each view of it counts.", code="not_opened")


def open_(shared: Shared, password: str | None, settings: Settings) -> str | None:
    """The viewer, who has no pass, sees the image from now on, and that is counted as a view. The answer is their pass, if they need one.

    Raises NotAllowed (password_required), WrongPassword, TooMany, and Expired (link_used_up), also where others came first.
    """
    if not shared.is_guarded:
        _note_view(shared)
        return None
    if shared.has_password:
        if password is None:
            raise _password_required()
        _prove(shared, password)
    _count_view(shared)
    return passes.write(shared.link.id, shared.link.password_hash, seconds=shared.pass_seconds(settings), settings=settings)


def _prove(shared: Shared, password: str) -> None:
    """The password is the link's. Raises WrongPassword; and TooMany, whatever the password, where there were too many before.

    Of tries that run side by side at the very limit, as many as the web servers have threads may be looked at beyond it. They are told
    TooMany all the same, if they are wrong.
    """
    everybody = str(shared.link.id)
    here = f"{everybody}|{client()}"
    admit(look("link_password", here))
    _require_guesses_left(everybody)
    # Right ones cost a hash too, and whoever keeps no pass may send them for ever.
    admit(count("link_opening", client()))
    if passwords.is_right(password, shared.link.password_hash):
        return
    log.info("password of a share link refused", link=str(shared.link.id), network=client())
    count("link_guesses", everybody)
    admit(count("link_password", here))
    raise WrongPassword


def _require_guesses_left(everybody: str) -> None:
    """The link has not been tried too often by all together. Raises TooMany, which tells no count: it would say what strangers do."""
    try:
        admit(look("link_guesses", everybody))
    finally:
        keep_to_oneself()


def _view(shared: Shared) -> sa.Update:
    opens = sa.and_(ShareLink.id == shared.link.id, ShareLink.expires_at > utc_now(), links.has_views_left())
    return sa.update(ShareLink).where(opens).values(views=ShareLink.views + 1)


def _count_view(shared: Shared) -> None:
    """There is one view more. The one statement both asks and counts, so that of many at once none passes beyond the last."""
    with transaction():
        counted = changed_rows(_view(shared))
    if not counted:
        find(shared.link.slug)
        raise _used_up()


def _note_view(shared: Shared) -> None:
    """There is one view more, if that can be written now: it is no reason to refuse a picture that anybody may see."""
    try:
        with impatient_transaction(_COUNT_SECONDS) as connection:
            connection.execute(_view(shared))
    except SQLAlchemyError as error:
        log.warning("a view of a share link could not be counted", link=str(shared.link.id), reason=type(error).__name__)


def _password_required() -> NotAllowed:
    return NotAllowed("This link asks for a password.", code="password_required")


def _used_up() -> Expired:
    return Expired("This link has been opened as often as it may be.", code="link_used_up")
