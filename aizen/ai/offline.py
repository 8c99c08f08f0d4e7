"""Descriptions without a model: measured facts in words, and said to be no more than that."""

from __future__ import annotations

from dataclasses import dataclass

from aizen.ai import Answer, Sight
from aizen.ai.answers import bounded
from aizen.ai.colors import name_of

_BRIGHTNESS = ((0.15, "very dark"), (0.35, "dark"), (0.65, "of medium brightness"), (0.85, "bright"))
_DETAIL = ((0.15, "almost without detail"), (0.4, "with little detail"), (0.7, "detailed"))
_COLORS = 3
_SMALLEST_SHARE = 0.1


@dataclass(frozen=True)
class OfflineDescriber:
    """A ``Describer`` that needs no key, network or model, and never claims to know what a picture shows."""

    name: str = "offline"
    model: str = "measurements-1"

    def describe(self, sight: Sight) -> Answer:
        colors = _color_names(sight)
        brightness = _brightness(sight)
        facts = [_kind(sight), brightness]
        if colors:
            facts.append(f"mostly {_listed(colors)}")
        measured = ", ".join([*facts, _detail(sight)])
        return bounded(
            description=f"No model has looked at this picture. Measured: {measured}.",
            alt=f"Not described. Measured: {', '.join(facts)}.",
            tags=_tags(sight, colors=colors),
            provider=self.name,
            model=self.model,
        )


def _kind(sight: Sight) -> str:
    adjectives = (["animated"] if sight.frames > 1 else []) + [sight.orientation]
    article = "an" if adjectives[0][0] in "aeiou" else "a"
    kind = " ".join([article, *adjectives, _medium(sight)])
    return f"{kind} with transparency" if sight.has_alpha else kind


def _medium(sight: Sight) -> str:
    return "photograph" if sight.is_photograph else "graphic"


def _brightness(sight: Sight) -> str:
    return _word(sight.brightness, _BRIGHTNESS, otherwise="very bright")


def _detail(sight: Sight) -> str:
    return _word(sight.detail, _DETAIL, otherwise="finely detailed")


def _word(value: float, steps: tuple[tuple[float, str], ...], *, otherwise: str) -> str:
    return next((word for below, word in steps if value < below), otherwise)


def _color_names(sight: Sight) -> list[str]:
    """The names of the main colours, the largest first: shades of one name count together, traces do not count."""
    shares: dict[str, float] = {}
    for color, share in sight.colors:
        name = name_of(color)
        shares[name] = shares.get(name, 0.0) + share
    ordered = sorted(shares, key=lambda name: -shares[name])
    return [name for name in ordered if shares[name] >= _SMALLEST_SHARE][:_COLORS] or ordered[:1]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _tags(sight: Sight, *, colors: list[str]) -> list[str]:
    facts = {
        "animated": sight.frames > 1,
        "transparent": sight.has_alpha,
        "dark": sight.brightness < _BRIGHTNESS[1][0],
        "bright": sight.brightness >= _BRIGHTNESS[2][0],
    }
    return [_medium(sight), sight.orientation, *(fact for fact, holds in facts.items() if holds), *colors]
