"""An address taken apart: what is called, and how it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urlsplit

import idna

from aizen.outgoing.refusals import AddressRefused

PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*", re.ASCII)
# Where the last part is a number, whoever resolves the name takes all of it for an IPv4 address (WHATWG URL, "ends in a number").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RESERVED = "%:/?#[]@!$&'()*+,;="
_BRACKETED = re.compile(r"\[[^\[\]]*\](?::[0-9]*)?", re.ASCII)


@dataclass(frozen=True)
class Target:
    """An address that is well-formed; ``host`` is a name in ASCII or an IP address, ``path`` has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(url: str) -> Target:
    """Raises AddressRefused for whatever two readers might understand differently."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in PORTS:
            raise AddressRefused("Must begin with https:// or http://.")
        if _CONTROL.search(url) or "@" in parts.netloc:
            raise AddressRefused("Must hold no user, password or control character.")
        port = PORTS[parts.scheme] if parts.port is None else parts.port
        path = quote(parts.path or "/", safe=_RESERVED) + ("?" + quote(parts.query, safe=_RESERVED) if parts.query else "")
        in_brackets = _BRACKETED.fullmatch(parts.netloc) is not None
        return Target(parts.scheme, _host(parts.hostname or "", in_brackets=in_brackets), port, path)
    except ValueError:  # UnicodeError is one, idna's errors are
        raise AddressRefused("Must be an address with a host, such as https://example.org/picture.jpg.") from None


def _host(host: str, *, in_brackets: bool) -> str:
    """Raises ValueError for what is neither a name nor an address in its usual spelling."""
    if in_brackets:
        return str(IPv6Address(host))
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode("ascii")
    host = host.lower().removesuffix(".")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        # Decimal, octal, hexadecimal and short spellings are nobody's habit but a liar's.
        return str(IPv4Address(host))
    if not _NAME.fullmatch(host):
        raise ValueError("no name")
    return host
