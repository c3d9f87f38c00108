"""Address blocks that nothing in the open internet lies in, each with where that is written."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

_V4 = "IANA IPv4 Special-Purpose Address Registry"
_V6 = "IANA IPv6 Special-Purpose Address Registry"
_SPACE = "IANA IPv6 Address Space"


@dataclass(frozen=True, slots=True)
class ClosedNetwork:
    """A block, what it is for, and the source that says so."""

    block: IPv4Network | IPv6Network
    purpose: str
    source: str


# What a registry lists as reachable from everywhere (AS112, AMT, anycast of protocols) is closed too: no web server is
# there. Addresses of clouds are listed by name though most lie in a wider block, so that no change of one opens them.
CLOSED_NETWORKS: Final = tuple(
    ClosedNetwork(ip_network(block), purpose, source)
    for block, purpose, source in (
        ("0.0.0.0/8", "this network", f"{_V4}, RFC 791"),
        ("10.0.0.0/8", "private use", f"{_V4}, RFC 1918"),
        ("100.64.0.0/10", "shared address space", f"{_V4}, RFC 6598"),
        ("127.0.0.0/8", "loopback", f"{_V4}, RFC 1122"),
        ("169.254.0.0/16", "link local", f"{_V4}, RFC 3927"),
        ("172.16.0.0/12", "private use", f"{_V4}, RFC 1918"),
        ("192.0.0.0/24", "IETF protocol assignments", f"{_V4}, RFC 6890"),
        ("192.0.2.0/24", "documentation", f"{_V4}, RFC 5737"),
        ("192.31.196.0/24", "AS112", f"{_V4}, RFC 7535"),
        ("192.52.193.0/24", "AMT", f"{_V4}, RFC 7450"),
        ("192.88.99.0/24", "6to4 relay anycast, deprecated", f"{_V4}, RFC 7526"),
        ("192.168.0.0/16", "private use", f"{_V4}, RFC 1918"),
        ("192.175.48.0/24", "AS112", f"{_V4}, RFC 7534"),
        ("198.18.0.0/15", "benchmarking", f"{_V4}, RFC 2544"),
        ("198.51.100.0/24", "documentation", f"{_V4}, RFC 5737"),
        ("203.0.113.0/24", "documentation", f"{_V4}, RFC 5737"),
        ("224.0.0.0/4", "multicast", "IANA IPv4 Multicast Address Space Registry, RFC 5771"),
        ("240.0.0.0/4", "reserved", f"{_V4}, RFC 1112"),
        ("255.255.255.255/32", "limited broadcast", f"{_V4}, RFC 8190"),
        ("::/128", "unspecified", f"{_V6}, RFC 4291"),
        ("::1/128", "loopback", f"{_V6}, RFC 4291"),
        ("::/96", "IPv4-compatible, deprecated", f"{_SPACE}, RFC 4291 §2.5.5.1"),
        ("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765, obsoleted by RFC 6145"),
        ("64:ff9b:1::/48", "translation within a network", f"{_V6}, RFC 8215"),
        ("100::/64", "discard only", f"{_V6}, RFC 6666"),
        ("100:0:0:1::/64", "dummy prefix", f"{_V6}, RFC 9780"),
        ("2001::/23", "IETF protocol assignments", f"{_V6}, RFC 2928"),
        ("2001::/32", "Teredo", f"{_V6}, RFC 4380"),
        ("2001:1::1/128", "port control protocol anycast", f"{_V6}, RFC 7723"),
        ("2001:1::2/128", "TURN anycast", f"{_V6}, RFC 8155"),
        ("2001:1::3/128", "DNS-SD registration anycast", f"{_V6}, RFC 9665"),
        ("2001:2::/48", "benchmarking", f"{_V6}, RFC 5180"),
        ("2001:3::/32", "AMT", f"{_V6}, RFC 7450"),
        ("2001:4:112::/48", "AS112", f"{_V6}, RFC 7535"),
        ("2001:10::/28", "ORCHID, deprecated", f"{_V6}, RFC 4843"),
        ("2001:20::/28", "ORCHIDv2", f"{_V6}, RFC 7343"),
        ("2001:30::/28", "drone remote id", f"{_V6}, RFC 9374"),
        ("2001:db8::/32", "documentation", f"{_V6}, RFC 3849"),
        ("2620:4f:8000::/48", "AS112", f"{_V6}, RFC 7534"),
        ("3fff::/20", "documentation", f"{_V6}, RFC 9637"),
        ("5f00::/16", "segment routing", f"{_V6}, RFC 9602"),
        ("fc00::/7", "unique local", f"{_V6}, RFC 4193"),
        ("fe80::/10", "link local", f"{_V6}, RFC 4291"),
        ("::/8", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("100::/8", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("200::/7", "reserved by the IETF", f"{_SPACE}, RFC 4048"),
        ("400::/6", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("800::/5", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("1000::/4", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("4000::/3", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("6000::/3", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("8000::/3", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("a000::/3", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("c000::/3", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("e000::/4", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("f000::/5", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("f800::/6", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("fe00::/9", "reserved by the IETF", f"{_SPACE}, RFC 4291"),
        ("fec0::/10", "site local, deprecated", f"{_SPACE}, RFC 3879"),
        ("ff00::/8", "multicast", f"{_SPACE}, RFC 4291"),
        ("168.63.129.16/32", "Azure: wire server", "Microsoft Learn, What is IP address 168.63.129.16?"),
        (
            "169.254.169.254/32",
            "metadata: AWS, Azure, Google, Oracle, DigitalOcean and others",
            "their instance guides",
        ),
        ("169.254.169.253/32", "AWS: DNS", "Amazon VPC User Guide, DNS attributes"),
        ("169.254.169.123/32", "AWS: time", "Amazon EC2 User Guide, Amazon Time Sync Service"),
        ("169.254.170.2/32", "AWS: credentials of ECS tasks", "Amazon ECS Developer Guide, Task IAM role"),
        ("169.254.170.23/32", "AWS: credentials of EKS pods", "Amazon EKS User Guide, Pod Identity"),
        ("fd00:ec2::254/128", "AWS: metadata", "Amazon EC2 User Guide, Instance metadata"),
        ("fd00:ec2::253/128", "AWS: DNS", "Amazon VPC User Guide, DNS attributes"),
        ("fd00:ec2::123/128", "AWS: time", "Amazon EC2 User Guide, Amazon Time Sync Service"),
        ("fd00:ec2::23/128", "AWS: credentials of EKS pods", "Amazon EKS User Guide, Pod Identity"),
        ("fd20:ce::254/128", "Google: metadata", "Compute Engine, About VM metadata"),
        ("192.0.0.192/32", "Oracle: metadata of older platforms", "Oracle Cloud Infrastructure, Classic metadata"),
        ("100.100.100.200/32", "Alibaba: metadata", "Alibaba Cloud ECS, Instance metadata"),
        ("100.100.2.136/31", "Alibaba: DNS", "Alibaba Cloud ECS, Internal DNS"),
        ("169.254.0.23/32", "Tencent: metadata", "Tencent Cloud CVM, Instance metadata"),
        ("169.254.42.42/32", "Scaleway: metadata", "Scaleway, Instance metadata"),
        ("fd00:42::42/128", "Scaleway: metadata", "Scaleway, Instance metadata"),
        ("fd00:a9fe:a9fe::1/128", "Akamai: metadata", "Akamai Cloud Computing, Metadata service"),
        ("fe80::a9fe:a9fe/128", "OpenStack: metadata", "OpenStack Nova, Metadata service over IPv6"),
        ("161.26.0.0/16", "IBM: services of its private network", "IBM Cloud, IaaS service endpoints"),
        ("166.8.0.0/14", "IBM: services of its private network", "IBM Cloud, Cloud service endpoints"),
    )
)

# What carries an IPv4 address in these bits is where that address is: mapped, translated by a NAT64 (RFC 6052), 6to4.
_WRAPPED: Final = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)


def is_open(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address lies in the open internet, looking through IPv4 addresses that are wrapped in IPv6."""
    if (inner := _unwrapped(address)) is not None:
        return is_open(inner)
    return not any(address in closed.block for closed in CLOSED_NETWORKS)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    shift = next((shift for block, shift in _WRAPPED if address in block), None)
    return None if shift is None else IPv4Address(int(address) >> shift & 0xFFFFFFFF)
