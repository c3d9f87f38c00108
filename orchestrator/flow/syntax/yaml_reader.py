"""Reads a YAML 1.2 document into nodes that keep their lines; stops early at documents that expand without bound."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.scanner import Scanner, ScannerError

from orchestrator.flow.limits import MAX_DEPTH, MAX_NODES
from orchestrator.flow.syntax.node import Kind, Node, escape_pointer
from orchestrator.flow.syntax.problem import FlowProblem
from orchestrator.flow.syntax.scalars import forbidden_character, resolve_plain

_BARE_HASH: Final = re.compile(r"[{\[][^}\]\n]*:\s+#")
_BARE_BRACES: Final = re.compile(r":\s+(?=[^\s|>#])(?P<text>[^{\n]*\{\{)")
_LONGEST_LINE: Final = 2_000
_TOO_DEEP: Final = f"nested more than {MAX_DEPTH} deep"
_IN_QUOTES: Final = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")


class Unreadable(Exception):
    """Raised when the text cannot be read at all; carries the one problem found."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.problem = FlowProblem(None, line, "", detail)


@dataclass
class _Open:
    """A map or list that is being read."""

    start: Any
    is_map: bool
    anchor: str | None
    as_key: bool
    entries: dict[str, Node] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: Node | None = None
    has_odd_key: bool = False
    size: int = 1


class _Composer:
    """Builds nodes from the parser's events; counts them as if every alias were written out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[FlowProblem] = []
        self.anchors: dict[str, Node] = {}
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0
        self.count = 0

    def take(self, event: Event) -> None:
        match event:
            case DocumentStartEvent():
                self._start_document(event)
            case AliasEvent():
                self._add(self._aliased(event))
            case ScalarEvent():
                self._add(self._scalar(event))
            case MappingStartEvent() | SequenceStartEvent():
                self._start(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._end(event)
            case _:
                pass

    def _start_document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        line = event.start_mark.line + 1
        if self.documents > 1:
            raise Unreadable(line, "one flow, one document: a second one starts here")
        if event.version not in {None, (1, 2)}:
            raise Unreadable(line, "a flow is YAML 1.2; leave the %YAML line out")

    def _aliased(self, event: AliasEvent) -> Node:
        line = event.start_mark.line + 1
        if any(frame.anchor == event.anchor for frame in self.open):
            raise Unreadable(line, f"*{event.anchor} stands within what it names")
        if event.anchor not in self.anchors:
            raise Unreadable(line, f"nothing before this is named &{event.anchor}")
        node = self.anchors[event.anchor]
        self._spend(node.size, line)
        return node

    def _scalar(self, event: ScalarEvent) -> Node:
        line = event.start_mark.line + 1
        self._spend(1, line)
        _refuse_tag(event, line)
        text = event.value
        if (fault := forbidden_character(text)) is not None:
            raise Unreadable(line, f"this text contains {fault}")
        kind, value = resolve_plain(text) if event.style is None else (Kind.TEXT, text)
        node = Node(kind, value, line, line, raw=text)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _start(self, event: NodeEvent) -> None:
        line = event.start_mark.line + 1
        self._spend(1, line)
        _refuse_tag(event, line)
        if len(self.open) >= MAX_DEPTH:
            raise Unreadable(line, _TOO_DEEP)
        parent = self.open[-1] if self.open else None
        as_key = parent is not None and parent.is_map and parent.key is None
        is_map = isinstance(event, MappingStartEvent)
        self.open.append(_Open(event.start_mark, is_map=is_map, anchor=event.anchor, as_key=as_key))

    def _end(self, event: Event) -> None:
        frame = self.open.pop()
        line = frame.start.line + 1
        raw = self.text[frame.start.index : event.end_mark.index]
        kind = Kind.LIST if not frame.is_map else Kind.BRACES if frame.has_odd_key else Kind.MAP
        node = Node(kind, frame.entries if frame.is_map else frame.items, line, line, raw=raw, size=frame.size)
        if frame.anchor:
            self.anchors[frame.anchor] = node
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        frame = self.open[-1]
        if not frame.is_map:
            frame.size += node.size
            frame.items.append(node)
        elif frame.key is None:
            frame.key = node
        else:
            frame.size += node.size
            self._add_entry(frame, frame.key, node)
            frame.key = None

    def _add_entry(self, frame: _Open, key: Node, node: Node) -> None:
        if key.kind in {Kind.MAP, Kind.LIST, Kind.BRACES}:
            frame.has_odd_key = True
            return
        name = key.raw
        if key.kind is not Kind.TEXT:
            self._report(key, f"a name is text, but {name or 'this'} is {key.kind}; write {json.dumps(name)}:")
        if name in frame.entries:
            first = frame.entries[name].key_line
            self._report(key, f"{name} stands here a second time; the first is on line {first}", name)
            return
        frame.entries[name] = node.under_key(key.line)

    def _report(self, key: Node, detail: str, name: str | None = None) -> None:
        path = [frame.key.raw if frame.is_map and frame.key else str(len(frame.items)) for frame in self.open[:-1]]
        path += [name] if name is not None else []
        step = path[1] if len(path) > 1 and path[0] == "steps" else None
        pointer = "".join(f"/{escape_pointer(part)}" for part in path)
        self.problems.append(FlowProblem(step, key.line, pointer, detail))

    def _spend(self, nodes: int, line: int) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            raise Unreadable(line, f"more than {MAX_NODES:,} nodes; a flow of that size is better split into campaigns")


class _BoundedScanner(Scanner):
    """Refuses brackets that are nested too deep as they are scanned: the parser's time grows with each open one."""

    def fetch_flow_collection_start(self, *args: Any, **options: Any) -> None:
        if self.flow_level >= MAX_DEPTH:
            raise ScannerError(None, None, _TOO_DEEP, self.reader.get_mark())
        super().fetch_flow_collection_start(*args, **options)


