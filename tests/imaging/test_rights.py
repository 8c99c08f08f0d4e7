from __future__ import annotations

import struct
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image, ImageSequence, PngImagePlugin

from aizen.imaging import Encoding, Limits, OutputFormat, Rights
from aizen.imaging.inspection import inspect
from aizen.imaging.opening import opened as opened_safely
from aizen.imaging.rights import embedded, plain, read
from aizen.imaging.writing import write, write_animation
from tests.images import marked

from .pictures import animation, jpeg_segment, jpeg_with, png_chunk, png_with, saved, scene, written
from .written import Film

FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)
KEEPING: tuple[OutputFormat, ...] = ("jpeg", "png", "webp", "avif", "tiff")
RIGHTS = Rights(creator="Zoë Ångström & <Søns> 写真", copyright="© 2026 Zoë “Å” ]]>", digital_source_type="trainedAlgorithmicMedia")
ARTIST, COPYRIGHT = 0x013B, 0x8298


def found(data: bytes) -> Rights | None:
    with Image.open(BytesIO(data)) as image:
        image.load()
        return read(image)


def exif(tags: dict[int, object]) -> bytes:
    made = Image.Exif()
    for tag, value in tags.items():
        made[tag] = value
    return made.tobytes()


def packet(inside: str, *, attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
        f'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {attributes}>{inside}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def iim(*datasets: tuple[int, bytes]) -> bytes:
    """A JPEG with a Photoshop segment of IPTC datasets of record 2."""
    data = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(body)) + body for number, body in datasets)
    return jpeg_with(jpeg_segment(0xED, b"Photoshop 3.0\08BIM\x04\x04\0\0" + struct.pack(">I", len(data)) + data))


def xmp_jpeg(data: bytes) -> bytes:
    return saved(scene(40, 30), "JPEG", xmp=data)


@pytest.mark.parametrize("file_format", KEEPING)
@pytest.mark.parametrize(
    "rights",
    [RIGHTS, Rights(creator="Ann"), Rights(copyright="© Ann"), Rights(digital_source_type="digitalCapture")],
    ids=["all", "creator", "copyright", "source type"],
)
def test_each_format_that_can_says_again_what_it_was_told(rights: Rights, file_format: OutputFormat, tmp_path: Path) -> None:
    path = written(tmp_path, b"")

    write(scene(40, 30), Encoding(format=file_format), path, rights=rights)

    data = Path(path).read_bytes()
    assert found(data) == rights
    with Image.open(BytesIO(data)) as image:
        image.load()
        artist, notice = (str(image.getexif().get(tag, "")).encode("latin-1").decode() for tag in (ARTIST, COPYRIGHT))
        assert (artist, notice) == (rights.creator or "", rights.copyright or "")
        if rights.digital_source_type:
            uri = f"http://cv.iptc.org/newscodes/digitalsourcetype/{rights.digital_source_type}"
            assert uri.encode() in image.info["xmp"]


def test_an_animated_webp_says_it_too(tmp_path: Path) -> None:
    path = written(tmp_path, b"")

    answer = write_animation(Film(animation(3), [80.0] * 3), Encoding(format="webp"), path, rights=RIGHTS)

    assert answer.warnings == ()
    assert found(Path(path).read_bytes()) == RIGHTS
    with Image.open(path) as image:
        assert len(list(ImageSequence.Iterator(image))) == 3
    gif = write_animation(Film(animation(3), [80.0] * 3), Encoding(format="gif"), path, rights=RIGHTS)
    assert gif.warnings == ("provenance_dropped",)


@pytest.mark.parametrize("file_format", FORMATS)
def test_nothing_is_written_where_there_is_nothing_to_say(file_format: OutputFormat, tmp_path: Path) -> None:
    path = written(tmp_path, b"")

    write(scene(40, 30), Encoding(format=file_format), path, rights=Rights(creator=" \x00", digital_source_type="../x"))

    data = Path(path).read_bytes()
    assert found(data) is None
    assert b"xmpmeta" not in data
    assert b"Exif\0\0" not in data
    write(scene(40, 30), Encoding(format=file_format), path)
    assert Path(path).read_bytes() == data


