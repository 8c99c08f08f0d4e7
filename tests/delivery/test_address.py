"""Addresses of delivery, read and written."""

from __future__ import annotations

import string
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.delivery import address, signing
from aizen.errors import AizenError, Expired, Invalid, Malformed, NotAllowed, NotFound

KEY, OLD_KEY = "a key of tests alone", "the key before"
ID = uuid.UUID("0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55")
OBJECT = f"{ID}@9f86d081"
RECIPES = ("", "w=800", "w=800,h=600,g=auto/fx=sepia:80/q=75", "f=orig,mb=20000", f"w=320/wm={ID}@00000000,ws=0.2", "wm=b64:wqkgQWl6ZW4")


def signed(path: str, key: str = KEY) -> str:
    return f"/i/{signing.signature(path, key)}{path}"


@given(
    recipe=st.sampled_from(RECIPES),
    image_id=st.uuids(),
    version=st.text("0123456789abcdef", min_size=8, max_size=8),
    form=st.sampled_from([None, *dict.fromkeys(address.FORMATS.values())]),
    lives=st.none() | st.integers(60, 31_536_000),
    download=st.booleans(),
)
def test_what_was_written_is_read(
    recipe: str, image_id: uuid.UUID, version: str, form: str | None, lives: int | None, download: bool
) -> None:
    expires = None if lives is None else int(time.time()) + lives

    raw = address.write(recipe, image_id, version, key=KEY, form=form, expires=expires, download=download)
    found = address.read(raw, ["another key", KEY])

    assert (found.recipe, found.image_id, found.version, found.format) == (recipe, image_id, version, form)
    assert (found.expires, found.download, found.is_meta, found.is_signed) == (expires, download, False, True)
    assert raw == f"/i/{found.signature}{found.path}"


def test_every_byte_counts() -> None:
    for recipe, expires in (("w=800/q=75", None), ("t=thumb", 4_000_000_000), ("", None)):
        raw = address.write(recipe, ID, "9f86d081", key=KEY, form="webp", expires=expires, download=True)
        assert address.read(raw, [KEY])
        other = string.ascii_letters + string.digits + "-._~,:=/@% \0é"
        changed = {raw[:at] + each + raw[at + 1 :] for at in range(len(raw)) for each in other} - {raw}
        longer = {raw[:at] + each + raw[at:] for at in range(len(raw) + 1) for each in "A0_/,."}
        shorter = {raw[:at] + raw[at + 1 :] for at in range(len(raw))} | {raw[:at] for at in range(len(raw))}
        for altered in (changed | longer | shorter) - {raw}:
            try:
                address.read(altered, [KEY])
            except (NotAllowed, NotFound, Malformed):
                continue
            raise AssertionError(altered)


def test_what_is_no_address_is_told_apart() -> None:
    past = int(time.time()) - 1
    for raw, kind, code in (
        (signed(f"/w=800/{OBJECT}.webp").replace("=", "%3D"), Malformed, "character_not_allowed"),
        (signed(f"/w=800/{OBJECT}.webp") + "?a=b", Malformed, "character_not_allowed"),
        (signed(f"/w=800/{ID}.webp"), NotFound, "not_found"),
        (signed(f"/w=800/{str(ID).upper()}@9f86d081.webp"), NotFound, "not_found"),
        (signed(f"/w=800/{OBJECT}.webp/meta"), NotFound, "not_found"),
        ("/i/", NotFound, "not_found"),
        (f"/i/{OBJECT}", NotFound, "not_found"),
        (f"/i/_/w=800/{OBJECT}.webp", NotAllowed, "bad_signature"),
        (f"/i/_/t=thumb/w=800/{OBJECT}.webp", NotAllowed, "bad_signature"),
        (f"/i/_/t=thumb,w=800/{OBJECT}.webp", NotAllowed, "bad_signature"),
        (f"/i//t=thumb/{OBJECT}.webp", NotAllowed, "bad_signature"),
        (signed(f"/w=800/{OBJECT}.webp", "none of ours"), NotAllowed, "bad_signature"),
        # Whose signature is wrong learns nothing of what else is.
        (signed(f"/w=800/exp={past}/{OBJECT}.bmp", "none of ours"), NotAllowed, "bad_signature"),
        (signed(f"/w=800/exp={past}/{OBJECT}.webp"), Expired, "address_expired"),
        (signed(f"/w=800/exp=0/{OBJECT}.webp"), Expired, "address_expired"),
        (signed(f"/w=800/exp=-1/{OBJECT}.webp"), Invalid, "not_a_time"),
        (signed(f"/w=800/exp=/{OBJECT}.webp"), Invalid, "not_a_time"),
        (signed(f"/w=800/exp={past},exp=4000000000/{OBJECT}.webp"), Invalid, "repeated"),
        (signed(f"/w=800/dl=yes/{OBJECT}.webp"), Invalid, "not_a_choice"),
        (signed(f"/w=800/{OBJECT}.bmp"), Invalid, "not_a_choice"),
    ):
        with pytest.raises(AizenError) as refused:
            address.read(raw, [KEY])
        found = refused.value.errors[0].code if isinstance(refused.value, Invalid) else refused.value.code
        assert (type(refused.value), found) == (kind, code), raw


def test_meta_is_signed_for_itself_and_presets_go_without() -> None:
    found = address.read(signed(f"/w=800/q=75,exp=4000000000/{OBJECT}/meta"), [KEY])
    assert (found.is_meta, found.recipe, found.expires, found.format) == (True, "w=800/q=75", 4_000_000_000, None)

    found = address.read(f"/i/_/t=thumb/{OBJECT}.jpg", [KEY])
    assert (found.is_signed, found.recipe, found.format) == (False, "t=thumb", "jpeg")


def test_a_key_that_signs_no_more_verifies_until_it_is_taken_away() -> None:
    raw = address.write("w=800", ID, "9f86d081", key=OLD_KEY)
    assert address.read(raw, [KEY, OLD_KEY]).image_id == ID
    with pytest.raises(NotAllowed):
        address.read(raw, [KEY])
