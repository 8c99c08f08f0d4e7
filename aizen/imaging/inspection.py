"""The whole decode that every upload goes through once, before it is answered."""

from __future__ import annotations

from PIL import Image, JpegImagePlugin

from aizen.imaging import Format, Limits, Picture, rights
from aizen.imaging.colors import lacks_profile, uses_alpha
from aizen.imaging.opening import decoding, frame_count, opened, orientation, shown_frames, swaps_sides

_FORMATS: dict[str | None, Format] = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}


def inspect(path: str, limits: Limits) -> Picture:
    """The picture at ``path``: its type by content, within the limits, and every frame of it decoded to its end.

    Raises ``UnsupportedMedia`` (code unsupported_image_type), ``TooLarge`` (too_large, too_many_pixels, webp_too_large, too_many_frames,
    too_many_scans, metadata_too_large) before anything is decoded, and ``Unreadable`` (empty_file, unreadable_image, decode_out_of_memory).
    """
    with opened(path, limits) as image:
        width, height = image.size
        frames = len(shown_frames(image))
        has_alpha = _decode(image, frames=frame_count(image))
        if swaps_sides(orientation(image)):
            width, height = height, width
        return Picture(
            format=_FORMATS[image.format],
            width=width,
            height=height,
            frames=frames,
            has_alpha=has_alpha,
            rights=rights.read(image),
            lacks_profile=lacks_profile(image),
        )


def _decode(image: Image.Image, *, frames: int) -> bool:
    has_alpha = False
    with decoding():
        if isinstance(image, JpegImagePlugin.JpegImageFile):
            # The entropy-coded data is read to its end at any scale; at 1/8 the pixels cost next to nothing.
            image.draft(image.mode, (1, 1))
        for frame in range(frames):
            if frame:
                image.seek(frame)
            image.load()
            has_alpha = has_alpha or uses_alpha(image)
    return has_alpha
