"""ETags of what people edit: an edit that says which version it was made of is refused once there is another.

A tag covers what people edit and nothing else: it stays while calls begin and end. So an edit does not fail because a
call has ended, and no answer is left out (304) unless its tag covers the whole of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Response, g, request

from api.http.problems import Malformed
from api.http.responses import Tagged
from api.http.routes import Route
from orchestrator.errors import ChangedMeanwhile
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_HELP = 'write the ETag of a GET with its quotation marks, such as "5c1f…", several with commas between them, or *'
_READS = ("GET", "HEAD")

View = TypeVar("View", bound=Tagged)


def etag_of(row: Mapping[Any, Any], columns: Collection[str]) -> str:
    """Return the tag of what these columns of a row hold."""
    held = json.dumps([row[name] for name in columns], sort_keys=True, default=_text)
    return f'"{hashlib.sha256(held.encode()).hexdigest()[:32]}"'


def tagged(view: View, row: Mapping[Any, Any], columns: Collection[str], *, is_whole: bool = False) -> View:
    """Return the view of a row with its tag; `is_whole`: whenever anything of the view changes, the tag does."""
    view._etag, view._is_whole = etag_of(row, columns), is_whole
    return view


def expected(columns: Collection[str]) -> Expects:
    """Return the check that the present request asks for with If-Match; without the header any row will do.

    A form of the web page says so in `g.if_match`.
    """
    tags = g.get("if_match") or _sent("If-Match")
    if tags is None or "*" in tags:
        return whatever_it_is

    def check(row: Mapping[Any, Any]) -> None:
        if (etag := etag_of(row, columns)) not in tags:  # a weak one never is
            raise ChangedMeanwhile(etag)

    return check


def refuse_if_match(route: Route) -> None:
    """Raise Malformed for a condition that this address would not look at: its author believes to be safe."""
    if "If-Match" in request.headers and request.method not in _READS and not route.takes_if_match:
        raise Malformed(
            "if_match_not_taken",
            "This address takes no If-Match; PATCH and PUT of what has an ETag do, and the start of a campaign.",
        )


def not_modified(view: Any) -> Response | None:
    """Return a 304 if the present request has what it asks for already."""
    if not isinstance(view, Tagged) or not view._is_whole or request.method not in _READS:
        return None
    tags = [tag.removeprefix("W/") for tag in _sent("If-None-Match") or ()]
    return Response(status=304, headers={"ETag": view._etag}) if {view._etag, "*"} & {*tags} else None


def _sent(header: str) -> list[str] | None:
    sent = request.headers.get(header)
    if sent is None or sent.strip() == "*":
        return sent if sent is None else ["*"]
    if not _TAGS.fullmatch(sent):
        raise Malformed(f"{header.lower().replace('-', '_')}_invalid", f"{header} has no entity tag: {_HELP}.")
    return re.findall(_TAG, sent)


def _text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
