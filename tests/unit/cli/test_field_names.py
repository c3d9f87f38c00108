"""A refusal of the API names what was typed."""

from __future__ import annotations

import pytest
import typer

from orchestrator.cli.field_names import said_as


def _create(
    phone: str = typer.Argument(metavar="NUMBER"),
    to: str = "",
    caller_id: list[str] = [],  # noqa: B006 typer copies it
    map_: str = typer.Option("", "--map"),
    campaign: str = "",
    status: list[str] = [],  # noqa: B006 typer copies it
    expires: str = "",
    var: str = "",
    cap: str = "",
    calls_per_second: float = 1,
) -> None:
    """Take what a command may take."""


_app = typer.Typer()
_app.command()(_create)


@pytest.mark.parametrize(
    ("pointer", "said"),
    [
        ("/phone", "NUMBER"),
        ("?phone", "NUMBER"),
        ("/to", "--to"),
        ("/caller_ids/0", "--caller-id"),
        ("/statuses/0", "--status"),
        ("?map", "--map"),
        ("?scope", "--campaign"),
        ("/expires_at", "--expires"),
        ("/variables/shop", "--var shop"),
        ("/caps/per_number_24h", "--cap per_number_24h"),
        ("/pacing/calls_per_second", "--calls-per-second"),
        ("/retry/on/busy/after", "retry.on.busy.after"),
        ("/calling_hours/windows/0/start", "calling_hours.windows.0.start"),
        ("", ""),
        ("/", "/"),
    ],
)
def test_a_field_is_named_as_the_command_takes_it(pointer: str, said: str) -> None:
    assert said_as(typer.main.get_command(_app), pointer) == said
