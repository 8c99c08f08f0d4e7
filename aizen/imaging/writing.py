"""The file that a rendering leaves behind: its format, its quality, its size, and of its source nothing but pixels and rights.

A picture comes as L, LA, RGB or RGBA with 8 bits a channel, in sRGB, and its file bears no profile: such a file is taken for sRGB. The
same picture and encoding give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol

from PIL import Image, TiffImagePlugin, TiffTags

from aizen.imaging import Encoding, OutputFormat, Rights, estimating, gif
from aizen.imaging.colors import uses_alpha
from aizen.imaging.encoding import MEZZANINE_QUALITY, QUALITY, on_white, text_of, told_transparent, without_metadata
from aizen.imaging.fitting import Fitted, fitted
from aizen.imaging.likeness import lowest_close
from aizen.imaging.palettes import colors_for, has_partial_alpha, paletted, with_soft_alpha
from aizen.imaging.rights import ARTIST, COPYRIGHT, Embedded, embedded
from aizen.imaging.steps import OutputRefused

LOSSLESS = 100
AVIF_QUALITY = 60
ANIMATION_QUALITY = 75
# Each encoding of a still takes its time again, and an animation's times its frames.
STILL_ENCODINGS = 7
ANIMATION_ENCODINGS = 4

_DEFAULTS: dict[OutputFormat, int] = {
    "jpeg": QUALITY,
    "webp": QUALITY,
    "avif": AVIF_QUALITY,
    "png": LOSSLESS,
    "gif": LOSSLESS,
    "tiff": LOSSLESS,
}
# Where "auto" looks. Below, smooth pictures show steps and blocks that brightness alone does not count; above, noise is paid for.
_AUTO: dict[OutputFormat, range] = {"jpeg": range(50, 94, 2), "webp": range(50, 94, 2), "avif": range(40, 84, 2)}
# Of these a large picture takes seconds: how small it can be made is looked for on a sample of it.
_SLOW: tuple[OutputFormat, ...] = ("webp", "avif", "png", "gif")
# What fills so much of max_bytes is not encoded once more.
_ENOUGH, _ENOUGH_ANIMATED = 0.88, 0.7
_XMP_TAG = 700
_PREDICTOR_TAG, _HORIZONTAL = 317, 2
_MOST_PLAYS = 65535
# Of a photograph, zlib's level 6 saves less than a hundredth of the bytes of 4 at more than twice the time: ten seconds at 16 megapixels.
_MANY_PIXELS = 8_000_000


@dataclass(frozen=True, kw_only=True)
class Written:
    """The file that stands at its path; ``warnings`` are codes: alpha_flattened, quality_lowered, provenance_dropped."""

    bytes: int
    warnings: tuple[str, ...] = ()


class Frames(Protocol):
    """An animation whose frames are prepared when they are sought, as a Pillow image of the frame that it stands at.

    ``durations`` (milliseconds) has a frame's from when it was first sought; ``has_alpha`` is whether one sought so far has a pixel that is
    not opaque. ``loop`` is how often it plays, 0 meaning for ever.
    """

    n_frames: int
    durations: list[float]
    has_alpha: bool
    loop: int

    @property
    def size(self) -> tuple[int, int]: ...

    def seek(self, frame: int, /) -> None: ...

    def convert(self, mode: str | None = None, /) -> Image.Image: ...

    def save(self, fp: IO[bytes], format: str | None = None, **params: Any) -> None: ...  # noqa: A002


def write(image: Image.Image, encoding: Encoding, path: str, *, rights: Rights | None = None) -> Written:
    """The file at ``path`` is ``image``, whole, in the format and within the bytes of ``encoding``; what stood there is gone.

    ``quality`` from 1 to 100: of JPEG (80 by default), WebP (80) and AVIF (60) as their encoders take it; PNG and GIF have fewer colours
    below 100, their default; TIFF has no loss. ``auto`` is the lowest that stays close to the picture, and the default where that has no
    loss. JPEG lays alpha on white, and GIF cuts it at one half, with the warning alpha_flattened where a pixel is changed by it.
    Raises ``OutputRefused`` (quality, max_bytes), and then leaves the file as it was.
    """
    _refuse_quality_of_tiff(encoding)
    pixels, warnings = _as_held(without_metadata(image), encoding.format)
    still = partial(_STILLS[encoding.format], rights=embedded(rights))
    quality = _quality(encoding, default=_DEFAULTS[encoding.format], pixels=lambda: pixels)
    made = fitted(
        lambda tried: still(pixels, tried),
        quality,
        max_bytes=encoding.max_bytes,
        encodings=STILL_ENCODINGS,
        lowest=quality if encoding.format == "tiff" else 1,
        estimate=estimating.of_still(pixels, still) if encoding.max_bytes is not None and encoding.format in _SLOW else None,
        enough=_ENOUGH,
    )
    return _put(made, path, warnings=[*warnings, *_lowered(made, quality), *_dropped(encoding.format, rights)])


def write_animation(frames: Frames, encoding: Encoding, path: str, *, rights: Rights | None = None) -> Written:
    """The file at ``path`` is the animation, whole, as a WebP or GIF with every duration and the number of plays kept.

    Equal neighbours may become one frame in a WebP; a GIF's times are rounded to hundredths of a second, and its alpha is cut at one half.
    ``quality`` is 75 by default for WebP, ``auto`` is found on the first frame; else as in ``write``. Raises ``OutputRefused`` (format,
    quality, max_bytes), and then leaves the file as it was.
    """
    animation = _ANIMATIONS.get(encoding.format)
    if animation is None:
        raise OutputRefused("This format keeps no animation.", code="animation_not_kept", parameter="format", allowed=tuple(_ANIMATIONS))
    default = LOSSLESS if encoding.format == "gif" else ANIMATION_QUALITY
    quality = _quality(encoding, default=default, pixels=lambda: _first(frames))
    warnings: dict[str, None] = {}
    told = embedded(rights)
    made = fitted(
        lambda tried: animation(frames, tried, rights=told, warnings=warnings),
        quality,
        max_bytes=encoding.max_bytes,
        encodings=ANIMATION_ENCODINGS,
        estimate=_of_animation(frames, animation, rights=told) if encoding.max_bytes is not None else None,
        enough=_ENOUGH_ANIMATED,
    )
    return _put(made, path, warnings=[*warnings, *_lowered(made, quality), *_dropped(encoding.format, rights)])


def _refuse_quality_of_tiff(encoding: Encoding) -> None:
    if encoding.format == "tiff" and isinstance(encoding.quality, int) and encoding.quality < LOSSLESS:
        detail = "A TIFF is written without loss: leave the quality out, or ask for JPEG, WebP or AVIF."
        raise OutputRefused(detail, code="quality_not_for_tiff", parameter="quality", allowed=("100", "auto"))


def _as_held(image: Image.Image, format: OutputFormat) -> tuple[Image.Image, list[str]]:  # noqa: A002
    """``image`` without alpha that nobody sees or the format has not, and the warning of it."""
    if image.mode not in ("LA", "RGBA"):
        return image, []
    if not uses_alpha(image):
        return image.convert(image.mode.rstrip("A")), []
    if format == "jpeg":
        return on_white(image), ["alpha_flattened"]
    return image, ["alpha_flattened"] if format == "gif" and has_partial_alpha(image) else []


def _quality(encoding: Encoding, *, default: int, pixels: Callable[[], Image.Image]) -> int:
    if encoding.quality == "auto":
        search, still = _AUTO.get(encoding.format), _STILLS[encoding.format]
        return lowest_close(pixels(), partial(still, rights=Embedded()), search) if search else default
    return default if encoding.quality is None else encoding.quality


def _first(frames: Frames) -> Image.Image:
    return _frame(frames, 0)


def _frame(frames: Frames, number: int) -> Image.Image:
    frames.seek(number)
    return without_metadata(frames.convert("RGBA"))


def _of_animation(frames: Frames, animation: _Animation, *, rights: Embedded) -> estimating.Estimate | None:
    return estimating.of_animation(
        _first(frames).size,
        frames.n_frames,
        lambda number: _frame(frames, number),
        lambda excerpt, quality: animation(excerpt, quality, rights=rights, warnings={}),
    )


def _lowered(made: Fitted, quality: int) -> list[str]:
    return ["quality_lowered"] if made.quality < quality else []


def _dropped(format: OutputFormat, rights: Rights | None) -> list[str]:  # noqa: A002
    return ["provenance_dropped"] if format == "gif" and embedded(rights) != Embedded() else []


def _put(made: Fitted, path: str, *, warnings: list[str]) -> Written:
    with Path(path).open("wb") as file:
        file.write(made.data)
    return Written(bytes=len(made.data), warnings=tuple(warnings))


def _jpeg(image: Image.Image, quality: int, *, rights: Embedded) -> bytes:
    return _saved(
        image,
        "JPEG",
        quality=quality,
        subsampling="4:4:4" if quality >= MEZZANINE_QUALITY else "4:2:0",
        progressive=False,
        optimize=False,
        exif=b"Exif\0\0" + rights.exif if rights.exif else b"",
        xmp=rights.xmp,
    )


def _webp(image: Image.Image, quality: int, *, rights: Embedded) -> bytes:
    return _saved(image, "WEBP", quality=quality, alpha_quality=90, method=4, exif=rights.exif, xmp=rights.xmp)


def _avif(image: Image.Image, quality: int, *, rights: Embedded) -> bytes:
    # 8 takes three times the time for a fiftieth of the bytes, and four times where there is noise. One thread, as everywhere here: a
    # rendering has one core's time.
    return _saved(image, "AVIF", quality=quality, speed=9, max_threads=1, exif=rights.exif, xmp=rights.xmp)


def _png(image: Image.Image, quality: int, *, rights: Embedded) -> bytes:
    told = {"exif": rights.exif} if rights.exif else {}
    level = 6 if image.width * image.height <= _MANY_PIXELS else 4
    return _saved(_fewer_colors(image, quality), "PNG", compress_level=level, pnginfo=text_of(rights.xmp), **told)


def _fewer_colors(image: Image.Image, quality: int) -> Image.Image:
    if quality >= LOSSLESS:
        return image
    if has_partial_alpha(image):
        return with_soft_alpha(image, colors=colors_for(quality))
    return paletted(image, colors=colors_for(quality), dither=Image.Dither.FLOYDSTEINBERG)


def _gif(image: Image.Image, quality: int, *, rights: Embedded) -> bytes:
    del rights  # a GIF has no place for them that anybody reads
    return gif.still(image, colors=colors_for(quality))


def _tiff(image: Image.Image, quality: int, *, rights: Embedded) -> bytes:
    del quality
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[_PREDICTOR_TAG] = _HORIZONTAL
    exif = Image.Exif()
    exif.load(rights.exif)
    for tag in (ARTIST, COPYRIGHT):
        if text := exif.get(tag):
            tags[tag] = text.encode("latin-1")
    if rights.xmp:
        tags[_XMP_TAG] = rights.xmp
        tags.tagtype[_XMP_TAG] = TiffTags.BYTE
    return _saved(image, "TIFF", compression="tiff_adobe_deflate", tiffinfo=tags)


def _animated_webp(frames: Frames, quality: int, *, rights: Embedded, warnings: dict[str, None]) -> bytes:
    del warnings  # a WebP has all that an animation has
    frames.seek(0)
    file = BytesIO()
    # Method 4 finds a few per cent that nobody waits for, at twice the time, times every frame.
    frames.save(
        file,
        "WEBP",
        save_all=True,
        duration=frames.durations,
        loop=min(frames.loop, _MOST_PLAYS),
        quality=quality,
        method=2,
        background=(0, 0, 0, 0),
        exif=rights.exif,
        xmp=rights.xmp,
    )
    return told_transparent(file.getvalue()) if frames.has_alpha else file.getvalue()


def _animated_gif(frames: Frames, quality: int, *, rights: Embedded, warnings: dict[str, None]) -> bytes:
    del rights
    pictures = _sought(frames, warnings)
    return gif.animation(pictures, size=frames.size, colors=colors_for(quality), plays=frames.loop)


def _sought(frames: Frames, warnings: dict[str, None]) -> Iterator[gif.Frame]:
    for number in range(frames.n_frames):
        frames.seek(number)
        picture = frames.convert("RGBA")
        if has_partial_alpha(picture):
            warnings["alpha_flattened"] = None
        yield picture, frames.durations[number]


def _saved(image: Image.Image, format: str, **settings: Any) -> bytes:  # noqa: A002
    file = BytesIO()
    try:
        image.save(file, format, **settings)
    except RuntimeError as error:
        # What libavif and libwebp say when they get no memory; our pictures and settings give them no other reason.
        raise MemoryError from error
    return file.getvalue()


class _Animation(Protocol):
    def __call__(self, frames: Frames, quality: int, *, rights: Embedded, warnings: dict[str, None]) -> bytes: ...


class _Still(Protocol):
    def __call__(self, image: Image.Image, quality: int, *, rights: Embedded) -> bytes: ...


_STILLS: dict[OutputFormat, _Still] = {"jpeg": _jpeg, "webp": _webp, "avif": _avif, "png": _png, "gif": _gif, "tiff": _tiff}
_ANIMATIONS: dict[OutputFormat, _Animation] = {"webp": _animated_webp, "gif": _animated_gif}