def read_yaml(text: str) -> tuple[Node, list[FlowProblem]]:
    """Return the document's root and the problems that do not stop the reading.

    Raises Unreadable at the first thing that does: broken syntax, too many nodes, a text that contains itself.
    """
    composer = _Composer(text)
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _BoundedScanner
    try:
        for event in yaml.parse(text):
            composer.take(event)
    except YAMLError as err:
        raise _broken(text, err) from err
    if composer.root is None:
        raise Unreadable(1, "the document is empty")
    return composer.root, composer.problems


def _refuse_tag(event: NodeEvent, line: int) -> None:
    tag = getattr(event, "tag", None)
    if tag is not None and str(tag) not in {"!", "None"}:
        raise Unreadable(line, f"tags such as {tag} are not understood; write the value in quotes")


def _broken(text: str, err: YAMLError) -> Unreadable:
    mark = getattr(err, "problem_mark", None) or getattr(err, "context_mark", None)
    line = mark.line + 1 if mark is not None else 1
    said = getattr(err, "problem", None) or getattr(err, "reason", None) or "this is no YAML"
    if said == _TOO_DEEP:
        return Unreadable(line, said)
    trap = _trap_before(text, line)
    return Unreadable(*trap) if trap else Unreadable(line, f"not YAML: {said}")


def _trap_before(text: str, line: int) -> tuple[int, str] | None:
    """Return line and detail of an unquoted value that breaks the lines after it, or None."""
    for number, content in reversed(list(enumerate(text.splitlines()[:line], start=1))):
        if len(content) > _LONGEST_LINE:
            continue  # the patterns look ahead from every colon: a line of 100,000 of them took a minute
        bare = _IN_QUOTES.sub(lambda quoted: "x" * len(quoted[0]), content)
        if braces := _BARE_BRACES.search(bare):
            said = _quotable(content[braces.start("text") :], is_inline="{" in bare[: braces.start()])
            return number, f"text with {{{{ … }}}} must stand in quotes; write {json.dumps(said, ensure_ascii=False)}"
        if _BARE_HASH.search(bare):
            return number, 'an unquoted # starts a comment and hides the rest of the line; write "#"'
    return None


def _quotable(rest: str, *, is_inline: bool) -> str:
    """Return the value that begins here: to the end of the line, or within {…} to the next comma or brace."""
    if not is_inline:
        return rest.strip()
    value, braces, after = rest.rpartition("}}")
    return (value + braces + re.split(r"[,}]", after)[0]).strip()
