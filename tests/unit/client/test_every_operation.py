"""The Python client has a method for every operation of `/openapi.json`, and no parameter that is not one of it."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import anyio
import httpx
import pytest

from api.app import ROUTES
from api.http.openapi import openapi_document
from orchestrator_client import AsyncClient, Client, models
from tools.client_methods import LEFT_OUT, model_name
from tools.make_client import PACKAGE, made_files

BESIDE = {"content", "content_type", "idempotency_key", "if_match", "body"}


@cache
def document() -> dict[str, Any]:
    return json.loads(json.dumps(openapi_document(ROUTES)))


@dataclass(frozen=True)
class Asked:
    """What a method asks the API: the operation, and what it sends with it."""

    name: str
    operation: tuple[str, str]
    query: frozenset[str]
    named: int
    headers: httpx.Headers


@cache
def asked(is_async: bool) -> list[Asked]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": [], "next_cursor": None})

    made = []
    for name, call, named in _calls(answer, is_async=is_async):
        call()
        request = seen.pop()
        operation = _operation(request.method.lower(), request.url.raw_path.decode().partition("?")[0])
        made.append(Asked(name, operation, frozenset(request.url.params), named, request.headers))
    return made


def _calls(answer: Any, *, is_async: bool) -> Iterator[tuple[str, Any, int]]:
    """Yield each method, called with everything that it takes."""
    transport = httpx.MockTransport(answer)

    def client() -> Any:
        if is_async:
            return AsyncClient("http://api", "k", http=httpx.AsyncClient(transport=transport))
        return Client("http://api", "k", http=httpx.Client(transport=transport))

    for group, operations in vars(client()).items():
        for name, method in inspect.getmembers(operations, inspect.ismethod):
            if group == "transport" or name.startswith("_"):
                continue
            ids, given, named = _arguments(method)

            def call(group: str = group, name: str = name, ids: Any = ids, given: Any = given) -> None:
                made = getattr(getattr(client(), group), name)(*ids, **given)
                settled = made.first() if hasattr(made, "first") else made.read() if hasattr(made, "read") else made
                if inspect.isawaitable(settled):
                    anyio.run(_awaited, settled)

            yield f"{group}.{name}", call, named


async def _awaited(made: Any) -> Any:
    return await made


def _arguments(method: Any) -> tuple[list[str], dict[str, str], int]:
    """Return values for every parameter, and how many go into the query."""
    ids, given = [], {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            ids.append("x")
        elif parameter.kind is parameter.KEYWORD_ONLY:
            given[name] = "x"
    return ids, given, len(given.keys() - BESIDE)


def _operation(method: str, path: str) -> tuple[str, str]:
    """Return the operation of an address; of two that match, the one with fewer ids."""
    for template, operations in sorted(document()["paths"].items(), key=lambda each: each[0].count("{")):
        if method in operations and re.fullmatch(re.sub(r"\\{\w+\\}", "x", re.escape(template)), path):
            return method, template
    raise AssertionError(f"there is no {method} {path}")


def _described(operation: tuple[str, str], place: str) -> set[str]:
    method, path = operation
    return {p["name"] for p in document()["paths"][path][method]["parameters"] if p["in"] == place}


@pytest.mark.parametrize("is_async", [False, True])
def test_every_operation_has_a_method(is_async: bool) -> None:
    operations = {(method, path) for path, same in document()["paths"].items() for method in same}

    assert {each.operation for each in asked(is_async)} == operations - LEFT_OUT
    assert len(LEFT_OUT) == 1


@pytest.mark.parametrize("is_async", [False, True])
def test_every_parameter_is_one_of_the_operation_and_none_is_missing(is_async: bool) -> None:
    sent: dict[tuple[str, str], set[str]] = {}
    for each in asked(is_async):
        assert len(each.query) == each.named, each.name
        assert each.query <= _described(each.operation, "query"), each.name
        sent.setdefault(each.operation, set()).update(each.query)
        for header in ("Idempotency-Key", "If-Match"):
            assert (header in each.headers) == (header in _described(each.operation, "header")), each.name

    assert {operation: _described(operation, "query") for operation in sent} == sent


def test_every_schema_is_a_type_with_its_fields() -> None:
    for name, schema in document()["components"]["schemas"].items():
        model = getattr(models, model_name(name))
        if "properties" in schema:
            assert model.__annotations__.keys() == schema["properties"].keys(), name
            required = set(schema.get("required", []))
            assert {key for key, kind in model.__annotations__.items() if "NotRequired" not in str(kind)} == required


def test_what_is_made_of_the_api_is_up_to_date() -> None:
    for name, text in made_files().items():
        assert (PACKAGE / name).read_text() == text, f"orchestrator_client/{name} is old: make docs"
