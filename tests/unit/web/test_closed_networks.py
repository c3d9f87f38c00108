"""Every block that our requests must not reach, from its first address to its last, and what lies beside it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest

from orchestrator.web.closed_networks import CLOSED_NETWORKS, ClosedNetwork, is_open
from orchestrator.web.ssrf_guard import Refused, admit

_V4 = [closed for closed in CLOSED_NETWORKS if isinstance(closed.block, IPv4Network)]
# What the registries and the clouds name; a block that is taken out of the table is missed here.
_NAMED = """
0.0.0.0 0.255.255.255 10.0.0.1 100.64.0.0 100.100.100.200 100.100.2.136 100.127.255.255 127.0.0.1 127.255.255.255
161.26.0.10 166.8.0.1 168.63.129.16 169.254.0.0 169.254.0.23 169.254.42.42 169.254.169.123 169.254.169.253
169.254.169.254 169.254.170.2 169.254.170.23 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.8
192.0.0.9 192.0.0.10 192.0.0.170 192.0.0.171 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1
192.88.99.2 192.168.0.0 192.168.255.255 192.175.48.1 198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.0 255.255.255.255
:: ::1 ::7f00:1 ::5db8:d822 ::ffff:0:7f00:1 64:ff9b:1::1 100::1 100:0:0:1::1 100:0:0:2::1 200::1 400::1 800::1 1000::1
2001::1 2001:0:5db8:d822::1 2001:1::1 2001:1::2 2001:1::3 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
2001:30::1 2001:1ff:ffff::1 2001:db8::1 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 6000::1 8000::1 a000::1
c000::1 e000::1 f000::1 f800::1 fc00::1 fd00:ec2::254 fd00:ec2::23 fd00:ec2::253 fd00:ec2::123 fd20:ce::254
fd00:42::42 fd00:a9fe:a9fe::1 fe00::1 fe80::1 fe80::a9fe:a9fe fec0::1 feff::1 ff02::1
"""
_OPEN = """
1.0.0.0 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
161.25.255.255 161.27.0.0 166.7.255.255 166.12.0.0 168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0
172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0
192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0 198.17.255.255 198.20.0.0
198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
2000:: 2001:200:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9:: 2001:ffff:: 2003:: 2606:2800:220:1::1
2620:4f:7fff:ffff:ffff:ffff:ffff:ffff 2620:4f:8001:: 2a00:: 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000::
"""


def _text(closed: ClosedNetwork) -> str:
    return f"{closed.block} {closed.purpose}"


@pytest.mark.parametrize("closed", CLOSED_NETWORKS, ids=_text)
def test_a_block_is_closed_from_its_first_address_to_its_last(closed: ClosedNetwork) -> None:
    block = closed.block
    middle = type(block.network_address)(int(block.network_address) + block.num_addresses // 2)

    assert not any(map(is_open, (block.network_address, middle, block.broadcast_address)))
    assert closed.purpose and closed.source


@pytest.mark.parametrize("address", _NAMED.split())
def test_what_a_registry_or_a_cloud_names_is_refused(address: str) -> None:
    refused = admit("http://innocent.example.com/", trusted=(), resolve=lambda _host, _port: [address])

    assert isinstance(refused, Refused) and refused.code == "address_refused"


@pytest.mark.parametrize("address", _OPEN.split())
def test_what_lies_beside_a_block_is_open(address: str) -> None:
    assert is_open(ip_address(address))


@pytest.mark.parametrize("closed", _V4, ids=_text)
def test_a_closed_address_is_closed_in_every_wrapping(closed: ClosedNetwork) -> None:
    wrapped = [form for address in (closed.block[0], closed.block[-1]) for form in _wrappings(IPv4Address(address))]

    assert not any(map(is_open, wrapped))


@pytest.mark.parametrize("address", ["93.184.216.34", "168.63.129.15", "192.0.1.0"])
def test_an_open_address_is_open_when_mapped_translated_or_in_6to4(address: str) -> None:
    mapped, translated, relayed, compatible, teredo, teredo_client = _wrappings(IPv4Address(address))

    assert all(map(is_open, (mapped, translated, relayed)))
    assert not any(map(is_open, (compatible, teredo, teredo_client)))


def _wrappings(inner: IPv4Address) -> list[IPv6Address]:
    """Return an IPv4 address as mapped, NAT64, 6to4, compatible, and as server and client of Teredo."""
    number = int(inner)
    blocks = {"::ffff:0:0": 0, "64:ff9b::": 0, "2002::": 80, "::": 0, "2001::": 64}
    forms = [IPv6Address(int(IPv6Address(block)) | number << shift) for block, shift in blocks.items()]
    return [*forms, IPv6Address(int(IPv6Address("2001::")) | (number ^ 0xFFFFFFFF))]


def test_only_global_unicast_can_be_open_at_all() -> None:
    unicast = IPv6Network("2000::/3")

    openings = [IPv6Address(n << 120) for n in range(256) if is_open(IPv6Address((n << 120) + 1))]

    assert openings and all(address in unicast for address in openings)
