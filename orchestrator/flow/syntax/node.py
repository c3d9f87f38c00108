"""Nodes of a flow document, which know their line and how they were written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a node is; `BRACES` is a `{{ … }}` without quotes, which loads as a map of maps."""

    MAP = "a map"
    LIST = "a list"
    TEXT = "text"
    NUMBER = "a number"
    TRUTH = "true or false"
    NOTHING = "nothing"
    BRACES = "a map of maps"


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its source: `raw` is the text as written, `key_line` the line of its key, `size` its node count."""

    kind: Kind
    value: Any
    line: int
    key_line: int
    raw: str = ""
    size: int = 1

    def under_key(self, line: int) -> Node:
        """Return this value as the one of a key on `line`."""
        return replace(self, key_line=line)


def escape_pointer(part: str) -> str:
    """Return `part` as one token of a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class DocumentNode:
    """A node with its JSON pointer, its key and the step it belongs to: what a problem points at."""

    source: Node
    pointer: str = ""
    name: str = ""
    step: str | None = None

    @property
    def kind(self) -> Kind:
        """What the node is."""
        return self.source.kind

    @property
    def value(self) -> Any:
        """The value: a map of nodes, a list of nodes, or a scalar; None for nothing and for an unusable number."""
        return self.source.value

    @property
    def raw(self) -> str:
        """The text as it is written in the document."""
        return self.source.raw

    @property
    def key_line(self) -> int:
        """The line of the key."""
        return self.source.key_line

    @property
    def line(self) -> int:
        """The line to report: of the key for maps, lists and nothing, else of the value."""
        inline = self.kind in {Kind.TEXT, Kind.NUMBER, Kind.TRUTH}
        return self.source.line if inline else self.key_line

    def child(self, key: str | int) -> DocumentNode | None:
        """Return the node under a key or an index, or None."""
        children = self.value
        if self.kind is Kind.MAP and key in children:
            return self._under(str(key), children[key])
        if self.kind is Kind.LIST and isinstance(key, int) and key < len(children):
            return self._under(str(key), children[key])
        return None

    def entries(self) -> list[tuple[str, DocumentNode]]:
        """Return the entries of a map in their order; nothing for anything else."""
        if self.kind is not Kind.MAP:
            return []
        return [(key, self._under(key, child)) for key, child in self.value.items()]

    def items(self) -> list[DocumentNode]:
        """Return the items of a list in their order; nothing for anything else."""
        if self.kind is not Kind.LIST:
            return []
        return [self._under(str(number), child) for number, child in enumerate(self.value)]

    def in_step(self, name: str) -> DocumentNode:
        """Return this node as part of the step `name`."""
        return replace(self, step=name)

    def plain(self) -> Any:
        """Return the value in plain Python types."""
        return _plain(self.source)

    def _under(self, key: str, node: Node) -> DocumentNode:
        return DocumentNode(node, f"{self.pointer}/{escape_pointer(key)}", key, self.step)


def _plain(node: Node) -> Any:
    if node.kind is Kind.MAP:
        return {key: _plain(child) for key, child in node.value.items()}
    if node.kind is Kind.LIST:
        return [_plain(child) for child in node.value]
    return node.value
