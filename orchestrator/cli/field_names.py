"""Says which option or argument of a command a field of a request was given by."""

from __future__ import annotations

import re
from typing import Any

_ALIASES = {
    "expires_at": "expires",
    "scope": "campaign",
    "variables": "var",
    "caps": "cap",
    "retention": "keep",
    "q": "asked",
}


def said_as(command: Any, pointer: str) -> str:
    """Return `--caller-id` for `/caller_ids/0`, `NUMBER` for `?phone`, for a command that has these.

    A field that it has no option for stands in a file: `retry.max_attempts`.
    """
    parts = [part for part in re.split("[/?]", pointer) if part]
    names = [part for part in parts if not part.isdecimal()]
    for name in reversed(names):
        for param in command.params:
            if param.name.rstrip("_") in (name, name.removesuffix("s"), name.removesuffix("es"), _ALIASES.get(name)):
                return _shown(param) + _behind(names, name)
    return ".".join(parts) or pointer


def _behind(names: list[str], name: str) -> str:
    behind = names[names.index(name) + 1 :]
    return f" {'.'.join(behind)}" if behind else ""


def _shown(param: Any) -> str:
    is_option = any(word.startswith("-") for word in param.opts)
    return max(param.opts, key=len) if is_option else str(param.metavar or param.name.upper())
