"""Reading the URL spelling: ``w=800,h=600,g=auto/fx=sepia:80/q=75``.

Commas part what is said in one segment, slashes part the segments. Operations of one segment are applied in the order of the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aizen.imaging.steps import Step
from aizen.transformations.language.canonical import Recipe
from aizen.transformations.language.operations import OUTPUT, LanguageLimits, operations
from aizen.transformations.language.sent import Faults, Place, read_step, read_told
from aizen.transformations.language.told import Told, told_by_preset
from aizen.transformations.language.url_segment import Pairs, grouped
from aizen.transformations.language.values import Refused

# RFC 3986's unreserved characters, and those that part and join ours.
_FOREIGN = re.compile(r"[^A-Za-z0-9\-._~,:=/@]")
_PRESET = "t"
_OUTPUT_KEYS = {parameter.key: parameter.name for parameter in OUTPUT if parameter.key is not None}
_STEP_KEYS = [key for each in operations().values() for key in (each.key, *(parameter.key for parameter in each.parameters)) if key]
# Each once, in the table's order.
_KEYS = (*dict.fromkeys(_STEP_KEYS), *_OUTPUT_KEYS, _PRESET)
# A picture may go through several filters, and over two axes, at once.
_REPEATABLE = ("fx", "flip")


def read_text(text: object, presets: Mapping[str, Recipe], *, place: Place, faults: Faults, limits: LanguageLimits) -> Told:
    """What the recipe in URL spelling tells; where something is wrong, ``faults`` knows and what is given back is not complete."""
    told = Told()
    if not isinstance(text, str):
        faults.add(place, None, "null" if text is None else "wrong_type", "Must be a recipe in URL spelling, such as w=800,h=600/fx=sepia.")
        return told
    if len(text) > limits.max_characters:
        faults.add(place, None, "too_long", f"Must have at most {limits.max_characters} characters.")
        return told
    foreign = _FOREIGN.search(text)
    if foreign:
        allowed = "letters, digits and -._~,:=/@"
        named = f"U+{ord(foreign[0]):04X} at position {foreign.start() + 1}"
        faults.add(
            place, None, "character_not_allowed", f"Must have no other characters than {allowed}; {named} is none.", allowed=[allowed]
        )
        return told
    segments = text.split("/") if text else []
    # One more is for the output.
    if len(segments) > limits.max_steps + 1:
        faults.add(place, None, "too_many_steps", f"Must have at most {limits.max_steps} steps, and the output.")
        return told
    for number, segment in enumerate(segments, start=1):
        reader = _Segment(replace(place, segment=number), presets, faults=faults, limits=limits, last=number == len(segments))
        told = told.followed_by(reader.read(segment))
    return told


@dataclass(frozen=True)
class _Segment:
    """Whoever reads one segment."""

    place: Place
    presets: Mapping[str, Recipe]
    faults: Faults
    limits: LanguageLimits
    last: bool

    def read(self, segment: str) -> Told:
        pairs = self._pairs(segment)
        keys = {key for key, _ in pairs}
        if not keys:
            return Told()
        if _PRESET in keys:
            return self._preset(pairs)
        if keys & _OUTPUT_KEYS.keys():
            return self._output(pairs)
        return self._steps(pairs)

    def _fault(self, code: str, detail: str, *, key: str = "", allowed: Sequence[str] | None = None) -> None:
        self.faults.add(replace(self.place, words={"": key}), None, code, detail, allowed=allowed)

    def _pairs(self, segment: str) -> Pairs:
        """The pairs, each of a known key; none where one of them cannot be read."""
        words = segment.split(",", self.limits.max_parameters)
        if len(words) > self.limits.max_parameters:
            self._fault("too_many_parameters", f"Must have at most {self.limits.max_parameters} parameters.")
            return []
        before = len(self.faults.errors)
        pairs: Pairs = []
        for word in words:
            key, equals, value = word.partition("=")
            if not equals:
                self._fault("not_a_pair", "Must be key=value, with commas between them.", key=key[:20], allowed=_KEYS)
            elif key not in _KEYS:
                self._fault("unknown_field", f"Unknown key. Known are: {', '.join(_KEYS)}.", key=key[:20], allowed=_KEYS)
            elif key not in _REPEATABLE and any(key == other for other, _ in pairs):
                self._fault("repeated", "Must stand once in a segment.", key=key)
            pairs.append((key, value))
        return pairs if len(self.faults.errors) == before else []

    def _preset(self, pairs: Pairs) -> Told:
        if len(pairs) > 1:
            self._fault("misplaced", "Must have a segment of its own.", key=_PRESET)
            return Told()
        place = replace(self.place, words={"": _PRESET})
        return told_by_preset(pairs[0][1], self.presets, place=place, parameter=None, faults=self.faults)

    def _output(self, pairs: Pairs) -> Told:
        key = next(key for key, _ in pairs if key in _OUTPUT_KEYS)
        if not self.last or any(key not in _OUTPUT_KEYS for key, _ in pairs):
            self._fault("misplaced", f"The output ({', '.join(_OUTPUT_KEYS)}) must have the last segment for itself.", key=key)
            return Told()
        kinds = {parameter.key: parameter.kind for parameter in OUTPUT}
        sent = {_OUTPUT_KEYS[key]: kinds[key].heard(text) for key, text in pairs}
        place = replace(self.place, words={name: key for key, name in _OUTPUT_KEYS.items()})
        told = read_told(OUTPUT, sent, place=place, faults=self.faults, limits=self.limits)
        return Told(output=told or {}, output_places=dict.fromkeys(told or {}, place))

    def _steps(self, pairs: Pairs) -> Told:
        steps: list[Step] = []
        for group in grouped(pairs, operations(self.limits.max_side)):
            place = replace(self.place, words=group.words)
            try:
                sent = group.sent()
            except Refused as refused:
                self.faults.refused(place, None, refused)
                continue
            step = read_step(group.operation, sent, place=place, faults=self.faults, limits=self.limits)
            if step is not None:
                steps.append(step)
        return Told(steps=tuple(steps), places=(self.place,) * len(steps))
