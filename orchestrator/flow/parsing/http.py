"""Parses an `http` step: method, URL, JSON and timeout."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from orchestrator.flow.actions import HttpRequest, Nested, Value
from orchestrator.flow.limits import HTTP_LONGEST_S, HTTP_SHORTEST_S, HTTP_TIMEOUT_S
from orchestrator.flow.parsing.context import ParseContext, suggestion
from orchestrator.flow.parsing.durations import read_duration
from orchestrator.flow.parsing.nested_values import read_nested
from orchestrator.flow.syntax.node import DocumentNode, Kind

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The flow names the host: a contact's data must not choose where a request goes.
_HOST_FIRST: Final = re.compile(r"https?://[^/?#{}\s@\\]+([/?#][^\s]*)?", re.ASCII | re.DOTALL)


def read_http(context: ParseContext, node: DocumentNode) -> HttpRequest:
    """Return the request; report every invalid field."""
    entries = context.map_of(node, "http", ("method", "url", "json", "timeout"))
    if "url" not in entries and node.kind is Kind.MAP:
        context.report(node, "http needs url")
    content = _json(context, entries["json"]) if "json" in entries else None
    method = _method(context, entries.get("method"), "POST" if content else "GET")
    if content is not None and method == "GET":
        context.report(entries["json"], "GET carries no json; say method: POST, or put it into the url")
    return HttpRequest(
        method=method,
        url=_url(context, entries["url"]) if "url" in entries else None,
        json=content,
        timeout_s=_timeout(context, entries.get("timeout")),
    )


def _method(context: ParseContext, node: DocumentNode | None, default: str) -> str:
    method = context.text(node, "method")
    if node is not None and method is not None and method not in _METHODS:
        context.report(node, f"method is one of {', '.join(_METHODS)}{suggestion(method, _METHODS)}")
    return method or default


def _url(context: ParseContext, node: DocumentNode) -> Value | None:
    text = context.text(node, "url")
    if text is None:
        return None
    if not _is_address(text):
        context.report(node, "url is https:// or http:// and a host in plain letters; {{ … }} may stand after the host")
    return context.value(node, "url")


def _is_address(text: str) -> bool:
    before, place, _ = text.partition("{{")
    if not _HOST_FIRST.fullmatch(before) or (place and not re.search(r"://[^/?#]+[/?#]", before)):
        return False
    try:
        return bool(urlsplit(before).hostname) and urlsplit(before).port != 0
    except ValueError:
        return False


def _json(context: ParseContext, node: DocumentNode) -> Nested:
    if node.kind not in {Kind.MAP, Kind.LIST}:
        context.report(node, f"json is a map or a list, but here stands {node.kind}")
    shape, _ = read_nested(context, node)
    return Nested(shape, is_typed=True)


def _timeout(context: ParseContext, node: DocumentNode | None) -> float:
    seconds = read_duration(context, node)
    if node is None or seconds is None:
        return HTTP_TIMEOUT_S
    if not HTTP_SHORTEST_S <= seconds <= HTTP_LONGEST_S:
        context.report(node, f"timeout is {HTTP_SHORTEST_S:g}s to {HTTP_LONGEST_S:g}s: somebody is waiting on the line")
    return seconds
