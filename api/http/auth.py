"""Checks the API key, which everything under /v1 asks for, and what its holder may do."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from flask import Response, g, request
from pydantic import AfterValidator, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from api.http.path_ids import form_of
from api.http.responses import Refusal, problem
from api.http.routes import Route
from orchestrator.clock import Clock
from orchestrator.errors import Misconfigured
from orchestrator.operations.access.manage_keys import digest_of, read_used_key
from orchestrator.policy.names import all_seen
from orchestrator.policy.roles import Role
from orchestrator.services import Services

ROOT = "api"
"""The name of the key of the settings, in records of who did something."""


def _not_root(name: str) -> str:
    if name.casefold() == ROOT:
        raise PydanticCustomError("reserved", "{root} is the key of the settings in the record", {"root": ROOT})
    return name


HolderName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"\S"),
    AfterValidator(all_seen),
    AfterValidator(_not_root),
]
"""The name of a key or a user, which stands in records of who did something: not that of the key of the settings."""

_CHALLENGE = ("WWW-Authenticate", 'Bearer realm="orchestrator"')
_WANTED = "The API key is missing or wrong; the header reads `Authorization: Bearer <API key>`."
_UNAUTHORIZED = Refusal(401, "unauthorized", _WANTED, (_CHALLENGE,))
_OVER = "The API key has expired or was revoked."
_KNOWN_FOR_S = 2.0
_MOST_KNOWN = 1_024
_FORM = re.compile(rf"({form_of('key_id')})_[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True)
class Actor:
    """Who sent a request: name, role, and the id of the key or of the user; the key of the settings has none."""

    name: str
    role: Role
    key_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class _Known:
    """A key as it was stored a moment ago; None for no such key."""

    row: Any
    until: float


class KeyRing:
    """Tells whose key a request carries: that of the settings, or one that is stored.

    A stored key is asked for once in 2 s, so that one which was revoked is refused everywhere within that time.
    """

    def __init__(self, root: bytes, find: Callable[[str], Any], *, clock: Clock) -> None:
        self._root = root
        self._find = find
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def actor_of(self, authorization: str) -> Actor | Refusal:
        """Return whose key the header carries, or why it is refused; a wrong key takes the time of a right one."""
        sent = _credentials(authorization)
        if hmac.compare_digest(sent.encode(), self._root):
            return Actor(ROOT, Role.ADMIN)
        form = _FORM.fullmatch(sent)
        row = self._row(form[1]) if form else None
        if row is None or not hmac.compare_digest(row.digest, digest_of(sent)):
            return _UNAUTHORIZED
        now = self._clock()
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            return Refusal(401, "key_over", _OVER, (_CHALLENGE,))
        return Actor(row.name, Role(row.role), row.id)

    def _row(self, key_id: str) -> Any:
        now = self._clock().timestamp()
        known = self._known.get(key_id)
        if known is None or not now <= known.until <= now + _KNOWN_FOR_S:
            known = _Known(self._find(key_id), now + _KNOWN_FOR_S)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key_id] = known
        return known.row


def required_key(key: SecretStr | None) -> bytes:
    """Return the key requests are held against; raise Misconfigured when none is set."""
    if key is None or not key.get_secret_value():
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: set it to the key that clients of the REST API will send")
    return key.get_secret_value().encode()


def key_ring(services: Services) -> KeyRing:
    """Return the ring of an installation; raises Misconfigured when no key is set."""
    root = required_key(services.settings.api_key)
    return KeyRing(root, lambda key_id: read_used_key(key_id, sql=services.sql), clock=services.clock)


def refusal_by_head(path: str, authorization: str, root: bytes) -> Refusal | None:
    """Return why a request of `path` is refused by its header alone, before any store is asked; None if it is not."""
    sent = _credentials(authorization)
    may_be_let_in = hmac.compare_digest(sent.encode(), root) or bool(_FORM.fullmatch(sent))
    return None if may_be_let_in or not path.startswith("/v1/") else _UNAUTHORIZED


def refuse_stranger(ring: KeyRing) -> Response | None:
    """Return a 401 unless the present request carries a key or asks for an address that is open to everybody."""
    if not request.path.startswith("/v1/"):
        return None
    found = ring.actor_of(request.headers.get("Authorization", ""))
    if isinstance(found, Actor):
        g.actor = found
        return None
    return problem(found.status, found.code, found.detail, headers=dict(found.headers))


def refuse_role(route: Route) -> Response | None:
    """Return a 403 that names the role needed, if the key of the present request lacks it."""
    if route.is_open or actor().role.includes(route.needs):
        return None
    detail = f"{route.method} {route.path} needs a key with the role {route.needs}; this one is of a {actor().role}."
    return problem(403, "role_needed", detail, role=actor().role.value, needed=route.needs.value)


def actor() -> Actor:
    """Return whose key the present request carries."""
    found: Actor = g.actor
    return found


def _credentials(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""
