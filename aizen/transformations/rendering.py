"""From a plan to a file: rendered once, however many want it, and kept until its image goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import IO, Any, BinaryIO, Protocol, TypeVar, cast

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters, image_limits
from aizen.database import db, new_id, transaction, utc_now
from aizen.errors import AizenError, Conflict, Final, NotFound, Unavailable
from aizen.images import derived
from aizen.images.files import local_file
from aizen.images.models import DerivedFile, Image
from aizen.imaging import Encoding, Limits, Order, Rendered
from aizen.queue import WorkTimedOut
from aizen.settings import Settings
from aizen.storage.disk import passing_file, path_of
from aizen.transformations import planning
from aizen.transformations.flights import Flights, busy
from aizen.transformations.planning import Plan, Source, Wish
from aizen.web.remembered import CACHE_HIT
from aizen.work import removals
from aizen.work.removals import Claim

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.1
# A claim of that age has nearly all of its time before it.
YOUNG_SECONDS = 1.0
# More than a level without loss can have, which may be larger than an upload.
LEVEL_BYTES = 32 * 1024 * 1024
Result = TypeVar("Result")
_LOOK_HELD = (
    sa.select(Image.sha256, Image.focal_x, Image.focal_y, Image.visibility, Image.trashed_at)
    .where(Image.id == sa.bindparam("image_id"))
    .with_for_update(read=True)
)
_KEPT = sa.insert(cast(sa.Table, DerivedFile.__table__))


class Terms(Protocol):
    """On which terms somebody has renderings made; one for all that a request has to do for its answer."""

    def enter(self) -> None:
        """A rendering is made or waited for from now on. Raises Unavailable where too many are already: nothing was charged then."""

    def charge(self, megapixels: int) -> None:
        """So much is to be decoded and made; 0 is what was made before. Raises TooMany."""


class Free:
    """A worker's terms: there are as many renderings as there are workers, and each was paid for when it was put off."""

    def enter(self) -> None:
        """There is always room."""

    def charge(self, megapixels: int) -> None:
        """It costs nothing more."""


FREE = Free()


class Changed(Exception):
    """The image, or a file made of it, is not any more what it was when the plan was made."""


class OriginalMissing(Changed):
    """An original is not in the storage. Where its image is gone too, the next plan will say so."""


@dataclass
class Times:
    """What the parts of a rendering took, in seconds."""

    source: float = 0.0
    render: float = 0.0
    store: float = 0.0

    def server_timing(self, *, cached: bool) -> str:
        """The value of Server-Timing (W3C), in milliseconds; of what was there already only that it was."""
        if cached:
            return CACHE_HIT
        parts = (("source", self.source), ("render", self.render), ("store", self.store))
        return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in parts)


@dataclass(frozen=True)
class Made:
    """A derived file, whether it was there already, and what its making took."""

    plan: Plan
    file: DerivedFile
    cached: bool
    times: Times = field(default_factory=Times)


def derive(
    wish: Wish,
    adapters: Adapters,
    *,
    terms: Terms = FREE,
    first: Plan | None = None,
    require: Callable[[Image], None] = lambda _image: None,
) -> Made:
    """The wish is fulfilled by a file that is stored and belongs to its image.

    ``first`` is a plan for the wish that was made a moment ago. ``require`` raises for an image that may not be shown as it is in a plan:
    before anything is made or found by that. Whoever wants a file that somebody else is making waits for it, for
    TRANSFORM_SECONDS at most. Raises as ``planning.plan`` does, Invalid for what shows only in rendering, Unreadable or Infeasible for
    what cannot be rendered, Conflict (original_missing), Unavailable where something is busy or out of reach. With ``strict`` a file that
    was made with warnings is kept all the same, for whoever is not strict.
    """

    def do(plan: Plan) -> Made:
        require(plan.image)
        return _derived(plan, adapters, terms)

    made = with_fresh_plan(wish, adapters, do, first=first)
    planning.refuse_warnings(wish, made.file.warnings)
    return made


def with_fresh_plan(wish: Wish, adapters: Adapters, do: Callable[[Plan], Result], *, first: Plan | None) -> Result:
    """What ``do`` answers of a plan, the ``first`` one if there is one. It gets another when the image has changed meanwhile, once."""
    with suppress(Changed):
        return do(first or planning.plan(wish, adapters.settings))
    try:
        return do(planning.plan(wish, adapters.settings))
    except OriginalMissing:
        raise Conflict("The original is not in the storage any more.", code="original_missing") from None
    except Changed:
        pass
    raise Unavailable("The image has been changing while it was rendered. Try again.", code="image_changed", retry_after=1)


def _derived(plan: Plan, adapters: Adapters, terms: Terms) -> Made:
    if plan.found is not None:
        return _hit(plan, plan.found, adapters)
    found = _entered(plan, adapters, terms)
    if found is not None:
        return _hit(plan, found, adapters)
    ends = time.monotonic() + adapters.settings.transform_seconds
    with _flights.alone(_flight_of(plan, adapters), ends=ends):
        while True:
            claim, found = _claim(plan, adapters)
            if found is not None:
                return _hit(plan, found, adapters)
            if claim is not None:
                return _make(plan, claim, adapters, terms)
            if time.monotonic() >= ends:
                raise busy()
            time.sleep(POLL_SECONDS)


