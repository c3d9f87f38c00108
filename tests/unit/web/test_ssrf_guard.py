"""Our own requests go to the open internet and to hosts the operator trusts, nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orchestrator.web.ssrf_guard import Admitted, Refused, Resolve, admit, host_and_port


def leads_to(*addresses: str) -> Resolve:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


def verdict(url: str, *addresses: str, trusted: Sequence[str] = ()) -> Admitted | Refused:
    return admit(url, trusted=trusted, resolve=leads_to(*addresses))


def test_a_public_address_is_admitted_and_pinned() -> None:
    admitted = verdict("https://Files.Example.com/a/b.mp3?X-Sig=1%2F2#part", "93.184.216.34", "2606:2800:220:1::1")

    assert admitted == Admitted("https", "files.example.com", 443, "93.184.216.34", "/a/b.mp3?X-Sig=1%2F2")
    assert admitted.authority == "files.example.com"


def test_a_port_of_its_own_stands_in_the_host_header() -> None:
    admitted = verdict("http://[2606:2800:220:1::1]:8080", "2606:2800:220:1::1")

    assert isinstance(admitted, Admitted)
    assert (admitted.authority, admitted.target) == ("[2606:2800:220:1::1]:8080", "/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::1",
    ],
)
def test_no_address_of_the_operators_own_network_is_admitted(address: str) -> None:
    refused = verdict("https://innocent.example.com/", address)

    assert isinstance(refused, Refused)
    assert refused.code == "address_refused" and "innocent.example.com" in refused.detail


@pytest.mark.parametrize("address", ["::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2002:5db8:d822::1"])
def test_a_public_address_in_another_wrapping_is_admitted(address: str) -> None:
    assert isinstance(verdict("https://example.com/", address), Admitted)


def test_the_address_that_was_judged_is_the_one_that_is_asked_whatever_the_name_leads_to_later() -> None:
    answers = iter([["93.184.216.34"], ["169.254.169.254"]])

    admitted = admit("http://rebinding.example.com/", trusted=(), resolve=lambda _host, _port: next(answers))

    assert isinstance(admitted, Admitted) and admitted.address == "93.184.216.34"


def test_one_private_address_among_public_ones_is_enough_for_a_no() -> None:
    assert isinstance(verdict("https://example.com/", "93.184.216.34", "10.0.0.1"), Refused)


@pytest.mark.parametrize("trusted", ["media.lan", "MEDIA.lan", "media.lan:8443", " media.lan. "])
def test_a_host_the_operator_trusts_may_lie_anywhere(trusted: str) -> None:
    assert isinstance(verdict("https://media.lan:8443/a", "10.0.0.9", trusted=[trusted]), Admitted)


@pytest.mark.parametrize("trusted", ["media.lan:443", "lan", "dia.lan", "10.0.0.9"])
def test_trust_in_one_host_or_port_is_no_trust_in_another(trusted: str) -> None:
    assert isinstance(verdict("https://media.lan:8443/a", "10.0.0.9", trusted=[trusted]), Refused)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "files.example.com/a",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "http://",
        "http:///a",
        "http://user:secret@example.com/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://[::1/",
        "http://exa mple.com/",
        "http://example.com/\r\nHost: other",
        "http://exämple.com/",
    ],
)
def test_what_is_no_web_address_is_refused_before_anything_is_asked(url: str) -> None:
    def unasked(_host: str, _port: int) -> Sequence[str]:
        raise AssertionError("a name was looked up")

    refused = admit(url, trusted=["example.com"], resolve=unasked)

    assert isinstance(refused, Refused) and refused.code == "url_invalid"


def test_a_name_without_addresses_is_broken_and_not_refused() -> None:
    with pytest.raises(OSError, match="no address"):
        verdict("https://example.com/")


def test_the_carriers_own_host_is_trusted_by_its_port_too() -> None:
    assert host_and_port("http://127.0.0.1:9000/v2") == "127.0.0.1:9000"
    assert host_and_port("https://api.telnyx.com/v2") == "api.telnyx.com:443"
