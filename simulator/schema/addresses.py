"""Field types for addresses: phone numbers, SIP URIs, URLs, UUIDs, UDP addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from simulator.schema.errors import Problem
from simulator.schema.fields import Field

# E.164 allows at most fifteen digits and sets no minimum.
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_KEYED = re.compile(r",[0-9A-DwW*#]+$")
_SIP = re.compile(r"sips?:\S+", re.IGNORECASE)
_MAX_URL_CHARS = 2000


@dataclass(frozen=True, kw_only=True)
class Phone(Field):
    """A number as +E.164; with `sip` also a SIP URI, with `keyed` also post-dial digits."""

    code: str | None = "10016"
    sip: bool = True
    keyed: bool = True

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a value that cannot be dialed."""
        text = value if isinstance(value, str) else ""
        number = _KEYED.sub("", text) if self.keyed else text
        if not (_E164.fullmatch(number) or (self.sip and _SIP.fullmatch(text))):
            yield Problem("10016", "Phone number must be in +E.164 format", f"{at} must be written as +E.164.", at)


@dataclass(frozen=True, kw_only=True)
class Sip(Field):
    """A SIP URI."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield any other value."""
        if not isinstance(value, str) or _SIP.fullmatch(value) is None:
            yield self.wrong_type("a SIP URI", at)


@dataclass(frozen=True, kw_only=True)
class Url(Field):
    """A URL of one of these schemes, at most 2,000 characters."""

    code: str | None = "10003"
    schemes: tuple[str, ...] = ("http", "https")

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a URL of another scheme, without host, with spaces, or too long."""
        if not isinstance(value, str) or len(value) > _MAX_URL_CHARS or not self._is_complete(value):
            yield Problem(self.code or "10003", "Invalid URL", f"{at} must be a URL ({', '.join(self.schemes)}).", at)

    def _is_complete(self, text: str) -> bool:
        scheme, _, rest = text.partition("://")
        return scheme.lower() in self.schemes and bool(rest.strip("/")) and not re.search(r"\s", rest)


@dataclass(frozen=True, kw_only=True)
class Uuid(Field):
    """A UUID as text."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield any other value."""
        try:
            UUID(value if isinstance(value, str) else "")
        except ValueError:
            yield self.wrong_type("a UUID", at)


@dataclass(frozen=True, kw_only=True)
class UdpAddress(Field):
    """The destination of a fork, as `udp:ip:port`; host names are not allowed."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield any other form."""
        if not isinstance(value, str) or _host_and_port(value) is None:
            yield self.wrong_type("written as udp:ip:port", at)


def udp_address(value: str) -> tuple[str, int]:
    """Return host and port of a valid value; raises ValueError for any other."""
    found = _host_and_port(value)
    if found is None:
        raise ValueError(value)
    return found


def _host_and_port(value: str) -> tuple[str, int] | None:
    scheme, _, rest = value.partition(":")
    host, _, port = rest.rpartition(":")
    try:
        ip = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65_536
    return (str(ip), int(port)) if scheme == "udp" and is_port else None
