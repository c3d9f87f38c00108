"""Prints results: for a person in words, with `--json` the answer of the API as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from json import dumps
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

T = TypeVar("T")

JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer of the API.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print JSON, one line for each.")]


def open_console() -> Console:
    """Return a console for words; it has no colours where it is piped."""
    return Console(highlight=False, soft_wrap=True)


def print_json(told: Any) -> None:
    """Print one answer of the API."""
    typer.echo(dumps(told, indent=2, ensure_ascii=False))


def print_json_line(told: Any) -> None:
    """Print one of several things."""
    typer.echo(dumps(told, ensure_ascii=False))


def print_answer(told: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Print one answer of the API, as it is or in words."""
    print_json(told) if as_json else print_lines(lines)


def print_gone(of: Mapping[str, Any], line: str, *, as_json: bool) -> None:
    """Print what was deleted, which the API answers with nothing: as JSON what it was known by."""
    print_answer(dict(of), [line], as_json=as_json)


def or_none(found: Iterable[T], noun: str) -> Iterator[T]:
    """Yield what was found; say on standard error where that is nothing, so that nobody takes silence for a fault."""
    is_any = False
    for each in found:
        is_any = True
        yield each
    if not is_any:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"no {noun}", markup=False)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of words as they are."""
    console = open_console()
    for line in lines:
        console.print(line, markup=False)
