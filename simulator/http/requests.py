"""What a request carries: a JSON object, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from simulator.schema.errors import undecodable


def parsed(raw: bytes, *, loads: Callable[[bytes], Any] = orjson.loads) -> dict[str, Any]:
    """Return the object; an empty body is an empty one, and anything else raises CarrierError (400)."""
    try:
        body = loads(raw) if raw.strip() else {}
    except ValueError as err:
        raise undecodable() from err
    if not isinstance(body, dict):
        raise undecodable()
    return body
