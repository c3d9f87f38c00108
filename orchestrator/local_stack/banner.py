"""The start-up banner of a stack: every address, the API key and a command to try."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.local_stack.stack import Addresses

_WIDE = 140


def line_printer(console: Console) -> Callable[[str], None]:
    """Return a function that prints a line; a line that cannot be written is lost, without an error."""

    def say(line: str) -> None:
        with suppress(OSError):
            console.print(line, markup=False)

    return say


def print_banner(
    console: Console,
    options: StackOptions,
    addresses: Addresses,
    *,
    page: str,
    api_key: SecretStr,
    flower_password: SecretStr,
) -> None:
    """Print the banner, with the address of the web `page`.

    Neither a pipe nor a narrow window truncates what is meant to be copied.
    """
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDE)
    key = api_key.get_secret_value()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("API", addresses.api)
    table.add_row("reference", f"{addresses.api}/docs")
    table.add_row("API key", key)
    table.add_row("webhook door", f"{addresses.webhooks}/webhooks/telnyx")
    table.add_row("carrier", _carrier(options, addresses))
    if addresses.flower:
        table.add_row("Flower", addresses.flower)
        table.add_row("", f"admin, {flower_password.get_secret_value()}")
    if addresses.media:
        table.add_row("media", f"{addresses.media.replace('http', 'ws')}, and UDP at the same port")
    table.add_row("data, logs", escape(f"{options.data}, {options.data / 'logs'}"))
    console.print(Panel(table, title="orchestrator is up", title_align="left", border_style="green"))
    console.print("The web page, by a link that signs you in once within ten minutes:")
    console.print(f"  {page}", style="cyan", soft_wrap=True, highlight=False, markup=False)
    console.print("Try it:")
    # Outside of the panel, and wrapped by the terminal alone: it is copied as one line.
    line = f"  curl -H 'Authorization: Bearer {key}' {addresses.api}/v1/flows"
    console.print(line, style="cyan", soft_wrap=True, highlight=False, markup=False)
    console.print("Ctrl-C stops everything, in order; a second one waits for nobody.")


def _carrier(options: StackOptions, addresses: Addresses) -> str:
    if options.carrier is Carrier.TELNYX:
        return f"Telnyx at {addresses.carrier}: calls are real and cost money"
    pace = "" if options.time_scale == 1 else f", people {options.time_scale:g} times as fast as in life"
    return f"simulator at {addresses.carrier}{pace}"
