"""A flow document: read from YAML or JSON, not yet parsed."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.errors import InvalidFlow
from orchestrator.flow.limits import MAX_BYTES
from orchestrator.flow.syntax.json_reader import read_json
from orchestrator.flow.syntax.node import Node
from orchestrator.flow.syntax.problem import FlowProblem
from orchestrator.flow.syntax.yaml_reader import Unreadable, read_yaml

JSON_TYPE = "application/json"
YAML_TYPE = "application/yaml"


@dataclass(frozen=True, slots=True)
class FlowDocument:
    """The root of a readable document, its text, and what is wrong although it could be read (repeated keys)."""

    root: Node
    text: str
    problems: tuple[FlowProblem, ...] = ()


def parse_flow(text: bytes | str, content_type: str = YAML_TYPE) -> FlowDocument:
    """Read `text`; `content_type` is application/yaml or application/json, parameters ignored.

    Raises InvalidFlow with the one problem when it cannot be read: syntax, encoding, more than 256 kB or 2,000 nodes.
    """
    try:
        decoded = _decoded(text)
        is_json = content_type.partition(";")[0].strip().lower() == JSON_TYPE
        root, problems = read_json(decoded) if is_json else read_yaml(decoded)
    except Unreadable as err:
        raise InvalidFlow([err.problem]) from err
    return FlowDocument(root, decoded, tuple(problems))


def _decoded(text: bytes | str) -> str:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise Unreadable(1, f"{len(raw):,} bytes; a flow has at most {MAX_BYTES:,}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = raw.count(b"\n", 0, err.start) + 1
        raise Unreadable(line, "this is not UTF-8") from err
