"""What a person sees of a running stack: one screen with every address, the key and a line to try."""

from __future__ import annotations

from pydantic import SecretStr
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from orchestrator.stack.options import Carrier, StackOptions
from orchestrator.stack.stack import Addresses


def welcome(options: StackOptions, addresses: Addresses, *, api_key: SecretStr, flower_password: SecretStr) -> Panel:
    """Return the screen of a stack that is up."""
    key = api_key.get_secret_value()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("API", f"{addresses.api}   (reference at {addresses.api}/docs)")
    table.add_row("API key", key)
    table.add_row("webhook door", f"{addresses.webhooks}/webhooks/telnyx")
    table.add_row("carrier", _carrier(options, addresses))
    if addresses.flower:
        table.add_row("Flower", f"{addresses.flower}   (admin, {flower_password.get_secret_value()})")
    table.add_row("data, logs", f"{options.data}, {options.data / 'logs'}")
    hints = Group(
        Text("\nTry it:"),
        Text(f"  curl -H 'Authorization: Bearer {key}' {addresses.api}/v1/flows", style="cyan", overflow="fold"),
        Text("Ctrl-C stops everything, in order; a second one waits for nobody."),
    )
    return Panel(Group(table, hints), title="orchestrator is up", title_align="left", border_style="green")


def show(console: Console, screen: RenderableType) -> None:
    """Print a screen so that a pipe or a narrow window cuts no address in two."""
    if console.is_terminal:
        console.print(screen)
    else:
        Console(file=console.file, width=140).print(screen)


def _carrier(options: StackOptions, addresses: Addresses) -> str:
    if options.carrier is Carrier.TELNYX:
        return f"Telnyx at {addresses.carrier}: calls are real and cost money"
    pace = "" if options.time_scale == 1 else f", people {options.time_scale:g} times as fast as in life"
    return f"simulator at {addresses.carrier}{pace}"