def _entered(plan: Plan, adapters: Adapters, terms: Terms) -> DerivedFile | None:
    """Nothing, where this is one of those that render or wait for it; or the file, which another thread has made meanwhile.

    Whoever waits for another's rendering holds a thread as well, and so needs a place. But a burst of equal requests shall be one rendering
    and no refusal: without a place they wait for a fifth of TRANSFORM_SECONDS, which nearly every rendering is done in.
    """
    try:
        if (found := _followed(plan, adapters)) is not None:
            return found
        terms.enter()
    except Unavailable:
        # Those who have taken the places since may be making this very file.
        if (found := _followed(plan, adapters)) is None:
            raise
        return found
    return None


def _followed(plan: Plan, adapters: Adapters) -> DerivedFile | None:
    if _flights.has_landed(_flight_of(plan, adapters), seconds=adapters.settings.transform_seconds / 5):
        return planning.find(plan.image.id, plan.cache_key)
    return None


def _flight_of(plan: Plan, adapters: Adapters) -> Hashable:
    # Whoever has a renderer of their own is another process, as far as this goes.
    return id(adapters.renderer), plan.cache_key


def _hit(plan: Plan, found: DerivedFile, adapters: Adapters) -> Made:
    """The file that was made before. Raises Changed where its object is lost: the row goes, so that it is made again.

    And where it lies in the other folder: the image is published or withdrawn since the plan was made, which knows nothing of that.
    """
    if found.key != plan.key:
        raise Changed
    try:
        # With S3 this asks once more for each hit; an address that leads to nothing would be worse.
        adapters.storage.size(found.key)
    except NotFound:
        derived.forget_one(found.id)
        raise Changed from None
    note_use(found)
    return Made(plan, found, cached=True)


def note_use(found: DerivedFile) -> None:
    """The file was wanted today, as its row says; where that cannot be written, nobody minds."""
    today = utc_now().date()
    if found.used_on != today:
        with suppress(AizenError), transaction():
            db.session.execute(sa.update(DerivedFile).where(DerivedFile.id == found.id).values(used_on=today))


def _claim(plan: Plan, adapters: Adapters) -> tuple[Claim | None, DerivedFile | None]:
    """The right to make the file, or the file if it has come meanwhile; neither while somebody else makes it.

    The key is reserved before the row is looked for: so no reservation outlives the file that it was for, and has the clock delete that.
    """
    with transaction():
        claim = removals.claim(plan.key, adapters.settings, busy_seconds=adapters.settings.job_seconds)
        found = planning.find(plan.image.id, plan.cache_key)
        if found is not None and claim is not None:
            removals.drop_claim(claim)
    return (None, found) if found is not None else (claim, None)


def _make(plan: Plan, claim: Claim, adapters: Adapters, terms: Terms) -> Made:
    times, claimed = Times(), time.perf_counter()
    with passing_file() as target:
        try:
            terms.charge(plan.megapixels)
            rendered = draw(plan, target, adapters, times=times)
            begun = time.perf_counter()
            if begun - claimed > YOUNG_SECONDS:
                # Rendering has waited: nobody shall take this attempt for one that was given up while its object is on the way.
                claim = removals.prolong(claim, adapters.settings)
        except BaseException:
            _let_go(claim)
            raise
        row = _keep(plan, claim, rendered, target, adapters)
    times.store = time.perf_counter() - begun
    return Made(plan, row, cached=False, times=times)


def _keep(plan: Plan, claim: Claim, rendered: Rendered, target: IO[bytes], adapters: Adapters) -> DerivedFile:
    """The rendering is stored and belongs to its image. Raises NotFound or Changed where it may not be kept: then nothing of it is left."""
    try:
        adapters.storage.put(
            plan.key, cast(BinaryIO, target), media_type=plan.media_type, cache_control=_cache_control(plan, adapters.settings)
        )
        row = _record(plan, claim, rendered)
    except IntegrityError:
        # Somebody has made it under the key of another folder.
        _take_back(claim, adapters)
        raise Changed from None
    except (Changed, NotFound):
        _take_back(claim, adapters)
        raise
    except BaseException as error:
        removals.give_up_claim(claim, adapters.settings, settled=not isinstance(error, (Unavailable, WorkTimedOut)))
        raise
    if not derived.is_there(row.key, adapters):
        # It was stored in a folder that was then withdrawn, by whoever had changed the image before this plan was made.
        derived.forget_one(row.id)
        raise Changed
    return row


def _cache_control(plan: Plan, settings: Settings) -> str | None:
    """How long caches may keep what the storage itself sends: what everybody may see as long as when we send it."""
    is_public = plan.key.startswith(f"{derived.PUBLIC_FOLDER}/")
    return f"public, max-age={settings.public_seconds}" if is_public else None


