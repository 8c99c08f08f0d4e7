"""Which IP addresses may be called: those of everybody, and where an operator lets them through those of private networks."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

# RFC 6890 and IANA's registry of special-purpose addresses, and what a cloud answers at an address that looks like anybody's.
_CLOSED_IPV4 = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network; many systems take 0.0.0.0 for themselves
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a provider's customers (CGNAT)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocols
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "168.63.129.16/32",  # Azure's own services
    )
)
# All that is routed. Outside of it lie ::1, what carries an IPv4 address (::/96, ::ffff:0:0/96, NAT64's 64:ff9b::/96 and 64:ff9b:1::/48),
# unique local, link-local, site-local and multicast addresses.
_ROUTED_IPV6 = ip_network("2000::/3")
_CLOSED_IPV6 = tuple(
    ip_network(each)
    for each in (
        "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries an IPv4 address
        "3fff::/20",  # documentation
    )
)
_PRIVATE = tuple(ip_network(each) for each in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
# What clouds keep in private networks: their metadata.
_METADATA = tuple(
    ip_network(each)
    for each in (
        "100.100.100.200/32",  # Alibaba
        "fd00:100::100:200/128",
        "fd00:ec2::/32",  # Amazon
        "fd20:ce::/32",  # Google
        "fd00:c1::/32",  # Oracle
        "fd00:a9fe:a9fe::/48",  # Akamai
        "fd00:42::42/128",  # Scaleway
    )
)


def is_public(address: Address) -> bool:
    """Whether everybody on the Internet has this address for the same, and it carries no other."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_IPV4)
    return address in _ROUTED_IPV6 and not _is_of_a_link(address) and not any(address in network for network in _CLOSED_IPV6)


def is_public_or_private(address: Address) -> bool:
    """The same, and private networks; but never loopback, a link's addresses, or a cloud's metadata."""
    if is_public(address):
        return True
    if isinstance(address, IPv6Address) and _is_of_a_link(address):
        return False
    return any(address in network for network in _PRIVATE) and not any(address in network for network in _METADATA)


def _is_of_a_link(address: IPv6Address) -> bool:
    """Whether the address has a zone, or leads through ISATAP's link to the IPv4 address in its end (RFC 5214, 6.1)."""
    return address.scope_id is not None or (int(address) >> 32) & 0xFDFF_FFFF == 0x5EFE
