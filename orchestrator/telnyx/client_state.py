"""The `client_state` that every command sets on a leg, so that each webhook identifies its call."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

_REMEMBERED: Final = 4_096  # every webhook of a leg carries the same


class ClientState(BaseModel):
    """The identity of a leg: call id, role, and the `client_state` of the flow's author.

    The role is a letter: A is the call's own leg, B, C … are those its transfers created, in their order.

    On the wire it is base64 of JSON: the carrier takes nothing else (error 90017) and echoes it in every webhook.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    call: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    role: Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]
    user: str | None = None

    def encode(self) -> str:
        """Return the form a command carries."""
        return base64.b64encode(self.model_dump_json(exclude_none=True).encode()).decode()

    @classmethod
    def decode(cls, text: str | None) -> ClientState | None:
        """Return the decoded state, or None for null and for state that another program set."""
        return _decoded(text) if isinstance(text, str) and text else None


@lru_cache(maxsize=_REMEMBERED)
def _decoded(text: str) -> ClientState | None:
    try:
        return ClientState.model_validate_json(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, ValidationError):
        return None
