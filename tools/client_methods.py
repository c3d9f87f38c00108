"""Makes of each operation of `/openapi.json` the method of the Python client that asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

JSON = "application/json"

# Nobody but the carrier can sign what comes here.
LEFT_OUT = {("post", "/webhooks/telnyx")}

# Where the rules of `_name` give what nobody would look for.
NAMES = {
    ("post", "/v1/campaigns/{campaign_id}/contacts"): "add_contacts",
    ("post", "/v1/campaigns/{campaign_id}/imports"): "import_contacts",
    ("post", "/v1/campaigns/{campaign_id}/imports/preview"): "preview_import",
    ("post", "/v1/contacts/bulk"): "change_many",
    ("post", "/v1/contacts/{contact_id}/lifted-holds"): "lift_holds",
    ("post", "/v1/explain"): "create",
    ("delete", "/v1/imports/{import_id}"): "withdraw",
    ("get", "/v1/calls/{call_id}/media/{file}"): "media_file",
    ("post", "/v1/calls/{call_id}/media/play"): "play_media",
    ("post", "/v1/events/dead/{letter_id}/replay"): "replay_dead",
    ("delete", "/v1/events/dead/{letter_id}"): "discard_dead",
    ("delete", "/v1/suppressions"): "lift",
    ("post", "/v1/consents/import"): "import_file",
    ("post", "/v1/lists/{list_id}/entries"): "add_entries",
    ("post", "/v1/caller-id-pools/{pool_id}/numbers"): "add_numbers",
}

_ALONE = {"get": "get", "post": "create", "patch": "update", "put": "replace", "delete": "delete"}
_BEFORE = {"get": "", "post": "", "patch": "update_", "put": "replace_", "delete": "remove_"}


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of a group, and the request that it makes."""

    group: str
    name: str
    verb: str
    path: str
    ids: tuple[str, ...]
    query: tuple[tuple[str, str, bool], ...]
    """Name, type, and whether it must be given."""
    body: str | None
    """The model of its JSON."""
    media: tuple[str, ...]
    """The types of its body, where that is sent as it is."""
    takes_key: bool
    takes_etag: bool
    gives: str | None
    """The model of its answer; "" for bytes."""
    item: str | None
    """The model of an item, where the answer is a page."""
    text: str

    @property
    def python_name(self) -> str:
        """Return the name as Python allows it."""
        return python_name(self.name)


def python_name(name: str) -> str:
    """Return a name as Python allows it: `from_`."""
    snake = re.sub(r"\W", "_", name)
    return f"{snake}_" if iskeyword(snake) else snake


def model_name(schema: str) -> str:
    """Return the class of a schema: `Page_CallView_` is PageCallView, `api__x__health__View` HealthView."""
    words = schema.split("__")[-2:]
    return "".join(word[:1].upper() + word[1:] for each in words for word in re.split(r"[\W_]+", each) if word)


def methods_of(document: Mapping[str, Any]) -> list[Method]:
    """Return the methods for a document, in its order; raises SystemExit where two have one name."""
    found = [
        method
        for path, operations in document["paths"].items()
        for verb, operation in operations.items()
        if (verb, path) not in LEFT_OUT
        for method in _variants(verb, path, operation, document)
    ]
    names = [(method.group, method.name) for method in found]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise SystemExit(f"two operations are {doubled}: name one in NAMES of {__file__}")
    return found


def _variants(verb: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Method]:
    """Yield the one method of an operation, or two, where it takes a model or a file and answers them differently."""
    content = operation.get("requestBody", {}).get("content", {})
    model = content.get(JSON, {}).get("schema", {}).get("$ref")
    files = tuple(media for media in content if media != JSON) if model else tuple(content)
    name = NAMES.get((verb, path)) or _name(verb, path, is_list=bool(_item(_answer(operation, "first"), document)))
    if model:
        yield _method(name, verb, path, operation, document, body=model, answer=_answer(operation, "last"))
    if files or not model:
        named = "import_file" if model else name
        yield _method(named, verb, path, operation, document, media=files, answer=_answer(operation, "first"))


def _method(
    name: str,
    verb: str,
    path: str,
    operation: Mapping[str, Any],
    document: Mapping[str, Any],
    *,
    body: str | None = None,
    media: tuple[str, ...] = (),
    answer: Mapping[str, Any] | None,
) -> Method:
    headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
    return Method(
        group=_group(path),
        name=name,
        verb=verb.upper(),
        path=path,
        ids=tuple(each["name"] for each in operation["parameters"] if each["in"] == "path"),
        query=() if body else tuple(_query(operation)),
        body=_named(body) if body else None,
        media=media,
        takes_key="Idempotency-Key" in headers,
        takes_etag="If-Match" in headers,
        gives=None if answer is None else _model(answer),
        item=_item(answer, document),
        text="\n\n".join(filter(None, [f"{operation['summary']}.", operation["description"]])),
    )


def _group(path: str) -> str:
    return path.split("/")[2].replace("-", "_") if path.startswith("/v1/") else "system"


def _name(verb: str, path: str, *, is_list: bool) -> str:
    """Return `get`, `list`, `create`, `update` or `delete` for a thing, otherwise what the address says behind it."""
    if not path.startswith("/v1/"):
        return "_".join(re.findall(r"\w+", re.sub(r"\{.*?\}", "", path)))
    behind = [part for part in path.split("/")[3:] if not part.startswith("{") and part != "actions"]
    words = "_".join(behind).replace("-", "_").removesuffix(".csv")
    if is_list:
        return f"list_{words}" if words else "list"
    if not words:
        return _ALONE[verb]
    return _BEFORE[verb] + (behind[-1].replace("-", "_") if verb == "post" else words)


def _query(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for each in operation["parameters"]:
        if each["in"] == "query":
            yield each["name"], _type(each["schema"]), each["required"]


def _type(schema: Mapping[str, Any]) -> str:
    if values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return f"Literal[{', '.join(map(repr, values))}]"
    if schema.get("format") == "date-time":
        return "datetime | str"
    return {"integer": "int", "number": "float", "boolean": "bool"}.get(schema.get("type", ""), "str")


def _answer(operation: Mapping[str, Any], which: str) -> Mapping[str, Any] | None:
    """Return the content of the first or the last success; None if it has none."""
    successes = sorted(status for status in operation["responses"] if status in ("200", "201", "202", "204"))
    content = operation["responses"][successes[0 if which == "first" else -1]].get("content")
    return content or None


def _model(answer: Mapping[str, Any]) -> str:
    if JSON not in answer:
        return ""
    return _named(answer[JSON]["schema"]["$ref"]) if "$ref" in answer[JSON]["schema"] else "dict[str, Any]"


def _item(answer: Mapping[str, Any] | None, document: Mapping[str, Any]) -> str | None:
    reference = (answer or {}).get(JSON, {}).get("schema", {}).get("$ref")
    fields = document["components"]["schemas"][reference.rpartition("/")[2]].get("properties", {}) if reference else {}
    is_page = "data" in fields and fields.keys() & {"next_cursor", "next_after"}
    return _named(fields["data"]["items"]["$ref"]) if is_page else None


def _named(reference: str) -> str:
    return f"models.{model_name(reference.rpartition('/')[2])}"
