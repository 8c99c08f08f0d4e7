"""Every mode and profile that a file may bring, as 8-bit sRGB with or without alpha."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageCms

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# Mode of the pixels -> the colour space that a profile must describe to be theirs (ICC.1, the header's data colour space).
_SPACES = {"L": "GRAY", "LA": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}
_ALREADY_SRGB = ("sRGB IEC61966-2", "sRGB built-in")


def uses_alpha(image: Image.Image) -> bool:
    """Whether some pixel of the loaded frame is not opaque."""
    if not image.has_transparency_data:
        return False
    frame = image if image.mode in ("RGBA", "LA", "PA") else direct(image)
    return frame.mode != "L" and frame.getchannel("A").getextrema() != (255, 255)


def direct(image: Image.Image) -> Image.Image:
    """``image`` with 8 bits a channel and without a palette or a transparent colour: L, LA, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    if image.mode in ("L", "RGB", "1", "P", "PA") and image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.convert("L" if image.mode in ("1", "F") else "RGB")


def _from_16_bits(image: Image.Image) -> Image.Image:
    # Pillow's own conversion to L cuts whatever is over 255.
    wide = image.convert("I")
    gray = wide.point([(value + 128) // 257 for value in range(65536)], "L")
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return gray
    alpha = wide.point([0 if value == transparent else 255 for value in range(65536)], "L")
    return Image.merge("LA", (gray, alpha))


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """``image`` (as ``direct`` gives it) in sRGB: L, LA, RGB or RGBA. A profile that is broken or not its own counts as sRGB."""
    source = _profile(image, profile)
    if source is not None:
        try:
            return _transformed(image, source)
        except (ImageCms.PyCMSError, ValueError):
            pass
    return image.convert("RGB") if image.mode == "CMYK" else image


def lacks_profile(image: Image.Image) -> bool:
    """Whether ``image`` is CMYK and brings no profile that can be used: ``to_srgb`` then takes its inks for ideal ones."""
    if image.mode != "CMYK":
        return False
    profile = _profile(image, image.info.get("icc_profile"))
    if profile is None:
        return True
    try:
        ImageCms.buildTransform(profile, _SRGB, "CMYK", "RGB")
    except (ImageCms.PyCMSError, ValueError):
        return True
    return False


def _profile(image: Image.Image, profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if not profile:
        return None
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        described = opened.profile.profile_description or ""
        if described.startswith(_ALREADY_SRGB) or opened.profile.xcolor_space.strip() != _SPACES[image.mode]:
            return None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return opened


def _transformed(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    if image.mode in ("LA", "RGBA"):
        opaque = image.convert(image.mode.rstrip("A"))
        converted = _transformed(opaque, source)
        converted.putalpha(image.getchannel("A"))
        return converted
    transformed = ImageCms.buildTransform(source, _SRGB, image.mode, "RGB").apply(image)
    transformed.info = {}
    return transformed
