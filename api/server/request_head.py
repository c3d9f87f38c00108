"""The head of a request, and how it says that its body will come."""

from __future__ import annotations

from typing import NamedTuple

from api.http.responses import Refusal

_SINGLE = (b"host", b"content-type", b"authorization", b"content-encoding", b"expect")


class Head(NamedTuple):
    """A request without its body; names of headers are in lower case."""

    method: str
    path: bytes  # as it was sent, percent-encoded
    query: bytes
    version: str
    headers: dict[bytes, bytes]
    keeps_alive: bool

    @property
    def has_body(self) -> bool:
        """Say whether a body is announced."""
        return b"transfer-encoding" in self.headers or self.headers.get(b"content-length", b"0").strip(b"0") != b""

    @property
    def length(self) -> int:
        """Return the announced length of the body; 0 where none is announced."""
        return int(self.headers.get(b"content-length", b"0"))

    @property
    def waits_to_send(self) -> bool:
        """Say whether the client sends its body only once it is asked to."""
        return self.version == "1.1" and b"expect" in self.headers


def read_target(target: bytes) -> tuple[bytes, bytes] | None:
    """Return path and query of a request's target, or None for one that names no resource here."""
    path, _, query = target.partition(b"#")[0].partition(b"?")
    if path.startswith((b"http://", b"https://")):
        path = b"/" + b"".join(path.split(b"/", 3)[3:])
    return (path, query) if path.startswith(b"/") else None


def join_headers(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """Return headers by their names, repeated ones joined; None when one comes twice that may come only once.

    A name with an underscore is left out: in a WSGI environment it could pass for the one with a dash.
    """
    joined: dict[bytes, bytes] = {}
    for name, value in pairs:
        name = name.lower()
        if b"_" in name:
            continue
        if name not in joined:
            joined[name] = value
        elif name in _SINGLE:
            return None
        else:
            joined[name] += (b"; " if name == b"cookie" else b",") + value
    return joined


def is_of_its_version(version: str, headers: dict[bytes, bytes]) -> bool:
    """Say whether a head may be one of that version of HTTP: 1.1 names its host, 1.0 knows no chunks (RFC 9112)."""
    match version:
        case "1.1":
            return b"host" in headers
        case "1.0":
            return b"transfer-encoding" not in headers
        case _:
            return False


def refuse_form(head: Head) -> Refusal | None:
    """Return why nobody reads a body that is to come in this form; the parser has refused what contradicts itself."""
    headers = head.headers
    if headers.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        return Refusal(501, "transfer_encoding", "Send the body with a Content-Length, or in chunks.")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity" and head.has_body:
        return Refusal(415, "content_encoding", "Send the body as it is: no Content-Encoding is read here.")
    if headers.get(b"expect", b"100-continue").lower() != b"100-continue":
        return Refusal(417, "expectation", "The only expectation that is met here is 100-continue.")
    if b"upgrade" in headers and head.has_body:
        return Refusal(400, "malformed", "No other protocol is spoken here: leave out the header Upgrade.")
    return None
