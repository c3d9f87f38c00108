"""The field type `udp:ip:port`, the destination of a fork."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.schema.errors import Problem
from simulator.schema.fields import Field


@dataclass(frozen=True, kw_only=True)
class UdpAddress(Field):
    """An address of this form; host names are not allowed."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield any other form."""
        if not isinstance(value, str) or _parts(value) is None:
            yield self.wrong_type("written as udp:ip:port", at)


def udp_address(value: str) -> tuple[str, int]:
    """Return host and port of a valid value; raises ValueError for any other."""
    found = _parts(value)
    if found is None:
        raise ValueError(value)
    return found


def _parts(value: str) -> tuple[str, int] | None:
    scheme, _, rest = value.partition(":")
    host, _, port = rest.rpartition(":")
    try:
        ip = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65_536
    return (str(ip), int(port)) if scheme == "udp" and is_port else None
