"""Writes what of `orchestrator_client` is made of `/openapi.json`: its models, and its operations, sync and async."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from textwrap import indent
from typing import Any

from api.app import ROUTES
from api.http.openapi import openapi_document
from tools.client_methods import Method, methods_of, model_name, python_name

PACKAGE = Path(__file__).parents[1] / "orchestrator_client"
_MADE = "Made from /openapi.json by `make docs`; not edited by hand."
_SCHEMAS = "#/components/schemas/"
_OPTIONS = (
    "--input-file-type=openapi",
    "--output-model-type=typing.TypedDict",
    "--target-python-version=3.11",
    "--use-schema-description",
    "--use-union-operator",
    "--use-standard-collections",
    "--no-use-closed-typed-dict",
    "--enum-field-as-literal=all",
    "--disable-timestamp",
    "--formatters=builtin",
    f'--custom-file-header="""What the API takes and gives, as JSON. {_MADE}"""',
)


def made_files() -> dict[str, str]:
    """Return the text of each file of the client that is made, by its name."""
    document = openapi_document(ROUTES)
    methods = methods_of(document)
    return {
        "models.py": _formatted(_models(document)),
        "operations.py": _formatted(_operations(methods, is_async=False)),
        "async_operations.py": _formatted(_operations(methods, is_async=True)),
    }


def _models(document: Mapping[str, Any]) -> str:
    text = json.dumps(document)
    schemas = sorted(document["components"]["schemas"], key=len, reverse=True)
    for schema in schemas:
        text = text.replace(f'"{_SCHEMAS}{schema}"', f'"{_SCHEMAS}{model_name(schema)}"')
    renamed = json.loads(text)
    renamed["components"]["schemas"] = {
        model_name(name): _as_one(schema) for name, schema in renamed["components"]["schemas"].items()
    }
    if len(renamed["components"]["schemas"]) < len(schemas):
        raise SystemExit("two schemas would have one name")
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "openapi.json", Path(folder) / "models.py"
        source.write_text(json.dumps(renamed))
        command = [sys.executable, "-m", "datamodel_code_generator", "--input", str(source), "--output", str(made)]
        subprocess.run([*command, *_OPTIONS], check=True)  # noqa: S603 our own words
        return made.read_text()


def _as_one(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without its "either this field or that one", for which no type of Python has a word."""
    return {key: value for key, value in schema.items() if key != "oneOf" or "properties" not in schema}


def _operations(methods: Iterable[Method], *, is_async: bool) -> str:
    prefix = "Async" if is_async else ""
    groups = {name: list(each) for name, each in groupby(sorted(methods, key=lambda m: m.group), lambda m: m.group)}
    attributes = "".join(f"        self.{name} = {prefix}{_class(name)}(transport)\n" for name in groups)
    transport = "async_transport" if is_async else "transport"
    head = f'''"""Every operation of the API as a method{", awaited" if is_async else ""}. {_MADE}"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Unpack

from orchestrator_client.downloads import {prefix}Download
from orchestrator_client.paging import {prefix}Pages
from orchestrator_client.requests import Request, address, new_key
from orchestrator_client.{transport} import {prefix}Transport
from orchestrator_client.uploads import Source, Upload

if TYPE_CHECKING:  # hundreds of types that no answer waits for
    from orchestrator_client import models


class {prefix}Operations:
    """Every operation, in the groups of their addresses."""

    def __init__(self, transport: {prefix}Transport) -> None:
        self.transport = transport
{attributes}

class _Group:
    def __init__(self, transport: {prefix}Transport) -> None:
        self.transport = transport
'''
    return head + "".join(
        f'\n\nclass {prefix}{_class(name)}(_Group):\n    """The operations of `{_place(name)}`."""\n\n'
        + "\n".join(indent(_method(method, is_async=is_async), "    ") for method in each)
        for name, each in groups.items()
    )


def _class(group: str) -> str:
    return "".join(word.title() for word in group.split("_"))


def _place(group: str) -> str:
    return "/" if group == "system" else f"/v1/{group.replace('_', '-')}"


def _method(method: Method, *, is_async: bool) -> str:
    prefix = "Async" if is_async else ""
    returns = "None" if method.gives is None else method.gives
    request = _request(method)
    is_awaited = False
    if method.item:
        returns = f"{prefix}Pages[{method.item}, {method.gives}]"
        body = f"return {prefix}Pages(self.transport.send, {request})"
    elif returns == "":
        returns = f"{prefix}Download"
        body = f"return {prefix}Download(self.transport.pieces, {request})"
    else:
        is_awaited = is_async
        sent = f"{'await ' if is_async else ''}self.transport.send({request})"
        body = sent if returns == "None" else f"answer: {returns} = {sent}\nreturn answer"
    return f"{'async ' if is_awaited else ''}def {method.python_name}({_parameters(method)}) -> {returns}:\n" + indent(
        f'"""{_docstring(method.text)}"""\n{body}\n', "    "
    )


def _docstring(text: str) -> str:
    one = text.replace("\\", "\\\\").strip()
    return f"{one}\n" if "\n" in one else one


def _parameters(method: Method) -> str:
    positional = [f"{python_name(each)}: str" for each in method.ids] + ["content: Source"] * bool(method.media)
    named = [
        f"{python_name(name)}: {type_}" + ("" if is_required else " | None = None")
        for name, type_, is_required in sorted(method.query, key=lambda each: not each[2])
    ]
    if len(method.media) > 1:
        named.append(f"content_type: Literal[{', '.join(map(repr, method.media))}] = {method.media[0]!r}")
    named += ["idempotency_key: str | None = None"] * method.takes_key + [
        "if_match: str | None = None"
    ] * method.takes_etag
    body = [f"**body: Unpack[{method.body}]"] if method.body else []
    return ", ".join(["self", *positional, *["/"] * bool(positional or body), *["*"] * bool(named), *named, *body])


def _request(method: Method) -> str:
    template = json.dumps("/".join("{}" if part.startswith("{") else part for part in method.path.split("/")))
    arguments = [f'method="{method.verb}"']
    arguments.append(f"path=address({', '.join([template, *map(python_name, method.ids)])})")
    if method.query:
        arguments.append(f"query={{{', '.join(f'{name!r}: {python_name(name)}' for name, *_ in method.query)}}}")
    if method.body:
        arguments.append("json=body")
    elif method.media:
        media = "content_type" if len(method.media) > 1 else repr(method.media[0])
        arguments.append(f"content=Upload(content), content_type={media}")
    if method.takes_key:
        arguments.append("idempotency_key=idempotency_key or new_key()")
    if method.takes_etag:
        arguments.append("if_match=if_match")
    if method.gives == "":
        arguments.append("is_download=True")
    return f"Request({', '.join(arguments)})"


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    checked = [
        *ruff,
        "check",
        "--quiet",
        "--fix-only",
        "--ignore-noqa",
        "--select=I,F401,PYI030,UP",
        "--stdin-filename",
    ]
    name = str(PACKAGE / "made.py")
    for command in ([*checked, name, "-"], [*ruff, "format", "--quiet", "--stdin-filename", name, "-"]):
        text = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603 our own words
    return text


if __name__ == "__main__":
    for name, text in made_files().items():
        (PACKAGE / name).write_text(text)
