"""Reads an `http` step: what is asked, of whom, and how long an answer may take."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from orchestrator.flow.actions import HttpRequest, Nested, Value
from orchestrator.flow.limits import HTTP_LONGEST_S, HTTP_SHORTEST_S, HTTP_TIMEOUT_S
from orchestrator.flow.parsing.context import Desk, suggestion
from orchestrator.flow.parsing.durations import read_duration
from orchestrator.flow.parsing.nested_values import read_shape
from orchestrator.flow.syntax.node import Kind, Spot

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The host is the flow's to say: what a contact carries must not choose whom we ask.
_HOST_FIRST: Final = re.compile(r"https?://[^/?#{}\s@\\]+([/?#][^\s]*)?", re.ASCII | re.DOTALL)


def read_http(desk: Desk, spot: Spot) -> HttpRequest:
    """Return the request; every wrong field is told."""
    entries = desk.map_of(spot, "http", ("method", "url", "json", "timeout"))
    if "url" not in entries and spot.kind is Kind.MAP:
        desk.tell(spot, "http needs url")
    content = _json(desk, entries["json"]) if "json" in entries else None
    method = _method(desk, entries.get("method"), "POST" if content else "GET")
    if content is not None and method == "GET":
        desk.tell(entries["json"], "GET carries no json; say method: POST, or put it into the url")
    return HttpRequest(
        method=method,
        url=_url(desk, entries["url"]) if "url" in entries else None,
        json=content,
        timeout_s=_timeout(desk, entries.get("timeout")),
    )


def _method(desk: Desk, spot: Spot | None, default: str) -> str:
    method = desk.text(spot, "method")
    if spot is not None and method is not None and method not in _METHODS:
        desk.tell(spot, f"method is one of {', '.join(_METHODS)}{suggestion(method, _METHODS)}")
    return method or default


def _url(desk: Desk, spot: Spot) -> Value | None:
    text = desk.text(spot, "url")
    if text is None:
        return None
    if not _is_address(text):
        desk.tell(spot, "url is https:// or http:// and a host in plain letters; {{ … }} may stand after the host")
    return desk.value(spot, "url")


def _is_address(text: str) -> bool:
    before, place, _ = text.partition("{{")
    if not _HOST_FIRST.fullmatch(before) or (place and not re.search(r"://[^/?#]+[/?#]", before)):
        return False
    try:
        return bool(urlsplit(before).hostname) and urlsplit(before).port != 0
    except ValueError:
        return False


def _json(desk: Desk, spot: Spot) -> Nested:
    if spot.kind not in {Kind.MAP, Kind.LIST}:
        desk.tell(spot, f"json is a map or a list, but here stands {spot.kind}")
    shape, _ = read_shape(desk, spot)
    return Nested(shape, is_typed=True)


def _timeout(desk: Desk, spot: Spot | None) -> float:
    seconds = read_duration(desk, spot)
    if spot is None or seconds is None:
        return HTTP_TIMEOUT_S
    if not HTTP_SHORTEST_S <= seconds <= HTTP_LONGEST_S:
        desk.tell(spot, f"timeout is {HTTP_SHORTEST_S:g}s to {HTTP_LONGEST_S:g}s: somebody is waiting on the line")
    return seconds
