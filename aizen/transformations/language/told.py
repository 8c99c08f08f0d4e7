"""What has been told so far: the readers' common result, and what a preset adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aizen.imaging.steps import Step
from aizen.transformations.language.canonical import Parsed, Recipe
from aizen.transformations.language.operations import OUTPUT, LanguageLimits, Output
from aizen.transformations.language.sent import Faults, Place


@dataclass(frozen=True, kw_only=True)
class Told:
    """Steps, each with its place, and those parameters of the output that were told. What is told later of the output counts."""

    steps: tuple[Step, ...] = ()
    places: tuple[Place, ...] = ()
    output: Mapping[str, Any] = field(default_factory=dict)
    output_places: Mapping[str, Place] = field(default_factory=dict)

    def followed_by(self, later: Told) -> Told:
        """This, and then that."""
        return Told(
            steps=self.steps + later.steps,
            places=self.places + later.places,
            output={**self.output, **later.output},
            output_places={**self.output_places, **later.output_places},
        )


def told_by_preset(name: object, presets: Mapping[str, Recipe], *, place: Place, parameter: str | None, faults: Faults) -> Told:
    """What the preset of that name says, as if it had been written in this place."""
    names = sorted(presets)
    if not isinstance(name, str):
        faults.add(place, parameter, "null" if name is None else "wrong_type", "Must be the name of a preset.", allowed=names)
        return Told()
    if name not in presets:
        faults.add(place, parameter, "unknown_preset", f"There is no such preset. There are: {', '.join(names)}.", allowed=names)
        return Told()
    recipe = presets[name]
    here = replace(place, parts=False)
    values = {each.name: getattr(recipe.output, each.name) for each in OUTPUT}
    output = {each.name: values[each.name] for each in OUTPUT if values[each.name] != each.default}
    return Told(steps=recipe.steps, places=(here,) * len(recipe.steps), output=output, output_places=dict.fromkeys(output, here))


def settled(told: Told, *, place: Place, output_place: Place, faults: Faults, limits: LanguageLimits) -> Parsed:
    """The recipe that was told. Raises ``Invalid`` with all that is wrong; ``place`` is where the steps stand."""
    if len(told.steps) > limits.max_steps:
        faults.add(
            place, None, "too_many_steps", f"Must have at most {limits.max_steps} steps; a preset counts as the steps it is made of."
        )
    faults.raise_any()
    recipe = Recipe(steps=told.steps, output=Output(**told.output))
    return Parsed(recipe=recipe, places=told.places, output_places=told.output_places, output_place=output_place, steps_place=place)
