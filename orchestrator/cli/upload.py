"""Sends what lies in files to the API: flows, lists of contacts, documents."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.polling import ApiPoller
from orchestrator.errors import Misconfigured
from orchestrator.local_stack.interrupts import pause

_TYPES = {".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml"}


def flow_reference(api: ApiClient, flow: str) -> str:
    """Return the id of the flow: uploaded if `flow` is a file, otherwise the id or name it is."""
    file = Path(flow)
    if file.suffix not in _TYPES:
        return flow
    if not file.is_file():
        raise Misconfigured(f"there is no file {flow}")
    return str(upload_flow(api, file)["id"])


def upload_flow(api: ApiClient, file: Path) -> dict[str, Any]:
    """Store the flow of this file; the same content again is the same flow."""
    content_type = _TYPES.get(file.suffix, "application/yaml")
    answer: dict[str, Any] = api.upload("/v1/flows", file.read_bytes(), content_type=content_type)
    return answer


def import_contacts(api: ApiClient, campaign: str, file: Path, *, options: dict[str, str], console: Console) -> None:
    """Upload a CSV, wait until it is taken in, and tell how many rows were good and which were not.

    Exits with 1 where nobody of the file is in the campaign afterwards.
    """
    with file.open("rb") as rows:
        told = api.upload(f"/v1/campaigns/{campaign}/imports", rows, content_type="text/csv", **options)
    follower = ApiPoller(api, console)
    while told["status"] not in ("done", "completed", "failed", "canceled"):
        pause(0.3)
        told = follower.get(f"/v1/imports/{told['id']}") or told
    counts = f"{told['accepted']} accepted, {_counted(told['duplicates'], 'duplicate')}, {told['invalid']} invalid"
    console.print(f"{told['id']} {told['status']}: {_counted(told['rows'], 'row')}, {counts}")
    for line in problem_lines(told):
        console.print(f"  {line}", markup=False)
    if not told["accepted"] + told["duplicates"]:
        console.print("nobody was imported" if told["rows"] else "nobody was imported: the file has no rows")
    elif told["status"] != "failed":
        return
    raise SystemExit(1)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def problem_lines(told: dict[str, Any]) -> list[str]:
    """Return a line for each kind of refused rows, with its count and the first of them."""
    return [_problem_line(kind) for kind in told.get("problems", [])]


def _problem_line(kind: dict[str, Any]) -> str:
    rows = ", ".join(map(str, kind["rows"]))
    if kind["count"] == 1:
        return f"row {rows}: {kind['detail']}"
    more = ", …" if kind["count"] > len(kind["rows"]) else ""
    return f"{kind['count']} rows ({rows}{more}), such as: {kind['detail']}"


def read_document(file: Path) -> dict[str, Any]:
    """Return the mapping in a YAML or JSON file, its times as text; raise Misconfigured if it holds something else."""
    try:
        document = YAML(typ="safe", pure=True).load(file)
    except YAMLError as err:
        raise Misconfigured(f"{file} is neither YAML nor JSON: {err}") from err
    if not isinstance(document, dict):
        raise Misconfigured(f"{file} must hold a mapping of fields, such as `pacing: {{calls_per_second: 5}}`")
    written: dict[str, Any] = _times_as_text(document)
    return written


def _times_as_text(value: Any) -> Any:
    """Return the same with its times as the API reads them: with their own offset, or refused for having none."""
    if isinstance(value, dict):
        return {name: _times_as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_times_as_text(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