@pytest.mark.parametrize(
    ("artist", "notice", "expected"),
    [
        ("Ann", "© Ann".encode(), Rights(creator="Ann", copyright="© Ann")),
        ("Ann", "© Ann".encode("latin-1"), Rights(creator="Ann", copyright="© Ann")),
        ("Ann\0\0\0", b"Ann\0Ed\0", Rights(creator="Ann", copyright="Ann; Ed")),
        (" ", b" \0Ed", Rights(copyright="Ed")),
        ("   ", b"\0", None),
        ("A\r\n\tB\x07C", b"x" * 9000, Rights(creator="A BC", copyright="x" * 500)),
    ],
)
def test_exif_is_read_in_either_encoding_and_with_an_editor(artist: str, notice: bytes, expected: Rights | None) -> None:
    assert found(saved(scene(40, 30), "JPEG", exif=exif({ARTIST: artist, COPYRIGHT: notice}))) == expected


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "AVIF"])
def test_exif_of_the_other_formats_is_read(file_format: str) -> None:
    assert found(saved(scene(40, 30), file_format, exif=exif({ARTIST: "Ann"}))) == Rights(creator="Ann")


SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture"


@pytest.mark.parametrize(
    ("inside", "attributes", "expected"),
    [
        (
            "<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li> <rdf:li>B &amp; C</rdf:li></rdf:Seq></dc:creator>",
            "",
            Rights(creator="Ann, B & C"),
        ),
        ("<dc:creator>Ann</dc:creator>", "", Rights(creator="Ann")),
        ("", 'dc:creator="Ann" dc:rights="© Ann"', Rights(creator="Ann", copyright="© Ann")),
        (
            '<dc:rights><rdf:Alt><rdf:li xml:lang="de">Alle</rdf:li><rdf:li xml:lang="x-default">All</rdf:li></rdf:Alt></dc:rights>',
            "",
            Rights(copyright="All"),
        ),
        ('<dc:rights><rdf:Alt><rdf:li xml:lang="de">Alle</rdf:li></rdf:Alt></dc:rights>', "", Rights(copyright="Alle")),
        (f"<Iptc4xmpExt:DigitalSourceType>{SOURCE}</Iptc4xmpExt:DigitalSourceType>", "", Rights(digital_source_type="compositeCapture")),
        (f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{SOURCE}/"/>', "", Rights(digital_source_type="compositeCapture")),
        ("", f'Iptc4xmpExt:DigitalSourceType="{SOURCE}"', Rights(digital_source_type="compositeCapture")),
        ("", 'Iptc4xmpExt:DigitalSourceType="http://x/&lt;b&gt;"', None),
        ("", f'Iptc4xmpExt:DigitalSourceType="{"a" * 61}"', None),
        ("<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description dc:creator='Eve'/></rdf:li></rdf:Bag></xmpMM:Pantry>", "", None),
        ("<xmpMM:History>Eve</xmpMM:History><dc:title>Eve</dc:title>", "", None),
    ],
)
def test_xmp_is_read_in_every_form_and_only_of_the_picture_itself(inside: str, attributes: str, expected: Rights | None) -> None:
    assert found(xmp_jpeg(packet(inside, attributes=attributes))) == expected


@pytest.mark.parametrize("file_format", ["WEBP", "AVIF"])
def test_xmp_of_the_other_formats_is_read(file_format: str) -> None:
    assert found(saved(scene(40, 30), file_format, xmp=packet("", attributes='dc:creator="Ann"'))) == Rights(creator="Ann")


def test_iptc_bylines_and_notice_are_read() -> None:
    assert found(iim((5, b"title"), (80, b"Ann"), (80, "Zoë".encode("latin-1")), (116, "© Zoë".encode()))) == Rights(
        creator="Ann, Zoë", copyright="© Zoë"
    )


def test_texts_of_a_png_are_read_before_and_behind_its_pixels() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Ann")
    texts.add_itxt("Copyright", "© 写真", zip=True)
    texts.add_text("Comment", "Eve")
    data = saved(scene(40, 30), "PNG")

    assert found(saved(scene(40, 30), "PNG", pnginfo=texts)) == Rights(creator="Ann", copyright="© 写真")
    assert found(data[:-12] + png_chunk(b"tEXt", b"Author\0Ann") + data[-12:]) == Rights(creator="Ann")


def test_each_of_the_rights_comes_from_the_first_place_that_has_it() -> None:
    data = saved(
        scene(40, 30), "JPEG", exif=exif({ARTIST: "of EXIF", COPYRIGHT: "of EXIF"}), xmp=packet("", attributes='dc:creator="of XMP"')
    )

    assert found(data) == Rights(creator="of XMP", copyright="of EXIF")


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


@pytest.mark.parametrize(
    "data",
    [
        BOMB + packet("<dc:creator>&j;</dc:creator>"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + packet("<dc:creator>Eve</dc:creator>"),
        ("\ufeff" + packet("<dc:creator>Eve</dc:creator>").decode()).encode("utf-16-be"),
        packet("<dc:creator>Eve</dc:creator>").decode().replace("\ufeff", "").encode("utf-16-be"),
        b'<?xml version="1.0" encoding="utf-7"?>' + b"+ADwAIQ-DOCTYPE" + packet(""),
        packet("<dc:creator>Eve</dc:creator>")[:-60],
        packet("<xmpMM:a>" * 40 + "</xmpMM:a>" * 40 + "<dc:creator>Eve</dc:creator>"),
        packet("<dc:creator>&nothing;</dc:creator>"),
        b"\xff\xfe\xfd",
        b"",
        b"\0" * 60_000,
    ],
    ids=["bomb", "external", "utf-16", "utf-16 unmarked", "utf-7", "cut off", "deep", "entity", "no text", "nothing", "zeros"],
)
def test_hostile_xmp_says_nothing_and_refuses_nothing(data: bytes, tmp_path: Path) -> None:
    started = time.monotonic()

    assert inspect(written(tmp_path, xmp_jpeg(data)), Limits()).rights is None
    assert time.monotonic() - started < 5


def test_xmp_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    fine, large = (packet("<dc:creator>Ann</dc:creator>" + " " * size) for size in (200_000, 300_000))

    assert inspect(written(tmp_path, saved(scene(40, 30), "WEBP", xmp=fine)), Limits()).rights == Rights(creator="Ann")
    assert inspect(written(tmp_path, saved(scene(40, 30), "WEBP", xmp=large)), Limits()).rights is None


@pytest.mark.parametrize(
    "data",
    [
        jpeg_with(jpeg_segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff\xff\xff")),
        jpeg_with(jpeg_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x3b\x01\x02\0\xff\xff\xff\x7f\xff\xff\xff\x7f" * 50)),
        saved(scene(40, 30), "JPEG", exif=exif({ARTIST: 7})),
        jpeg_with(jpeg_segment(0xED, b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x50\xff\xff" + bytes(11))),
        jpeg_with(jpeg_segment(0xED, b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x03\x1c\x02\x50")),
        png_with(png_chunk(b"tEXt", b"exif\0text") + png_chunk(b"tEXt", b"xmp\0text") + png_chunk(b"tEXt", b"photoshop\0text")),
        png_with(png_chunk(b"tEXt", b"Raw profile type exif\0\n\nexif\n zz\nnot hexadecimal")),
    ],
    ids=["ifd", "tags", "number", "iim length", "iim end", "png keys", "raw profile"],
)
def test_odd_metadata_says_nothing_and_refuses_nothing(data: bytes, tmp_path: Path) -> None:
    assert inspect(written(tmp_path, data), Limits()).rights in (None, Rights(creator="7"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("  \t\n ", None),
        ("a\u202eb\u2066c\ufeff", "abc"),
        ("e\u0301", "\u00e9"),
        ("a\u2028b\x85c\x1fd", "a b c d"),
        ("a\ud800b\uffffc", "abc"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("x" * 499 + " y", "x" * 499),
        ("\u202e" * 100_000, None),
    ],
)
def test_a_text_is_plain(text: str | None, expected: str | None) -> None:
    assert plain(text) == expected


def test_what_is_embedded_is_bounded_and_always_well_formed() -> None:
    told = embedded(Rights(creator="\ud800<&\x00" * 1000, copyright="\uffff]]>" * 1000, digital_source_type="x&y"))

    assert len(told.xmp) < 8000
    data = saved(scene(40, 30), "JPEG", xmp=told.xmp)
    assert found(data) == Rights(creator=("<&" * 1000)[:500], copyright=("]]>" * 1000)[:500])


def marked_inputs() -> list[tuple[str, Callable[[], bytes]]]:
    return [("jpeg", marked.jpeg), ("png", marked.png), ("webp", marked.webp), ("avif", marked.avif), ("gif", marked.gif)]


@pytest.mark.parametrize("make", [make for _, make in marked_inputs()], ids=[name for name, _ in marked_inputs()])
def test_nothing_but_the_rights_of_a_source_gets_into_a_file(make: Callable[[], bytes], tmp_path: Path) -> None:
    source, target = written(tmp_path, make(), "source"), str(tmp_path / "made")
    with opened_safely(source, Limits()) as image:
        image.load()
        whole = image.convert("RGBA" if image.has_transparency_data else "RGB")
        pixels = whole.crop((0, 0, 60, 40))
        assert whole.info
        pixels.info = dict(image.info)

    for file_format in FORMATS:
        for rights in (None, Rights(creator="Ann")):
            write(pixels, Encoding(format=file_format), target, rights=rights)
            data = Path(target).read_bytes()
            assert marked.MARK not in data
            with Image.open(BytesIO(data)) as image:
                image.load()
                assert marked.TEXT not in str(image.info)
                tags = set(image.getexif()) if file_format != "tiff" else {ARTIST} & set(image.getexif())
                assert tags == ({ARTIST} if rights and file_format != "gif" else set())
                assert not image.getexif().get_ifd(0x8825)


def confiding_jpeg() -> bytes:
    """A JPEG that says who made it, and in every other place what is nobody's business."""
    made = Image.Exif()
    made[ARTIST], made[COPYRIGHT] = "Ann", "© Ann".encode()
    made[0x010E] = made[0x0110] = made[0x8298 + 1] = marked.TEXT
    details = made.get_ifd(0x8769)
    details[0x927C], details[0xA431], details[0x9286] = marked.MARK, marked.TEXT, b"ASCII\0\0\0" + marked.MARK
    place = made.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (43.0, 11.0, 30.0), marked.TEXT
    xmp = packet(
        f"<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li></rdf:Seq></dc:creator><dc:description>{marked.TEXT}</dc:description>"
        f"<xmpMM:History>{marked.TEXT}</xmpMM:History>",
        attributes=f'xmpMM:DocumentID="{marked.TEXT}" Iptc4xmpExt:DigitalSourceType="{SOURCE}"',
    )
    iptc = iim((90, marked.MARK), (116, b"of IPTC"))[2:]
    thumbnail = jpeg_segment(0xE0, b"JFXX\0\x10" + marked.MARK)
    whole = saved(scene(40, 30), "JPEG", exif=made.tobytes(), xmp=xmp, comment=marked.MARK)
    return whole[:2] + thumbnail + iptc[: 4 + int.from_bytes(iptc[2:4], "big") - 2] + whole[2:] + marked.MARK


def test_only_who_made_a_picture_comes_through_from_its_source(tmp_path: Path) -> None:
    source, target = written(tmp_path, confiding_jpeg(), "source"), str(tmp_path / "made")
    assert Path(source).read_bytes().count(marked.MARK) > 12

    rights = inspect(source, Limits()).rights

    assert rights == Rights(creator="Ann", copyright="© Ann", digital_source_type="compositeCapture")
    with opened_safely(source, Limits()) as image:
        image.load()
        for file_format in FORMATS:
            write(image, Encoding(format=file_format), target, rights=rights)
            data = Path(target).read_bytes()
            assert marked.MARK not in data
            assert found(data) == (None if file_format == "gif" else rights)


def test_a_picture_that_says_nothing_has_no_rights(tmp_path: Path) -> None:
    for file_format in ("JPEG", "PNG", "WEBP", "AVIF", "GIF"):
        assert inspect(written(tmp_path, saved(scene(40, 30), file_format)), Limits()).rights is None
