"""The language as the operator has it: presets of their own, and their limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aizen.errors import Unavailable
from aizen.imaging import watermarks
from aizen.settings import Settings, SettingsError
from aizen.transformations import fonts
from aizen.transformations.presets import PRESETS, read_presets
from aizen.transformations.recipe import LanguageLimits, Recipe

# Where an application keeps it.
EXTENSION = "aizen-language"


@dataclass(frozen=True)
class Language:
    """What requests are read by: presets by name, and how much one recipe may say."""

    presets: Mapping[str, Recipe]
    limits: LanguageLimits


def language(settings: Settings) -> Language:
    """The language that the settings ask for. Raises SettingsError, which names the preset or the file at fault."""
    limits = LanguageLimits(max_steps=settings.transform_max_steps, max_side=settings.transform_max_side)
    faults: list[str] = []
    presets = dict(PRESETS)
    if settings.presets_file is not None:
        try:
            presets |= read_presets(settings.presets_file, limits=limits)
        except ValueError as error:
            faults.append(f"PRESETS_FILE: {error}")
    if settings.watermark_font is not None:
        try:
            fonts.read(settings.watermark_font)
            watermarks.require_font(str(settings.watermark_font))
        except OSError as error:
            faults.append(f"WATERMARK_FONT: {settings.watermark_font} cannot be read: {error.strerror or error}")
        except Unavailable:
            faults.append(f"WATERMARK_FONT: {settings.watermark_font} is no TrueType or OpenType font")
    if faults:
        raise SettingsError("Aizen cannot start with these settings:\n" + "\n".join(f"  {fault}" for fault in faults))
    return Language(presets, limits)
