"""What a leg's INVITE carried, as webhooks show it: the caller's name, headers and attestation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Headers = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteDetails:
    """What came with a leg's INVITE, or was sent with it."""

    caller_id_name: str | None = None
    custom_headers: Headers = ()
    sip_headers: Headers = ()
    attestation: str | None = None  # of SHAKEN/STIR: A, B or C

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> InviteDetails:
        """Return the details that a dial or a transfer gives its new leg."""
        return cls(
            caller_id_name=body.get("from_display_name"),
            custom_headers=tuple(body.get("custom_headers") or ()),
            sip_headers=tuple(body.get("sip_headers") or ()),
        )

    def answered_with(self, body: Mapping[str, Any]) -> InviteDetails:
        """Return the details after an `answer` command: its custom headers replace all earlier ones."""
        return replace(self, custom_headers=InviteDetails.from_body(body).custom_headers)
