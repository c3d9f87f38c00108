"""A piece of a flow document that remembers its line and how it was written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a piece of the document is; `BRACES` is a `{{ … }}` that lost its quotes and loads as a map of maps."""

    MAP = "a map"
    LIST = "a list"
    TEXT = "text"
    NUMBER = "a number"
    TRUTH = "true or false"
    NOTHING = "nothing"
    BRACES = "a map of maps"


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its source: `raw` is the text as it stands, `key_line` the line of its key, `size` its nodes."""

    kind: Kind
    value: Any
    line: int
    key_line: int
    raw: str = ""
    size: int = 1

    def under_key(self, line: int) -> Node:
        """Return this value as it stands under a key on `line`."""
        return replace(self, key_line=line)


def escape_pointer(part: str) -> str:
    """Return `part` as one token of a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class Spot:
    """A node at its place in the document: what a problem points at."""

    node: Node
    pointer: str = ""
    name: str = ""
    step: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the node."""
        return self.node.kind

    @property
    def line(self) -> int:
        """The line to show: of the key for maps, lists and nothing, else of the value itself."""
        inline = self.kind in {Kind.TEXT, Kind.NUMBER, Kind.TRUTH}
        return self.node.line if inline else self.node.key_line

    def child(self, key: str | int) -> Spot | None:
        """Return the spot under `key`, or None."""
        children = self.node.value
        if self.kind is Kind.MAP and key in children:
            return self._under(str(key), children[key])
        if self.kind is Kind.LIST and isinstance(key, int) and key < len(children):
            return self._under(str(key), children[key])
        return None

    def entries(self) -> list[tuple[str, Spot]]:
        """Return the entries of a map in their order; nothing for anything else."""
        if self.kind is not Kind.MAP:
            return []
        return [(key, self._under(key, node)) for key, node in self.node.value.items()]

    def items(self) -> list[Spot]:
        """Return the items of a list in their order; nothing for anything else."""
        if self.kind is not Kind.LIST:
            return []
        return [self._under(str(number), node) for number, node in enumerate(self.node.value)]

    def in_step(self, name: str) -> Spot:
        """Return this spot as the place of the step `name`."""
        return replace(self, step=name)

    def plain(self) -> Any:
        """Return the value without its sources."""
        return _plain(self.node)

    def _under(self, key: str, node: Node) -> Spot:
        return Spot(node, f"{self.pointer}/{escape_pointer(key)}", key, self.step)


def _plain(node: Node) -> Any:
    if node.kind is Kind.MAP:
        return {key: _plain(child) for key, child in node.value.items()}
    if node.kind is Kind.LIST:
        return [_plain(child) for child in node.value]
    return node.value
