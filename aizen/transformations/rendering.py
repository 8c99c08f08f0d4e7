"""From a plan to a file: rendered once, however many want it, and kept until its image goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import IO, Any, BinaryIO, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters, image_limits
from aizen.database import db, new_id, transaction, utc_now
from aizen.errors import AizenError, NotFound, Unavailable
from aizen.images.files import local_file
from aizen.images.models import DerivedFile, Image
from aizen.imaging import Encoding, Limits, Order, Rendered, Rights
from aizen.queue import WorkTimedOut
from aizen.storage.disk import passing_file, path_of
from aizen.transformations import planning
from aizen.transformations.planning import Plan, Wish
from aizen.work import removals
from aizen.work.removals import Claim

POLL_SECONDS = 0.1
# More than a level without loss can have, which may be larger than an upload.
LEVEL_BYTES = 32 * 1024 * 1024
Result = TypeVar("Result")
# Told that megapixels are to be decoded and made; raises TooMany to prevent it.
Charge = Callable[[int], None]


class Changed(Exception):
    """The image, or a file to start from, is not any more what it was when the plan was made."""


@dataclass
class Times:
    """What the parts of a rendering took, in seconds."""

    source: float = 0.0
    render: float = 0.0
    store: float = 0.0


@dataclass(frozen=True)
class Made:
    """A derived file, whether it was there already, and what its making took."""

    plan: Plan
    file: DerivedFile
    cached: bool
    times: Times = field(default_factory=Times)


def nothing(_megapixels: int) -> None:
    """Charges nobody: a worker's rendering was paid for when it was put off."""


def derive(wish: Wish, adapters: Adapters, *, charge: Charge = nothing, first: Plan | None = None) -> Made:
    """The wish is fulfilled by a file that is stored and belongs to its image.

    ``first`` is a plan for the wish that was made a moment ago. Whoever wants a file that somebody else is making waits for it, for
    TRANSFORM_SECONDS at most. Raises as ``planning.plan`` does, Invalid
    for what shows only in rendering, Unreadable or Infeasible for what cannot be rendered, Unavailable where something is busy or out of
    reach. With ``strict`` a file that was made with warnings is kept all the same, for whoever is not strict.
    """
    made = with_fresh_plan(wish, adapters, lambda plan: _derived(plan, adapters, charge), first=first)
    planning.refuse_warnings(wish, made.file.warnings)
    return made


def with_fresh_plan(wish: Wish, adapters: Adapters, do: Callable[[Plan], Result], *, first: Plan | None) -> Result:
    """What ``do`` answers of a plan, the ``first`` one if there is one. It gets another when the image has changed meanwhile, once."""
    with suppress(Changed):
        return do(first or planning.plan(wish, adapters.settings))
    with suppress(Changed):
        return do(planning.plan(wish, adapters.settings))
    raise Unavailable("The image has been changing while it was rendered. Try again.", code="image_changed", retry_after=1)


def _derived(plan: Plan, adapters: Adapters, charge: Charge) -> Made:
    if plan.found is not None:
        return _hit(plan, plan.found)
    ends = time.monotonic() + adapters.settings.transform_seconds
    # Whoever has a renderer of their own is another process, as far as this goes.
    with _flights.alone((id(adapters.renderer), plan.cache_key), ends=ends):
        while True:
            claim, found = _claim(plan, adapters)
            if found is not None:
                return _hit(plan, found)
            if claim is not None:
                return _make(plan, claim, adapters, charge)
            if time.monotonic() >= ends:
                raise _busy()
            time.sleep(POLL_SECONDS)


def _hit(plan: Plan, found: DerivedFile) -> Made:
    today = utc_now().date()
    if found.used_on != today:
        with suppress(AizenError), transaction():
            db.session.execute(sa.update(DerivedFile).where(DerivedFile.id == found.id).values(used_on=today))
    return Made(plan, found, cached=True)


def _busy() -> Unavailable:
    return Unavailable("This picture is being rendered for somebody else right now. Try again.", code="render_under_way", retry_after=2)


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


def _make(plan: Plan, claim: Claim, adapters: Adapters, charge: Charge) -> Made:
    times = Times()
    with passing_file() as target:
        try:
            charge(plan.megapixels)
            rendered = draw(plan, target, adapters, times=times)
            begun = time.perf_counter()
            # Rendering may have waited for long: nobody shall take this attempt for one that was given up while its object is on the way.
            claim = removals.prolong(claim, adapters.settings)
        except BaseException:
            _let_go(claim)
            raise
        try:
            adapters.storage.put(plan.key, cast(BinaryIO, target), media_type=plan.media_type)
            row = _record(plan, claim, rendered)
        except IntegrityError:
            # Somebody has made it under the key of another folder.
            removals.give_up_claim(claim, adapters.settings, settled=True)
            raise Changed from None
        except BaseException as error:
            removals.give_up_claim(claim, adapters.settings, settled=not isinstance(error, (Unavailable, WorkTimedOut)))
            raise
    times.store = time.perf_counter() - begun
    return Made(plan, row, cached=False, times=times)


def _let_go(claim: Claim) -> None:
    with suppress(AizenError), transaction():
        removals.drop_claim(claim)


def draw(plan: Plan, target: IO[bytes], adapters: Adapters, *, times: Times) -> Rendered:
    """The plan's picture is in the passing file ``target``, which stands at its start. Raises Changed where a source is gone."""
    recipe = plan.wish.parsed.recipe
    with ExitStack() as files:
        begun = time.perf_counter()
        try:
            source = files.enter_context(local_file(plan.source.key, adapters))
            watermarks = {name: files.enter_context(local_file(each.key, adapters)) for name, each in plan.watermarks.items()}
        except NotFound:
            raise Changed from None
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
            rights=Rights(**plan.image.rights) if plan.image.rights and recipe.output.metadata == "copyright" else None,
            font=str(adapters.settings.watermark_font) if adapters.settings.watermark_font else None,
        )
        with planning.refusals(plan.wish.parsed):
            rendered = adapters.renderer.render(order)
        times.render = time.perf_counter() - begun - times.source
    target.seek(0)
    return rendered


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
        db.session.execute(sa.insert(DerivedFile).values(values))
    return DerivedFile(**values)


def require_unchanged(plan: Plan) -> None:
    """Until the open transaction ends the image stays as it is. Raises NotFound where it is gone, Changed where it looks otherwise now."""
    image = db.session.scalar(
        sa.select(Image).where(Image.id == plan.image.id).with_for_update(read=True).execution_options(populate_existing=True)
    )
    if image is None:
        raise NotFound
    if planning.version_of(image) != plan.version or not plan.key.startswith(f"{planning.folder_of(image)}/"):
        raise Changed


class _Flights:
    """Of the threads of this process that want one file, one at a time goes on; the others find the file when it has."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._flights: dict[Hashable, _Flight] = {}

    @contextmanager
    def alone(self, key: Hashable, *, ends: float) -> Iterator[None]:
        """No other thread is in here with that key. Raises Unavailable when that is not so before ``ends``."""
        with self._lock:
            flight = self._flights.setdefault(key, _Flight())
            flight.wanted += 1
        try:
            if not flight.lock.acquire(timeout=max(0.0, ends - time.monotonic())):
                raise _busy()
            try:
                yield
            finally:
                flight.lock.release()
        finally:
            with self._lock:
                flight.wanted -= 1
                if not flight.wanted:
                    del self._flights[key]


@dataclass
class _Flight:
    lock: Any = field(default_factory=Lock)
    wanted: int = 0


_flights = _Flights()
