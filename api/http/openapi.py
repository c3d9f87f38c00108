"""Makes the OpenAPI 3.1 document from the table of routes and its models: nothing is described twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from api.http.error_schemas import FieldProblem, Problem
from api.http.path_ids import pattern_of
from api.http.responses import REFUSALS_OF_THE_SERVER, Tagged
from api.http.routes import Body, Route
from orchestrator.policy.durations import format_duration
from orchestrator.policy.roles import Role

_REF = "#/components/schemas/{model}"
_TYPES = {"application/json": "object"}  # all other media are text, or bytes
_OTHER_NAMES = {
    "connection_id": "The id of the carrier's connection.",
    "file": "The name of a captured file, as the call's media lists it.",
}
_ETAG = "Of what can be edited: it stays while calls begin and end. For the If-Match of a change."
_IF_MATCH = ("If-Match", "The ETag of what you read: 412 `changed_meanwhile` if somebody has changed it since.")
_IF_NONE_MATCH = ("If-None-Match", "An ETag that you have: 304 if it still covers the whole answer.")
_DESCRIPTION = """Calls lists of people through Telnyx, walks each call through a flow, and reports.

Every request under `/v1` carries `Authorization: Bearer <API key>`. Lists are `{data, next_cursor}`, newest first.
Times are RFC 3339 in UTC with milliseconds; durations are written `"90s"`, `"10m"`, `"1d"`. Unknown fields are refused.
Errors are problem documents (RFC 9457) with a stable `code`; a 422 lists every wrong field at once.
`HEAD` is answered wherever `GET` is; any other method of an address is refused with 405 and `Allow`.
"""


class _Schemas(GenerateJsonSchema):
    """Writes defaults as requests write them."""

    def encode_default(self, dft: Any) -> Any:
        """Return a default as JSON."""
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the whole document."""
    models = _models(routes)
    refs, schemas = models_json_schema(models, ref_template=_REF, schema_generator=_Schemas)
    names = {key: ref["$ref"] for key, ref in refs.items()}
    for route in routes:
        _withhold(route, schemas["$defs"], names)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operations = paths.setdefault(route.path, {})
        described = _operation(route, names)
        same = operations.get(route.method.lower())
        operations[route.method.lower()] = _merged(same, described) if same else described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Call orchestrator", "version": _version(), "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(routes: Sequence[Route]) -> list[tuple[type[BaseModel], Any]]:
    wanted: dict[tuple[type[BaseModel], str], None] = {(Problem, "serialization"): None}
    wanted[FieldProblem, "serialization"] = None
    for route in routes:
        if route.body and route.body.model:
            wanted[route.body.model, "validation"] = None
        for given in route.gives.values():
            if isinstance(given, type):
                wanted[given, "serialization"] = None
    return list(wanted)


def _withhold(route: Route, schemas: Mapping[str, Any], names: Mapping[Any, str]) -> None:
    """Take out of a body's schema what the body has and the address refuses."""
    if route.body and route.body.model and route.body.refused:
        fields = schemas[names[route.body.model, "validation"].rpartition("/")[2]]["properties"]
        for name in route.body.refused & fields.keys():
            del fields[name]


def _operation(route: Route, names: Mapping[Any, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "tags": [route.tag],
        "summary": route.summary.rstrip("."),
        "description": route.description,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": {**_answers(route, names), **_failures(route)},
        "security": [] if route.is_open else [{"bearer": []}],
    }
    if route.body:
        operation["requestBody"] = _request_body(route.body, names)
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[{}]", "", route.path.removeprefix("/v1/")).replace("/", " ").replace("-", " ").replace(".", " ")
    suffix = "_csv" if route.body and route.body.media == ("text/csv",) and route.tag == "suppressions" else ""
    return "_".join([route.method.lower(), *words.split()]) + suffix


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _id_schema(name)}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _id_schema(name: str) -> dict[str, Any]:
    pattern = pattern_of(name)
    described = {"pattern": pattern} if pattern else {"description": _OTHER_NAMES.get(name, "")}
    return {"type": "string", **described}


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = _inlined(route.query)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(described)}
        for name, described in schema.get("properties", {}).items()
    ]


