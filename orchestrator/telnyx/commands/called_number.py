"""Says at which number a command lets somebody else's phone ring: the target of a transfer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

CALL_OTHERS: Final = MappingProxyType({"transfer": "to", "refer": "sip_address"})
"""The commands that let somebody else's phone ring, and the field that says whose."""

# Of `+13125550150,123` the digits behind are keyed; of a SIP address the user may be a number.
_NUMBER: Final = re.compile(r"(?:sips?:)?(\+[1-9][0-9]{1,14})(?![0-9])", re.IGNORECASE)


def number_called_by(action: str, body: Mapping[str, Any]) -> str | None:
    """Return the number at which a command lets somebody else's phone ring; None where that has none."""
    field = CALL_OTHERS.get(action)
    found = _NUMBER.match(str(body.get(field, ""))) if field else None
    return found[1] if found else None
