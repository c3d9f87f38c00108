"""Reads a JSON document into nodes: a strict reader of our own, because the standard one keeps no lines."""

from __future__ import annotations

import re
from json import JSONDecodeError, decoder
from typing import Any, Final

from orchestrator.flow.limits import MAX_DEPTH, MAX_NODES
from orchestrator.flow.syntax.node import Kind, Node, escape_pointer
from orchestrator.flow.syntax.problem import FlowProblem
from orchestrator.flow.syntax.scalars import forbidden_character, usable_number
from orchestrator.flow.syntax.yaml_reader import Unreadable

_scan_string: Any = decoder.scanstring  # type: ignore[attr-defined]  # in no stub, in every release since 2.6
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: Final = {"true": (Kind.TRUTH, True), "false": (Kind.TRUTH, False), "null": (Kind.NOTHING, None)}


class _Reader:
    """The reader's position in the text and what it has found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.count = 0
        self.path: list[str] = []
        self.problems: list[FlowProblem] = []

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def peek(self) -> str:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.text[self.at : self.at + 1]

    def expect(self, char: str) -> None:
        if self.peek() != char:
            raise Unreadable(self.line(), f"not JSON: {char} is missing")
        self.at += 1

    def value(self) -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            raise Unreadable(self.line(), f"more than {MAX_NODES:,} nodes; a flow of that size is better split")
        if len(self.path) > MAX_DEPTH:
            raise Unreadable(self.line(), f"nested more than {MAX_DEPTH} deep")
        first = self.peek()
        line = self.line()
        if first == "{":
            return self.map(line)
        if first == "[":
            return self.list(line)
        if first == '"':
            text = self.string()
            return Node(Kind.TEXT, text, line, line, raw=text)
        return self.bare(line)

    def string(self) -> str:
        try:
            text: str
            text, self.at = _scan_string(self.text, self.at + 1)
        except JSONDecodeError as err:
            raise Unreadable(err.lineno, f"not JSON: {err.msg}") from err
        if (fault := forbidden_character(text)) is not None:
            raise Unreadable(self.line(), f"this text contains {fault}")
        return text

    def bare(self, line: int) -> Node:
        for word, (kind, value) in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return Node(kind, value, line, line, raw=word)
        number = _NUMBER.match(self.text, self.at)
        if number is None:
            raise Unreadable(line, "not JSON: a value is missing")
        self.at = number.end()
        return Node(Kind.NUMBER, _number(number), line, line, raw=number[0])

    def map(self, line: int) -> Node:
        self.expect("{")
        entries: dict[str, Node] = {}
        while self.peek() != "}":
            if entries:
                self.expect(",")
            key_line = self._key_line()
            key = self.string()
            self.expect(":")
            self.path.append(key)
            node = self.value().under_key(key_line)
            if key in entries:
                self._report(key_line, f"{key} stands here a second time; the first is on line {entries[key].key_line}")
            self.path.pop()
            entries.setdefault(key, node)
        self.expect("}")
        return Node(Kind.MAP, entries, line, line)

    def list(self, line: int) -> Node:
        self.expect("[")
        items: list[Node] = []
        while self.peek() != "]":
            if items:
                self.expect(",")
            self.path.append(str(len(items)))
            items.append(self.value())
            self.path.pop()
        self.expect("]")
        return Node(Kind.LIST, items, line, line)

    def _key_line(self) -> int:
        if self.peek() != '"':
            raise Unreadable(self.line(), "not JSON: a name in quotes is missing")
        return self.line()

    def _report(self, line: int, detail: str) -> None:
        step = self.path[1] if len(self.path) > 1 and self.path[0] == "steps" else None
        pointer = "".join(f"/{escape_pointer(part)}" for part in self.path)
        self.problems.append(FlowProblem(step, line, pointer, detail))


def read_json(text: str) -> tuple[Node, list[FlowProblem]]:
    """Return the document's root and its repeated keys; raise Unreadable where it is no JSON or too large."""
    reader = _Reader(text)
    root = reader.value()
    if reader.peek():
        raise Unreadable(reader.line(), "not JSON: something follows the end")
    return root, reader.problems


def _number(match: re.Match[str]) -> float | None:
    whole, fraction, exponent = match.groups()
    if fraction is None and exponent is None:
        return usable_number(int(whole)) if len(whole) < 20 else None
    return usable_number(float(match[0]))
