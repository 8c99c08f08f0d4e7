"""Pictures that no model made: hills below a sky, drawn from a digest of the words, which stand on the picture with a plain notice."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from math import pi, sin, sqrt
from random import Random
from unicodedata import category, normalize

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from aizen.errors import Unavailable
from aizen.imaging import typeface

NOTICE = "No model made this picture"

_WITHOUT_LETTERS = "(The prompt is in letters that this font does not have.)"
# More than this is not shown at any size.
_READ_OF_A_PROMPT = 600
_MOST_LINES = 4
_SMALLEST_TEXT = 13
# Of the picture's height, what the band may cover.
_BAND = 0.4
_OVERSAMPLED = 2
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

Color = tuple[int, int, int]
Words = tuple[str, ...]


@dataclass(frozen=True)
class _Palette:
    """The colours of one time of day; ``sky`` goes down from the zenith to the horizon, the hills come nearer from ``far`` on."""

    sky: tuple[str, str, str]
    sun: str
    far: str
    near: str
    has_stars: bool = False


_PALETTES = (
    _Palette(("#2f4172", "#e8977a", "#ffe4c4"), sun="#fff4da", far="#9a86a4", near="#1c2340"),
    _Palette(("#1f1550", "#8b3d78", "#ff9f6e"), sun="#ffdca8", far="#7d4878", near="#150c2c"),
    _Palette(("#6fadd2", "#bfe0ec", "#fff5df"), sun="#ffffff", far="#9dc2d2", near="#173f56"),
    _Palette(("#8fb9a8", "#d3e4d6", "#f8f4e2"), sun="#fffbe8", far="#a5c4b4", near="#14362f"),
    _Palette(("#4f9cc4", "#f6d3a0", "#ffeed0"), sun="#fff9ec", far="#dca678", near="#6e2a1f"),
    _Palette(("#050a22", "#112a54", "#45689a"), sun="#f5f2e0", far="#30507e", near="#050916", has_stars=True),
    _Palette(("#e9b3bb", "#f8dcd2", "#fff4e8"), sun="#ff8d78", far="#d6a2b2", near="#4e2340"),
    _Palette(("#041a2a", "#0d4a5a", "#63c7a6"), sun="#f2fff5", far="#1f6a6a", near="#03121a", has_stars=True),
)


def draw(prompt: str, *, seed: int, width: int, height: int, font: str | None = None) -> bytes:
    """A PNG of that size (pixels), which depends on nothing but these arguments: same words, same seed, same pixels.

    The notice stands on it, and the beginning of the prompt as far as the font at ``font`` can show it; Source Sans Pro when that is None
    or cannot be read. Whatever is written in ``prompt``, something is drawn.
    """
    digest = hashlib.sha256(f"{seed}\n{prompt}".encode("utf-8", "surrogatepass")).digest()
    dice = Random(int.from_bytes(digest))  # noqa: S311 - the same picture again is what is wanted
    palette = _PALETTES[int(dice.random() * len(_PALETTES))]
    lettering = _Lettering.fitting(prompt, width=width, height=height, font=font)
    image = _landscape(palette, dice, width=width, height=height, ground=height - lettering.height)
    _write(image, lettering, accent=_color(palette.sun))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


# -- the landscape


def _landscape(palette: _Palette, dice: Random, *, width: int, height: int, ground: int) -> Image.Image:
    """Hills below a sky. What is worth seeing stands above ``ground``; the nearest hill goes on below it."""
    horizon = round(ground * (0.55 + 0.2 * dice.random()))
    image = _sky(palette, width=width, height=height, horizon=horizon)
    if palette.has_stars:
        _scatter_stars(image, dice, below=horizon)
    _shine(image, dice, horizon=horizon, color=_color(palette.sun))
    hills = 4 + int(dice.random() * 3)
    mist = _color(palette.sky[2])
    for number in range(hills):
        nearness = number / (hills - 1)
        color = _mixed(_color(palette.far), _color(palette.near), nearness)
        crest = horizon + (ground * 1.02 - horizon) * nearness**1.2
        rise = (0.03 + 0.05 * dice.random()) * (height + width) / 2 * (0.6 + nearness)
        hill = _hill(dice, width=width, height=height, crest=crest, rise=rise)
        # Mist lies in the valleys: the further away a hill is, the more of it there is before its foot.
        foot = _mixed(color, mist, 0.55 * (1 - nearness))
        slope = _slope((width, height), color, foot, top=round(crest - rise), bottom=round(crest + 2.5 * rise))
        image.paste(slope, (0, 0), hill)
    return image


def _sky(palette: _Palette, *, width: int, height: int, horizon: int) -> Image.Image:
    zenith, middle, low = (_color(each) for each in palette.sky)
    upper = _slope((width, height), zenith, middle, top=0, bottom=max(1, horizon * 6 // 10))
    lower = _slope((width, height), middle, low, top=horizon * 6 // 10, bottom=horizon)
    upper.paste(lower.crop((0, horizon * 6 // 10, width, height)), (0, horizon * 6 // 10))
    return upper


def _slope(size: tuple[int, int], first: Color, last: Color, *, top: int, bottom: int) -> Image.Image:
    """An image of ``size`` whose colour changes evenly between the rows ``top`` and ``bottom``, and stays beyond them."""
    column = Image.new("RGB", (1, size[1]))
    span = max(1, bottom - top)
    column.putdata([_mixed(first, last, min(1.0, max(0.0, (row - top) / span))) for row in range(size[1])])
    return column.resize(size, Image.Resampling.NEAREST)


def _scatter_stars(image: Image.Image, dice: Random, *, below: int) -> None:
    pen = ImageDraw.Draw(image)
    side = sqrt(image.width * image.height)
    size = max(0.7, side / 900)
    for _ in range(min(140, round(side / 5))):
        x, y, light = dice.random() * image.width, dice.random() ** 1.5 * below, dice.random()
        under = image.getpixel((int(x), int(y)))
        assert isinstance(under, tuple)
        color = _mixed((under[0], under[1], under[2]), (255, 255, 245), 0.25 + 0.6 * light)
        radius = size * (0.4 + 0.6 * light)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _shine(image: Image.Image, dice: Random, *, horizon: int, color: Color) -> None:
    """A sun or moon stands above the horizon, with the light around it."""
    side = min(image.width, image.height)
    radius = side * (0.05 + 0.05 * dice.random())
    x = image.width * (0.2 + 0.6 * dice.random())
    y = max(radius * 1.5, horizon - side * (0.05 + 0.25 * dice.random()))
    # Pillow's gradient has 181 in the middle of each side: there the light has to end, or it would be a square.
    glow = Image.radial_gradient("L").point([round(max(0.0, 1 - tone / 180) ** 2 * 150) for tone in range(256)])
    _stamp(image, glow, x, y, radius=round(radius * 7), color=color)
    disc = Image.new("L", (256, 256))
    ImageDraw.Draw(disc).ellipse((1, 1, 254, 254), fill=255)
    _stamp(image, disc, x, y, radius=round(radius), color=color)


def _stamp(image: Image.Image, mask: Image.Image, x: float, y: float, *, radius: int, color: Color) -> None:
    side = max(2, 2 * radius)
    scaled = mask.resize((side, side), Image.Resampling.BICUBIC)
    image.paste(color, (round(x) - side // 2, round(y) - side // 2), scaled)


def _hill(dice: Random, *, width: int, height: int, crest: float, rise: float) -> Image.Image:
    """How much of each pixel (L) a hill covers, whose outline is a few waves, each shorter and lower than the one before."""
    waves = [((0.6 + 0.7 * dice.random()) * 1.9**octave, dice.random() * 2 * pi, 0.52**octave) for octave in range(6)]
    whole = sum(share for _, _, share in waves)
    length = (width + height) / 2
    grown = (width * _OVERSAMPLED, height * _OVERSAMPLED)
    step = max(1, grown[0] // 512)
    outline = [(0, grown[1])]
    for x in range(0, grown[0] + step, step):
        wave = sum(share * sin(2 * pi * often * x / _OVERSAMPLED / length + start) for often, start, share in waves) / whole
        outline.append((x, round((crest - rise * wave) * _OVERSAMPLED)))
    mask = Image.new("L", grown)
    ImageDraw.Draw(mask).polygon([*outline, (grown[0], grown[1])], fill=255)
    return mask.reduce(_OVERSAMPLED)


# -- the words


@dataclass(frozen=True)
class _Lettering:
    """The notice and the lines of the prompt as they fit into the picture: sizes and places in pixels."""

    notice: ImageFont.FreeTypeFont
    text: ImageFont.FreeTypeFont
    lines: tuple[str, ...]
    margin: int
    height: int

    @classmethod
    def fitting(cls, prompt: str, *, width: int, height: int, font: str | None) -> _Lettering:
        face = _face(font)
        own = _face(None)
        margin = max(2, round(0.036 * min(sqrt(width * height), 1.5 * width, 1.5 * height)))
        room = max(1, width - 2 * margin)
        widest = room / (own.getlength(NOTICE) / typeface.MEASURED_AT)
        size = max(1.0, min(max(_SMALLEST_TEXT, 0.034 * sqrt(width * height)), widest, 0.3 * height))
        notice, text = own.font_variant(size=size), face.font_variant(size=max(1.0, size * 0.82))
        most = min(_MOST_LINES, int((_BAND * height - 2 * margin - size * 1.3) / (size * 0.82 * 1.3)))
        lines = _wrapped(_shown(prompt, face), text, room=room, most=most)
        return cls(notice, text, lines, margin, min(height, round(2 * margin + size * 1.3 + len(lines) * size * 0.82 * 1.3)))


def _write(image: Image.Image, lettering: _Lettering, *, accent: Color) -> None:
    """A band of frosted glass lies over the foot of ``image``, with the words on it."""
    top = image.height - lettering.height
    blurred = image.crop((0, top, image.width, image.height)).filter(ImageFilter.GaussianBlur(max(2, lettering.margin / 2)))
    image.paste(Image.blend(blurred, Image.new("RGB", blurred.size, (10, 12, 18)), 0.72), (0, top))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, top, image.width, top + max(1, lettering.margin // 12) - 1), fill=accent)
    y = float(top + lettering.margin)
    pen.text((lettering.margin, y), NOTICE, fill=(255, 255, 255), font=lettering.notice)
    y += lettering.notice.size * 1.3
    for line in lettering.lines:
        pen.text((lettering.margin, y), line, fill=(214, 219, 228), font=lettering.text)
        y += lettering.text.size * 1.3


def _face(path: str | None) -> ImageFont.FreeTypeFont:
    try:
        return typeface.face(path)
    except Unavailable:
        return typeface.face(None)


def _shown(prompt: str, face: ImageFont.FreeTypeFont) -> str:
    """The beginning of ``prompt`` on one line, with dots in place of what ``face`` cannot show."""
    text = " ".join(normalize("NFC", prompt[:_READ_OF_A_PROMPT]).split())
    visible = (character for character in text if character == " " or category(character) not in _INVISIBLE)
    shown = "".join(character if character == " " or _can_be_shown(character, face) else "…" for character in visible)
    while "……" in shown:
        shown = shown.replace("……", "…")
    if text and not any(character.isalnum() for character in shown):
        return _WITHOUT_LETTERS
    return shown + ("…" if len(prompt) > _READ_OF_A_PROMPT else "")


def _can_be_shown(character: str, face: ImageFont.FreeTypeFont) -> bool:
    return typeface.knows(face, character) and (not typeface.is_intricate(character) or typeface.lays_out_the_intricate())


def _wrapped(text: str, face: ImageFont.FreeTypeFont, *, room: int, most: int) -> tuple[str, ...]:
    """``text`` in at most ``most`` lines, none wider than ``room``; dots say that there was more."""
    lines: list[str] = []
    while text and len(lines) < most:
        fits = _that_fits(text, face, room)
        lines.append(text[:fits].rstrip())
        text = text[fits:].lstrip()
    if text and lines:
        last = lines[-1].rstrip("… .,;:")
        while last and face.getlength(f"{last}…") > room:
            last = last[:-1].rstrip()
        lines[-1] = f"{last}…"
    return tuple(lines)


def _that_fits(text: str, face: ImageFont.FreeTypeFont, room: int) -> int:
    """How many characters of ``text`` go on one line: whole words if there is a space to part them at, and never none."""
    fits = next((count for count in range(1, len(text) + 1) if face.getlength(text[:count]) > room), len(text) + 1) - 1
    if fits == len(text) or text[fits] == " ":
        return max(1, fits)
    space = text.rfind(" ", 0, fits)
    return space if space > 0 else max(1, fits)


# -- colours


def _color(written: str) -> Color:
    red, green, blue = bytes.fromhex(written.removeprefix("#"))
    return red, green, blue


def _mixed(one: Color, other: Color, share: float) -> Color:
    """``one`` with so much of ``other`` in it: 0 is none of it, 1 is all."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
