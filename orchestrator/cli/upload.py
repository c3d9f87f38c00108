"""Uploads files to the API: flows, contacts, JSON and YAML documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from orchestrator.cli.api_errors import ApiError
from orchestrator.cli.output import print_json
from orchestrator.cli.polling import ApiPoller
from orchestrator.errors import InvalidFlow, Misconfigured
from orchestrator.local_stack.interrupts import pause

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient
    from orchestrator_client.models import FlowVersion

_TYPES: Mapping[str, Literal["application/json", "application/yaml"]] = {
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_Table = Literal["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]
_XLSX: _Table = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TABLES: Mapping[str, _Table] = {".xlsx": _XLSX, ".xlsm": _XLSX}


def flow_reference(api: ApiClient, flow: str) -> str:
    """Return the id of the flow: uploaded if `flow` is a file, otherwise the id or name it is."""
    file = Path(flow)
    if file.suffix not in _TYPES:
        return flow
    if not file.is_file():
        raise Misconfigured(f"there is no file {flow}")
    return str(upload_flow(api, file)["id"])


@dataclass(frozen=True, slots=True)
class ProblemInFile:
    """A problem of a flow that stands in a file: `str` says file, line and step."""

    file: Path
    step: str | None
    line: int
    pointer: str
    detail: str

    def __str__(self) -> str:
        where = (f", line {self.line}" if self.line else "") + (f", step {self.step}" if self.step else "")
        return f"{self.file}{where or f', {self.pointer}'}: {self.detail}"


def upload_flow(api: ApiClient, file: Path) -> FlowVersion:
    """Store the flow of this file; the same content again is the same flow. Raises InvalidFlow, by file and line."""
    content_type = _TYPES.get(file.suffix, "application/yaml")
    try:
        answer = api.flows.create(file.read_bytes(), content_type=content_type)
    except ApiError as err:
        if not (errors := err.problem.get("errors")):
            raise
        raise InvalidFlow([_in_file(file, each) for each in errors]) from err
    return answer


def _in_file(file: Path, error: Mapping[str, Any]) -> ProblemInFile:
    return ProblemInFile(file, error.get("step"), error.get("line") or 0, error["pointer"], error["detail"])


def content_type_of(file: Path) -> _Table:
    """Return the media type of a table, by the name of its file."""
    return _TABLES.get(file.suffix.lower(), "text/csv")


def import_contacts(
    api: ApiClient, campaign: str, file: Path, *, options: Mapping[str, Any], console: Console, as_json: bool = False
) -> None:
    """Upload a CSV file, wait for the import, and print the counts and the rejected rows.

    Exits with status 1 if no contact of the file is in the campaign afterwards.
    """
    job: Mapping[str, Any] = api.campaigns.import_contacts(
        campaign, file, content_type=content_type_of(file), **options
    )
    follower = ApiPoller(console)
    while job["status"] not in ("done", "completed", "failed", "canceled"):
        pause(0.3)
        job = follower.ask(partial(api.imports.get, job["id"])) or job
    print_json(job) if as_json else _print_import(job, console)
    if job["status"] == "failed" or not _imported(job):
        raise SystemExit(1)


def _imported(job: Mapping[str, Any]) -> int:
    return int(job["accepted"] + job["duplicates"])


def _print_import(job: Mapping[str, Any], console: Console) -> None:
    counts = f"{job['accepted']} accepted, {counted(job['duplicates'], 'duplicate')}, {job['invalid']} invalid"
    console.print(f"{job['id']} {job['status']}: {counted(job['rows'], 'row')}, {counts}")
    for line in problem_lines(job):
        console.print(f"  {line}", markup=False)
    if not _imported(job):
        console.print("nobody was imported" if job["rows"] else "nobody was imported: the file has no rows")


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural where it is one."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def problem_lines(job: Mapping[str, Any]) -> list[str]:
    """Return a line for each kind of problem, with its count and the first rows."""
    return [_problem_line(kind) for kind in job.get("problems", [])]


def _problem_line(kind: Mapping[str, Any]) -> str:
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
    """Return the value with its dates and times as ISO 8601 text, for the API to validate."""
    if isinstance(value, dict):
        return {str(name): _times_as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_times_as_text(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
