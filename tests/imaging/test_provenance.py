from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageSequence

from aizen.imaging import Limits, Rights
from aizen.imaging.inspection import inspect
from aizen.imaging.provenance import BY_MODELS, COMPOSITE, TRAINED, rights_after, source_type_after
from aizen.imaging.rights import read
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Filter,
    Flip,
    Mirror,
    Pad,
    Radius,
    Resize,
    Rotate,
    Step,
    Trim,
    Watermark,
)
from aizen.imaging.variants import render
from tests.images import marked

from .pictures import animation, saved, scene, written

URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
ARTIST = 0x013B

LEFT_AS_IT_WAS: tuple[Step, ...] = (
    Crop(width=0.5),
    Trim(),
    Resize(width=20),
    Resize(width=20, height=20, fit="cover", gravity="auto"),
    Resize(width=900, fit="stretch", enlarge=True),
    Rotate(angle=90),
    Rotate(angle=180.0),
    Flip(),
    Mirror(),
    Radius(radius="max"),
)
EDITED: tuple[Step, ...] = (
    Filter(name="sepia", amount=80),
    Filter(name="smooth"),
    Watermark(text="© Ann"),
    Watermark(image="another"),
    Border(width=2),
    Pad(top=4),
    Background(color=(255, 255, 255, 255)),
    Resize(width=20, height=20, fit="pad"),
    Rotate(angle=12),
)


def test_what_a_model_made_stays_its_work_until_something_is_added_or_altered() -> None:
    assert source_type_after(LEFT_AS_IT_WAS, TRAINED) == TRAINED
    for step in EDITED:
        assert source_type_after([LEFT_AS_IT_WAS[0], step, LEFT_AS_IT_WAS[-1]], TRAINED) == COMPOSITE, step
    # Every kind of step is in one of the two.
    assert {type(step) for step in (*LEFT_AS_IT_WAS, *EDITED)} == set(Step.__args__)


def test_a_part_of_a_model_s_work_makes_a_composite_of_anything_and_nothing_else_changes_a_term() -> None:
    over = [Watermark(image="another")]
    for own in (None, "digitalCapture", "humanEdits"):
        assert source_type_after([*over, *LEFT_AS_IT_WAS], own, marks=[None, "digitalCapture"]) == own
        for mark in BY_MODELS:
            assert source_type_after(over, own, marks=[None, mark]) == COMPOSITE
    for own in BY_MODELS - {TRAINED}:
        assert source_type_after([*LEFT_AS_IT_WAS, *EDITED], own, marks=[TRAINED]) == own


def test_names_can_be_left_out_and_a_model_s_part_cannot() -> None:
    for rights, names, bare in (
        (None, None, None),
        (Rights(creator="Ann", copyright="© Ann"), Rights(creator="Ann", copyright="© Ann"), None),
        (Rights(digital_source_type="digitalCapture"), Rights(digital_source_type="digitalCapture"), None),
        (
            Rights(creator="Ann", digital_source_type=TRAINED),
            Rights(creator="Ann", digital_source_type=COMPOSITE),
            Rights(digital_source_type=COMPOSITE),
        ),
    ):
        assert rights_after(EDITED, rights) == names
        assert rights_after(EDITED, rights, keep_names=False) == bare
    assert rights_after(EDITED, None, marks=[TRAINED], keep_names=False) == Rights(digital_source_type=COMPOSITE)


def test_every_file_that_is_made_of_an_upload_says_where_the_picture_comes_from_and_nothing_else(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ARTIST] = marked.TEXT
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:description="{marked.TEXT}" dc:creator="{marked.TEXT}"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' Iptc4xmpExt:DigitalSourceType="{URI}{TRAINED}"/></rdf:RDF></x:xmpmeta>'
    ).encode()
    moving = animation(3)
    sources = {
        "opaque": saved(scene(700, 400), "JPEG", exif=exif.tobytes(), xmp=packet, comment=marked.MARK),
        "alpha": saved(Image.new("RGBA", (700, 400), (9, 9, 9, 99)), "WEBP", exif=exif.tobytes(), xmp=packet),
        "moving": saved(moving[0], "WEBP", save_all=True, append_images=moving[1:], exif=exif.tobytes(), xmp=packet),
    }
    seen = set()
    for data in sources.values():
        path = written(tmp_path, data)
        picture = inspect(path, Limits())
        for made in render(path, picture=picture, widths=(160, 320), limits=Limits()):
            seen.add((made.role, made.format, made.name == "animated.webp"))
            assert marked.MARK not in made.data, made.name
            assert made.data.count((URI + TRAINED).encode()) == 1
            with Image.open(BytesIO(made.data)) as image:
                image.load()
                assert read(image) == Rights(digital_source_type=TRAINED), made.name
                assert not image.getexif()
                assert len(list(ImageSequence.Iterator(image))) == (3 if made.name == "animated.webp" else 1)
    assert seen == {
        *(("variant", form, False) for form in ("webp", "jpeg", "png")),
        *(("mezzanine", form, False) for form in ("jpeg", "png")),
        ("variant", "webp", True),
    }
