"""Requests: made once for each call of a method, sent once for each attempt, by either client."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from orchestrator_client.uploads import Upload

UPLOAD_S = 3600.0  # the answer to a file comes when every row is written

QueryValue = str | int | float | bool | datetime


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of the API; `timeout_s` is the least that the answer may take, in seconds."""

    method: str
    path: str
    query: Mapping[str, QueryValue | None] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    content: Upload | None = None
    content_type: str | None = None
    idempotency_key: str | None = None
    if_match: str | None = None
    is_download: bool = False

    @property
    def may_be_repeated(self) -> bool:
        """Whether a second attempt has no second effect: it only reads, or carries an Idempotency-Key."""
        has_no_second_effect = self.method == "GET" or self.idempotency_key is not None
        return has_no_second_effect and (self.content is None or self.content.may_be_repeated)

    @property
    def timeout_s(self) -> float:
        """Return the least time in which the answer must come."""
        return UPLOAD_S if self.content else 0.0

    @property
    def parameters(self) -> dict[str, str]:
        """Return the query as text, without what was not given."""
        return {name: _as_text(value) for name, value in self.query.items() if value is not None}

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of this request alone."""
        given = {
            "Content-Type": self.content_type,
            "Content-Length": str(self.content.size()) if self.content and self.content.size() is not None else None,
            "Idempotency-Key": self.idempotency_key,
            "If-Match": self.if_match,
            "Accept-Encoding": "identity" if self.is_download else None,
        }
        return {name: value for name, value in given.items() if value is not None}


def address(template: str, *ids: str) -> str:
    """Return a path with `ids` in the places of `{}`; an id cannot name another address.

    Raises ValueError for an id that is empty, `.` or `..`.
    """
    for each in ids:
        if each in ("", ".", ".."):
            raise ValueError(f"{each!r} is no id")
    return template.format(*(quote(each, safe="") for each in ids))


def new_key() -> str:
    """Return a new Idempotency-Key."""
    return secrets.token_hex(16)


def _as_text(value: QueryValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.isoformat()
    return str(value)
