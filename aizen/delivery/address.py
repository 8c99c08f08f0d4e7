"""Addresses of delivery: ``/i/{signature}/{recipe}/{id}@{version}.{ext}``, read and written.

The recipe's last segment may say two things more that are about the address and not about the picture: when it ends (``exp``, in Unix
seconds), and that the picture is to be saved and not shown (``dl``).
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from aizen.delivery import signing
from aizen.errors import Expired, FieldError, Invalid, Malformed, NotFound
from aizen.imaging import OUTPUT_MEDIA_TYPES
from aizen.transformations.language.operations import OUTPUT

PREFIX = "/i/"
META = "meta"
# By what stands behind the dot; each format once under the name that we write.
FORMATS: dict[str, str] = {**{form: form for form in OUTPUT_MEDIA_TYPES}, "jpg": "jpeg", "tif": "tiff"}
# RFC 3986's unreserved characters, and those that part and join ours.
_FOREIGN = re.compile(r"[^A-Za-z0-9\-._~,:=/@]")
_OBJECT = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([0-9a-f]{8})(?:\.([a-z0-9]{1,8}))?")
# What the last segment may say about the address.
_OWN_KEYS = ("exp", "dl")
_OUTPUT_KEYS = {parameter.key for parameter in OUTPUT}
_PRESET = re.compile(r"t=[a-z0-9_-]{1,40}")
_MOMENT = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, kw_only=True)
class Address:
    """What an address says. ``path`` is what the signature covers, ``recipe`` what is to be done, without what is about the address.

    ``format`` is what stands behind the dot; None leaves it to the recipe and to Accept. ``expires`` is in Unix seconds; None never ends.
    """

    signature: str
    path: str
    recipe: str
    image_id: uuid.UUID
    version: str
    format: str | None
    is_meta: bool
    expires: int | None
    download: bool

    @property
    def is_signed(self) -> bool:
        return self.signature != signing.UNSIGNED

    @property
    def seconds_left(self) -> int | None:
        """How long the address still lives; None for one that never ends."""
        return None if self.expires is None else max(0, self.expires - int(time.time()))


def read(raw: str, keys: Sequence[str]) -> Address:
    """The address whose path, as it was sent, is ``raw``. Its signature is right, or it has none and names a preset; and it lives.

    Raises Malformed for a character that no address has, NotFound for what is no address, NotAllowed (bad_signature), Invalid for what the
    last segment says wrong, Expired (address_expired).
    """
    foreign = _FOREIGN.search(raw)
    if foreign:
        detail = "An address has letters, digits and -._~,:=/@ only, and nothing is percent-encoded: free text is written as b64:."
        raise Malformed(detail, code="character_not_allowed")
    given, slash, rest = raw.removeprefix(PREFIX).partition("/")
    segments = rest.split("/")
    is_meta = len(segments) > 1 and segments[-1] == META
    if is_meta:
        segments.pop()
    told = _OBJECT.fullmatch(segments.pop())
    if not slash or told is None or (is_meta and told[3]):
        raise NotFound
    _require_allowed(given, slash + rest, segments, keys)
    own = _own_words(segments)
    if told[3] and told[3] not in FORMATS:
        raise Invalid(errors=[FieldError("/ext", "not_a_choice", f"Must be one of: {', '.join(FORMATS)}.", tuple(FORMATS))])
    address = Address(
        signature=given,
        path=slash + rest,
        recipe="/".join(segments),
        image_id=uuid.UUID(told[1]),
        version=told[2],
        format=FORMATS[told[3]] if told[3] else None,
        is_meta=is_meta,
        expires=_moment(own.get("exp")),
        download=_truth(own.get("dl")),
    )
    if address.seconds_left == 0:
        raise Expired("This address has expired. Ask for a new one.", code="address_expired")
    return address


def write(
    recipe: str,
    image_id: uuid.UUID,
    version: str,
    *,
    key: str,
    form: str | None = None,
    expires: int | None = None,
    download: bool = False,
) -> str:
    """The signed path of an address, from its leading slash. ``recipe`` is a canonical one, whose output stands last."""
    own = [*([f"exp={expires}"] if expires is not None else []), *(["dl=1"] if download else [])]
    segments = recipe.split("/") if recipe else []
    if own and segments and segments[-1].partition("=")[0] in _OUTPUT_KEYS:
        own.insert(0, segments.pop())
    if own:
        segments.append(",".join(own))
    path = "/" + "/".join([*segments, f"{image_id}@{version}" + (f".{form}" if form else "")])
    return f"{PREFIX}{signing.signature(path, key)}{path}"


def _require_allowed(given: str, path: str, segments: Sequence[str], keys: Sequence[str]) -> None:
    """A signature is right; without one it is a preset, which costs as much however often it is asked for."""
    is_preset = len(segments) == 1 and _PRESET.fullmatch(segments[0])
    if not (given == signing.UNSIGNED and is_preset):
        signing.require_signed(path, given, keys)


def _own_words(segments: list[str]) -> dict[str, str]:
    """What the last segment says about the address, which is taken out of it; a segment that has nothing else goes."""
    if not segments:
        return {}
    own: dict[str, str] = {}
    others: list[str] = []
    for word in segments[-1].split(","):
        key, _, value = word.partition("=")
        if key not in _OWN_KEYS:
            others.append(word)
        elif key in own:
            raise _wrong(key, "repeated", "Must stand once.")
        else:
            own[key] = value
    if own:
        segments[-1:] = [",".join(others)] if others else []
    return own


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    if not _MOMENT.fullmatch(text):
        raise _wrong("exp", "not_a_time", "Must be a time in whole seconds since 1970.")
    return int(text)


def _truth(text: str | None) -> bool:
    if text not in (None, "0", "1", "true", "false"):
        raise _wrong("dl", "not_a_choice", "Must be 1 or 0.")
    return text in ("1", "true")


def _wrong(key: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[FieldError("/recipe", code, f"{key}: {detail}")])
