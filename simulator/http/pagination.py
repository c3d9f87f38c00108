"""Pagination of lists."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from simulator.http.request_handling import json_response
from simulator.world import World


def paginated(world: World, request: web.Request, rows: list[dict[str, Any]]) -> web.Response:
    """Return the requested page: `page[number]` from 1, `page[size]` 20 by default and at most 250."""
    size = min(250, max(1, _whole(request.query.get("page[size]"), default=20)))
    number = max(1, _whole(request.query.get("page[number]"), default=1))
    meta = {
        "page_number": number,
        "page_size": size,
        "total_pages": -(-len(rows) // size),
        "total_results": len(rows),
    }
    return json_response(world, orjson.dumps({"data": rows[(number - 1) * size : number * size], "meta": meta}))


def _whole(text: str | None, *, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default
