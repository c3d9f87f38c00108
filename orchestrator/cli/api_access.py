"""The options that lead a command to an API, and its client, which is imported when a command has to ask.

Help and completion need no HTTP, no settings and no models: these cost twice as much as all the rest.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.field_names import said_as
from orchestrator.errors import Misconfigured

if TYPE_CHECKING:
    from pydantic import SecretStr

    from orchestrator.cli.api_client import ApiClient
    from orchestrator.settings import Settings

_DEFAULT_URL = "http://127.0.0.1:8000"

UrlOption = Annotated[
    str | None, typer.Option(help="URL of the API. Default: ORCHESTRATOR_API_URL, or that of the stack in --data.")
]
KeyOption = Annotated[
    str | None, typer.Option(help="API key. Default: ORCHESTRATOR_API_KEY, or that of the stack in --data.")
]
DataOption = Annotated[Path | None, typer.Option(help="Data folder of a running `orchestrator up`.")]


def open_client(url: str | None, key: str | None, data: Path | None) -> ApiClient:
    """Return a client of the given API, or of the stack in the data folder."""
    from orchestrator.cli.api_client import ApiClient
    from orchestrator.local_stack.data_folder import read_addresses
    from orchestrator.settings import load_settings

    settings = load_settings()
    folder = data or settings.data_dir
    address = url or settings.api_url or read_addresses(folder).get("api") or _DEFAULT_URL
    return ApiClient(address, _key(key, settings, folder), egress=settings.egress)


def connect(ctx: typer.Context, url: UrlOption = None, key: KeyOption = None, data: DataOption = None) -> None:
    """Store the connection options of a command group."""
    ctx.obj = (url, key, data)


def api_client(ctx: typer.Context) -> ApiClient:
    """Return the client for the options of the group; it is closed at the end of the command."""
    api = open_client(*ctx.obj)
    api.transport.named = partial(said_as, ctx.command)
    ctx.call_on_close(api.close)
    return api


def _key(key: str | None, settings: Settings, folder: Path) -> SecretStr:
    from pydantic import SecretStr

    from orchestrator.local_stack.data_folder import stored_api_key

    found = SecretStr(key) if key else settings.api_key or stored_api_key(folder)
    if found is None:
        raise Misconfigured(
            f"no API key: set ORCHESTRATOR_API_KEY, or name a running stack's folder with --data ({folder} is none)"
        )
    return found