def _take_back(claim: Claim, adapters: Adapters) -> None:
    """What was put under the claim and may not be kept is gone, where that can be done at once; the clock sees to it in any case.

    Keys come again, so nothing is deleted but under a claim that is ours for long enough.
    """
    settled = False
    try:
        claim = removals.prolong(claim, adapters.settings)
        adapters.storage.delete(claim.key)
        settled = True
    except AizenError as error:
        log.warning("rendering left to the clock", key=claim.key, code=error.code)
    finally:
        removals.give_up_claim(claim, adapters.settings, settled=settled)


def _let_go(claim: Claim) -> None:
    with suppress(AizenError), transaction():
        removals.drop_claim(claim)


def draw(plan: Plan, target: IO[bytes], adapters: Adapters, *, times: Times) -> Rendered:
    """The plan's picture is in the passing file ``target``, which stands at its start. Raises OriginalMissing."""
    recipe = plan.wish.parsed.recipe
    with ExitStack() as files:
        begun = time.perf_counter()
        source = files.enter_context(_opened(plan.source, adapters))
        watermarks = {name: files.enter_context(_opened(each, adapters)) for name, each in plan.watermarks.items()}
        times.source = time.perf_counter() - begun
        order = Order(
            source=source,
            target=path_of(target),
            size=(plan.image.width, plan.image.height),
            steps=recipe.steps,
            encoding=Encoding(format=plan.format, quality=recipe.output.quality, max_bytes=recipe.output.max_bytes),
            limits=_limits(adapters),
            max_side=adapters.settings.transform_max_side,
            frame=recipe.output.frame,
            focal_point=_focal_point(plan.image),
            watermarks=watermarks,
            rights=plan.rights,
            font=str(adapters.settings.watermark_font) if adapters.settings.watermark_font else None,
        )
        with planning.refusals(plan.wish.parsed):
            rendered = _rendered(order, adapters)
        times.render = time.perf_counter() - begun - times.source
    target.seek(0)
    return rendered


@contextmanager
def _opened(source: Source, adapters: Adapters) -> Iterator[str]:
    """The path of the source, or of its original where a level is lost. Raises OriginalMissing."""
    with ExitStack() as held:
        yield _path(source.key, source.original, held, adapters)


def _path(key: str, instead: str | None, held: ExitStack, adapters: Adapters) -> str:
    try:
        return held.enter_context(local_file(key, adapters))
    except NotFound:
        if instead is None:
            raise OriginalMissing from None
    return _path(instead, None, held, adapters)


def _rendered(order: Order, adapters: Adapters) -> Rendered:
    try:
        return adapters.renderer.render(order)
    except WorkTimedOut:
        # Not the job's own answer to it, which is another try: this order will never take less.
        raise Final("The rendering takes longer than JOB_SECONDS. Ask for less at once.", code="render_timeout") from None


def warnings_of(plan: Plan, rendered: Rendered) -> list[str]:
    """Every warning once: what the geometry foretold, then what arose."""
    return list(dict.fromkeys((*plan.prediction.warnings, *rendered.warnings)))


def _limits(adapters: Adapters) -> Limits:
    limits = image_limits(adapters.settings)
    return replace(limits, max_bytes=max(limits.max_bytes, LEVEL_BYTES))


def _focal_point(image: Image) -> tuple[float, float] | None:
    return None if image.focal_x is None or image.focal_y is None else (image.focal_x, image.focal_y)


def _record(plan: Plan, claim: Claim, rendered: Rendered) -> DerivedFile:
    """The stored object belongs to its image, if that is still there and looks as it did. Raises NotFound or Changed."""
    now = utc_now()
    values = {
        "id": new_id(),
        "image_id": plan.image.id,
        "cache_key": plan.cache_key,
        "key": plan.key,
        "format": rendered.format,
        "media_type": plan.media_type,
        "width": rendered.width,
        "height": rendered.height,
        "frames": rendered.frames,
        "bytes": rendered.bytes,
        "warnings": warnings_of(plan, rendered),
        "used_on": now.date(),
        "created_at": now,
    }
    with transaction():
        require_unchanged(plan)
        removals.keep_claimed(claim)
        db.session.execute(_KEPT, values)
    return DerivedFile(**values)


def require_unchanged(plan: Plan) -> None:
    """Until the open transaction ends the image stays as it is. Raises NotFound where it is gone, Changed where it looks otherwise now."""
    image: Any = db.session.execute(_LOOK_HELD, {"image_id": plan.image.id}).first()
    if image is None:
        raise NotFound
    if planning.version_of(image) != plan.version or not plan.key.startswith(f"{derived.folder_of(image.visibility)}/"):
        raise Changed
    if (image.trashed_at is None) != (plan.image.trashed_at is None):
        # Whether it may still be shown by then is to be asked anew.
        raise Changed


_flights = Flights()
