"""Stand-ins for the outside world, each with a small language; what they stand for is tested on its own, on the real thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aizen.ai import Answer, Sight
from aizen.ai.painting import Order, Painted
from aizen.errors import OutsideFailure
from aizen.mail import Letter
from aizen.outgoing import Fetcher
from aizen.queue import HintLost, WorkTimedOut
from tests import pictures


@dataclass
class ScriptedDescriber:
    """Says what it was told to say; ``seen`` keeps what it was shown."""

    name: str = "scripted"
    model: str = "script-1"
    seen: list[Sight] = field(default_factory=list)
    _script: list[Answer | OutsideFailure | WorkTimedOut] = field(default_factory=list)

    def will_say(self, description: str, *, alt: str = "A picture.", tags: tuple[str, ...] = ()) -> None:
        self._script.append(Answer(description=description, alt=alt, tags=tags, provider=self.name, model=self.model))

    def will_fail(self, failure: OutsideFailure | WorkTimedOut) -> None:
        """The provider's failure, or the alarm of the job that asks it."""
        self._script.append(failure)

    def forget(self) -> None:
        self.seen.clear()
        self._script.clear()

    def describe(self, sight: Sight) -> Answer:
        self.seen.append(sight)
        if not self._script:
            return Answer(description="A scripted description.", alt="Scripted.", tags=("scripted",), provider=self.name, model=self.model)
        line = self._script.pop(0)
        if isinstance(line, (OutsideFailure, WorkTimedOut)):
            raise line
        return line


@dataclass
class ScriptedPainter:
    """Paints what it was told to paint, or else a plain picture as large as was asked for; ``orders`` keeps what was asked."""

    name: str = "scripted"
    model: str = "script-1"
    orders: list[Order] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    """What happens while it paints."""
    _script: list[bytes | OutsideFailure | WorkTimedOut] = field(default_factory=list)

    def will_paint(self, data: bytes) -> None:
        """This file comes back, whatever it is."""
        self._script.append(data)

    def will_fail(self, failure: OutsideFailure | WorkTimedOut) -> None:
        """The provider's failure, or the alarm of the job that asks it."""
        self._script.append(failure)

    def forget(self) -> None:
        self.orders.clear()
        self.meanwhile = lambda: None
        self._script.clear()

    def paint(self, order: Order) -> Painted:
        self.orders.append(order)
        self.meanwhile()
        line = self._script.pop(0) if self._script else pictures.jpeg(order.width, order.height)
        if isinstance(line, (OutsideFailure, WorkTimedOut)):
            raise line
        return Painted(data=line, provider=self.name, model=order.model or self.model)


@dataclass
class HintList:
    """A queue that keeps its hints in a list; ``is_down`` loses them as a stopped Redis does."""

    hints: list[str] = field(default_factory=list)
    timeouts: dict[str, float] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    """Those of all hints so far that are slow."""
    is_down: bool = False

    def hint(self, item_id: str, *, attempt: int, timeout: float, is_slow: bool = False) -> None:
        if self.is_down:
            raise HintLost("ConnectionError")
        self.hints.append(item_id)
        self.timeouts[item_id] = timeout
        if is_slow:
            self.slow.add(item_id)

    def length(self) -> int:
        if self.is_down:
            raise HintLost("ConnectionError")
        return len(self.hints)

    def take(self) -> list[str]:
        """The hints so far, oldest first; the list is empty afterwards."""
        taken, self.hints = self.hints, []
        return taken


@dataclass
class LetterBox:
    """A mailer that keeps what it is given; a failure is for one letter."""

    name: str = "box"
    letters: list[Letter] = field(default_factory=list)
    _failures: list[OutsideFailure] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.letters.append(letter)

    def will_fail(self, failure: OutsideFailure) -> None:
        self._failures.append(failure)

    def forget(self) -> None:
        self.letters.clear()
        self._failures.clear()

    def to(self, address: str) -> list[Letter]:
        """The letters to that address, oldest first."""
        return [letter for letter in self.letters if letter.to == address]


def _no_names(host: str, port: int) -> list[str]:
    return []


# Nothing that a test sends, least of all a random address, leads out of this machine.
NOWHERE = Fetcher(may_reach=lambda _address: False, resolve=_no_names)
