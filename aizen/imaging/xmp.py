"""An XMP packet's statements on rights, read from a stranger's packet and written into one of our own (ISO 16684-1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

MOST_BYTES = 256 * 1024
_MOST_DEPTH = 32
_MOST_CREATORS = 50
_LONGEST_TEXT = 4000

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XML = "http://www.w3.org/XML/1998/namespace"
_PARTING = " "
_DESCRIPTION = [_RDF + _PARTING + "RDF", _RDF + _PARTING + "Description"]
_ITEM = _RDF + _PARTING + "li"
_RESOURCE = _RDF + _PARTING + "resource"
_LANGUAGE = _XML + _PARTING + "lang"
_CREATOR, _RIGHTS, _SOURCE_TYPE = _DC + _PARTING + "creator", _DC + _PARTING + "rights", _IPTC + _PARTING + "DigitalSourceType"


@dataclass(frozen=True, kw_only=True)
class Statements:
    """What a packet states of its picture, as it stands there."""

    creators: tuple[str, ...] = ()
    rights: str | None = None
    source_type: str | None = None


def read(packet: bytes) -> Statements:
    """The statements of ``packet``; none, if it is larger than 256 KiB or not what XMP allows: UTF-8 without a document type.

    Only what is said of the picture itself counts, not of the pictures that it was put together from. Raises ``ValueError`` for what is no
    XML or too deep.
    """
    packet = packet.rstrip(b"\0 \r\n\t")
    # Entities are declared in a document type, and there is none where these bytes are not.
    if len(packet) > MOST_BYTES or b"<!DOCTYPE" in packet or b"<!ENTITY" in packet or not _is_utf_8(packet):
        return Statements()
    reading = _Reading()
    parser = expat.ParserCreate("utf-8", namespace_separator=_PARTING)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(packet, True)
    except expat.ExpatError as error:
        raise ValueError("The packet is no XML.") from error
    return reading.statements()


def packet(*, creator: str | None, rights: str | None, source_type: str | None) -> bytes:
    """A packet that states these, each where it is not None, and nothing else; empty, if all are None. The texts are plain."""
    said = ""
    if creator:
        said += f"<dc:creator><rdf:Seq><rdf:li>{escape(creator)}</rdf:li></rdf:Seq></dc:creator>"
    if rights:
        said += f'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{escape(rights)}</rdf:li></rdf:Alt></dc:rights>'
    if source_type:
        said += f"<Iptc4xmpExt:DigitalSourceType>{escape(source_type)}</Iptc4xmpExt:DigitalSourceType>"
    if not said:
        return b""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{_RDF}"><rdf:Description rdf:about="" xmlns:dc="{_DC}" xmlns:Iptc4xmpExt="{_IPTC}">'
        f'{said}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _is_utf_8(packet: bytes) -> bool:
    # Whatever encoding it is told, the parser takes a text for UTF-16 by its first bytes, and would find other bytes' document type in it.
    try:
        return "\0" not in packet.decode("utf-8")
    except UnicodeDecodeError:
        return False


@dataclass
class _Reading:
    """The parser's place in the packet, and what it has found so far."""

    path: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    length: int = 0
    language: str | None = None
    # Property -> its values, each with its language.
    found: dict[str, list[tuple[str, str | None]]] = field(default_factory=dict)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= _MOST_DEPTH:
            raise ValueError("The packet is too deep.")
        self.path.append(name)
        self.letters, self.length = [], 0
        self.language = attributes.get(_LANGUAGE)
        if self.path[-2:] == _DESCRIPTION and len(self.path) <= 3:
            for wanted in (_CREATOR, _RIGHTS, _SOURCE_TYPE):
                self._keep(wanted, attributes.get(wanted, ""))
        elif self._property() == name:
            self._keep(name, attributes.get(_RESOURCE, ""))

    def text(self, letters: str) -> None:
        if self.length < _LONGEST_TEXT and self._property():
            self.letters.append(letters)
            self.length += len(letters)

    def end(self, name: str) -> None:
        if (wanted := self._property()) and name in (wanted, _ITEM):
            self._keep(wanted, "".join(self.letters))
        self.letters, self.length = [], 0
        self.path.pop()

    def statements(self) -> Statements:
        notices = self.found.get(_RIGHTS, [])
        default = [text for text, language in notices if language == "x-default"]
        source_types = self.found.get(_SOURCE_TYPE, [])
        return Statements(
            creators=tuple(text for text, _ in self.found.get(_CREATOR, [])),
            rights=next(iter(default or [text for text, _ in notices]), None),
            source_type=source_types[0][0] if source_types else None,
        )

    def _property(self) -> str | None:
        """The wanted property of the picture itself that the parser stands in."""
        for depth in (1, 2):
            if self.path[depth - 1 : depth + 1] == _DESCRIPTION and self.path[depth + 1 : depth + 2]:
                name = self.path[depth + 1]
                return name if name in (_CREATOR, _RIGHTS, _SOURCE_TYPE) and len(self.path) <= depth + 4 else None
        return None

    def _keep(self, name: str, value: str) -> None:
        values = self.found.setdefault(name, [])
        if value.strip() and len(values) < _MOST_CREATORS:
            values.append((value[:_LONGEST_TEXT], self.language))
