"""The commands that run processes: up, serve, engine, media, simulator, migrate, demo."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestrator.bounds import FASTEST, MOST_LIVE_CALLS, SLOWEST
from orchestrator.errors import Misconfigured
from orchestrator.local_stack import command_lines
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.settings import Settings, load_settings
from orchestrator.telnyx.public_keys import read_keys

_Port = Annotated[int, typer.Option(help="Port to listen on.")]
_Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 inside a container.")]


class EnginePart(StrEnum):
    """What an engine may do alone."""

    DISPATCH = "dispatch"
    ADVANCE = "advance"
    SETTLE = "settle"
    SWEEP = "sweep"
    FETCH = "fetch"


def add_to(app: typer.Typer) -> None:
    """Give `app` the commands of this file."""
    app.command()(up)
    app.command()(serve)
    app.command()(engine)
    app.command()(media)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)(
        simulator
    )
    app.command()(migrate)
    app.command(hidden=True)(demo)


def up(
    *,
    port: Annotated[int, typer.Option(help="Port of the API; the other servers take the next free ones.")] = 8000,
    data: Annotated[
        Path | None, typer.Option(help="Where everything is kept. Default: ORCHESTRATOR_DATA_DIR, data")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes for commands, and as many for dials.")] = 1,
    carrier: Annotated[
        Carrier, typer.Option(help="simulator: no phone rings. telnyx: real calls.")
    ] = Carrier.SIMULATOR,
    flower: Annotated[bool, typer.Option(help="Show the Celery tasks in Flower.")] = True,
    media: Annotated[bool, typer.Option(help="Take the sound of live calls: streams and forks.")] = False,
    time_scale: Annotated[float, typer.Option(min=0.1, help="How much faster the simulated people are.")] = 1.0,
    calls_per_second: Annotated[
        float | None, typer.Option(min=SLOWEST, max=FASTEST, help="The account's dial rate at first.")
    ] = None,
    max_live_calls: Annotated[
        int | None, typer.Option(min=1, max=MOST_LIVE_CALLS, help="The account's live calls at first.")
    ] = None,
) -> None:
    """Start everything on this machine, and stop it with Ctrl-C.

    Valkey and PostgreSQL run from their wheels inside the data folder; beside them the API, the webhook door, the
    workers, the engine, Flower, and the simulated carrier. Started again on the same folder, running campaigns go on.

    **--carrier telnyx** dials real phones. It needs TELNYX_API_KEY, TELNYX_PUBLIC_KEY,
    TELNYX_CONNECTION_ID and ORCHESTRATOR_PUBLIC_URL, the address at which Telnyx reaches this machine;
    `orchestrator doctor` checks them.
    """
    from orchestrator.local_stack.up import run_up

    settings = load_settings()
    options = StackOptions(
        data=data or settings.data_dir,
        port=port,
        workers=workers,
        carrier=carrier,
        flower=flower,
        media=media,
        time_scale=time_scale,
        calls_per_second=calls_per_second,
        max_live_calls=max_live_calls,
    )
    run_up(options, settings, console=Console(highlight=False, soft_wrap=True))


def serve(
    *,
    only: Annotated[str | None, typer.Option(help="webhooks: the webhook door alone, without the REST API.")] = None,
    host: _Host = "127.0.0.1",
    port: _Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each process.")] = 8,
) -> None:
    """Serve the REST API, its reference and the webhook door; any number may run.

    Run `orchestrator serve --only webhooks` as a process of its own: no slow upload then delays a webhook.
    """
    if only not in (None, "webhooks"):
        raise typer.BadParameter(f"{only!r}: the only part that runs alone is 'webhooks'", param_hint="--only")
    _check_serving(load_settings(), only_webhooks=bool(only))
    argv = command_lines.serve(only_webhooks=bool(only), host=host, port=port, workers=workers, threads=threads)
    _exec(argv)


def engine(
    *,
    only: Annotated[list[EnginePart] | None, typer.Option(help="One part of it; may be repeated.")] = None,
) -> None:
    """Run the loops: dispatch dials, advance calls, settle their records, sweep what is overdue, fetch recordings.

    Any number may run; all of them are active.
    """
    _exec(command_lines.engine([part.value for part in only or ()]))


def media(
    *,
    host: _Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port for streams, which come by websocket.")] = 8010,
    udp_port: Annotated[int, typer.Option(help="Port for forks, which come by UDP.")] = 8011,
    data: Annotated[Path | None, typer.Option(help="Data folder. Default: ORCHESTRATOR_DATA_DIR, data")] = None,
    rtp_from: Annotated[
        list[str] | None,
        typer.Option(help="Network whose plain RTP (rx, tx) is taken, like 192.76.120.0/21; may be repeated."),
    ] = None,
) -> None:
    """Take the sound of live calls: streams by websocket, forks by UDP; a WAV for each track.

    `GET /v1/calls/{id}/media` tells the address of a call's stream and lists what was captured. Any number may run.
    """
    if load_settings().api_key is None:
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: the tokens of stream addresses are made with it")
    _check_networks(rtp_from or [])
    _exec(command_lines.media(host=host, port=port, udp_port=udp_port, data=data, rtp_from=rtp_from or ()))


def simulator(ctx: typer.Context) -> None:
    """Run the simulated carrier; `orchestrator simulator --help` shows its own options."""
    _exec(command_lines.simulator(ctx.args))


def migrate() -> None:
    """Bring the database of ORCHESTRATOR_DATABASE_URL to the newest schema; safe to run twice, or from two places."""
    from orchestrator.store.sql.migrate import upgrade

    upgrade(load_settings().database_url)
    Console().print("the database has the newest schema")


def demo(
    *,
    stay: Annotated[bool, typer.Option(help="Leave everything up when the campaign is over.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Data folder, emptied first. Default: demo in ORCHESTRATOR_DATA_DIR, data")
    ] = None,
    port: _Port = 8000,
) -> None:
    """Call two hundred simulated people and show how it goes: what `make demo` runs."""
    from orchestrator.cli.demo import run_demo

    settings = load_settings()
    raise typer.Exit(run_demo(data=data or settings.data_dir / "demo", port=port, settings=settings, stay=stay))


def _check_serving(settings: Settings, *, only_webhooks: bool) -> None:
    """Raise Misconfigured here, in words, for what the server would only say in a traceback."""
    read_keys(settings.public_keys())
    if not only_webhooks and settings.api_key is None:
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: choose the key that clients of the REST API must send")


def _check_networks(networks: Sequence[str]) -> None:
    for network in networks:
        try:
            ip_network(network)
        except ValueError as err:
            raise typer.BadParameter(f"{err}", param_hint="--rtp-from") from err


def _exec(argv: tuple[str, ...]) -> None:
    os.execv(argv[0], argv)  # noqa: S606 servers run as processes of their own; this one becomes it