@cache
def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    return dict(_resolved(schema, schema.get("$defs", {})))


def _resolved(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            return _resolved(definitions[node["$ref"].rsplit("/", 1)[1]], definitions)
        return {key: _resolved(value, definitions) for key, value in node.items() if key != "$defs"}
    return [_resolved(item, definitions) for item in node] if isinstance(node, list) else node


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a query parameter's schema: what may be left out is never sent as null."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    if len(options) != 1:
        return schema
    beside = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**options[0], **beside}


def _headers(route: Route) -> list[dict[str, Any]]:
    return [*_conditions(route), *_idempotency(route)]


def _conditions(route: Route) -> list[dict[str, Any]]:
    is_read = route.is_tagged and route.method == "GET"
    if not (is_read or route.takes_if_match):
        return []
    name, detail = _IF_NONE_MATCH if is_read else _IF_MATCH
    return [{"name": name, "in": "header", "required": False, "description": detail, "schema": {"type": "string"}}]


def _idempotency(route: Route) -> list[dict[str, Any]]:
    if route.idempotency == "none":
        return []
    detail = "Kept for 24 h: the same key and body get the first answer again, with `Idempotent-Replayed: true`."
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    is_required = route.idempotency == "required"
    return [
        {"name": "Idempotency-Key", "in": "header", "required": is_required, "description": detail, "schema": schema}
    ]


def _request_body(body: Body, names: Mapping[Any, str]) -> dict[str, Any]:
    content = {media: {"schema": _schema_of(body, media, names)} for media in body.media}
    return {"required": not body.may_be_missing, "content": content, "description": f"At most {body.max_bytes} bytes."}


def _schema_of(body: Body, media: str, names: Mapping[Any, str]) -> dict[str, Any]:
    return {"$ref": names[body.model, "validation"]} if body.model else {"type": _TYPES.get(media, "string")}


def _answers(route: Route, names: Mapping[Any, str]) -> dict[str, Any]:
    given = {str(status): _answer(status, given, names) for status, given in route.gives.items()}
    if route.is_tagged and route.method == "GET":
        given["304"] = {"description": "The tag of If-None-Match still fits; only where it covers the whole answer."}
    return given


def _answer(status: int, given: Any, names: Mapping[Any, str]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if isinstance(given, tuple):
        described["content"] = {media: {"schema": {"type": _TYPES.get(media, "string")}} for media in given}
    elif given is not None:
        if issubclass(given, Tagged):
            described["headers"] = {"ETag": {"schema": {"type": "string"}, "description": _ETAG}}
        described["content"] = {"application/json": {"schema": {"$ref": names[given, "serialization"]}}}
    return described


def _failures(route: Route) -> dict[str, Any]:
    statuses = {*route.fails, *REFUSALS_OF_THE_SERVER, *_refusals_of_the_address(route)}
    statuses |= {422} if route.body and route.body.model else set()
    statuses |= {403} if not route.is_open and route.needs is not Role.VIEWER else set()
    statuses |= {412} if route.takes_if_match else set()
    statuses |= {409, 410, 422} if route.idempotency != "none" else set()
    return {str(status): _failure(status) for status in sorted(statuses - route.gives.keys())}


def _refusals_of_the_address(route: Route) -> set[int]:
    """Return what any request may get: without the key, with an id of nothing, with a query that is not understood."""
    unknown = {404} if "{" in route.path else set()
    return unknown | ({422} if route.query else set()) | (set() if route.is_open else {401, 422})


def _failure(status: int) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="Problem")}
    described: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "In seconds."}}
    return described


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return one operation that takes either body."""
    body = first["requestBody"]
    content = {**body["content"], **second["requestBody"]["content"]}
    return {
        **first,
        "description": f"{first['description']}\n\n{second['summary']}.".strip(),
        "parameters": [*first["parameters"], *second["parameters"]],
        "responses": {**second["responses"], **first["responses"]},
        "requestBody": {**body, "content": content},
    }


def _version() -> str:
    try:
        return version("call-orchestrator")
    except PackageNotFoundError:
        return "0"


def described_routes(document: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield (METHOD, path) of everything a document describes."""
    for path, operations in document["paths"].items():
        for method in operations:
            yield method.upper(), path
