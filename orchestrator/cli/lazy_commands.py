"""Commands that are imported when they are called; their name and line of help are known before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

_PACKAGE = "orchestrator.cli"
MARKUP: Literal["markdown"] = "markdown"


@dataclass(frozen=True)
class Entry:
    """A command or a group, its line of help, and the files of `orchestrator.cli` that it is made of.

    A file has an `app`, which is the group of this name, or `add_to(app)`, which adds its commands to the group or,
    where there is none, to the command line itself.
    """

    name: str
    help: str
    modules: tuple[str, ...]
    hidden: bool = False


class LazyGroup(TyperGroup):
    """A group whose commands are those of a table; one is imported when it is called or completed."""

    entries: Sequence[Entry] = ()

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self._entries = {entry.name: entry for entry in self.entries}
        self.commands = {entry.name: _line_of_help(entry) for entry in self.entries}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name, the command and the rest of the words."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, self.loaded(name) if name and command else command, rest

    def loaded(self, name: str) -> Any:
        """Return the command of this name, imported."""
        return load(self._entries[name])


@cache
def load(entry: Entry) -> Any:
    """Return the command of an entry, imported."""
    first, *others = (import_module(f"{_PACKAGE}.{module}") for module in entry.modules)
    whole = typer.Typer(rich_markup_mode=MARKUP, pretty_exceptions_enable=False, add_completion=False)
    if hasattr(first, "app"):
        for other in others:
            other.add_to(first.app)
        whole.add_typer(first.app, name=entry.name)
    else:
        first.add_to(whole)
    whole.callback()(_nothing)  # a Typer of one command would be that command, and not hold it
    command: Any = get_command(whole)
    return command.commands[entry.name]


def _nothing() -> None:
    """Keep the command line a group."""


def _line_of_help(entry: Entry) -> TyperCommand:
    return TyperCommand(entry.name, help=entry.help, hidden=entry.hidden)
