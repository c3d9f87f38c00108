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
from orchestrator.garbage import collect_rarely
from orchestrator.local_stack import command_lines
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.settings import Settings, load_settings
from orchestrator.telnyx.public_keys import read_keys

_Port = Annotated[int, typer.Option(help="Port to listen on.")]
_Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 inside a container.")]


class EnginePart(StrEnum):
    """A part of the engine that can run in a separate process."""

    DISPATCH = "dispatch"
    ADVANCE = "advance"
    SETTLE = "settle"
    SWEEP = "sweep"
    FETCH = "fetch"
    NOTIFY = "notify"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
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
    data: Annotated[Path | None, typer.Option(help="Data folder. Default: ORCHESTRATOR_DATA_DIR, data")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes for commands, and as many for dials.")] = 1,
    carrier: Annotated[
        Carrier, typer.Option(help="simulator: no phone rings. telnyx: real calls.")
    ] = Carrier.SIMULATOR,
    flower: Annotated[bool, typer.Option(help="Show the Celery tasks in Flower.")] = True,
    media: Annotated[bool, typer.Option(help="Receive the audio of live calls: streams and forks.")] = False,
    time_scale: Annotated[
        float, typer.Option(min=0.1, help="Factor by which simulated callees are faster than real time.")
    ] = 1.0,
    calls_per_second: Annotated[
        float | None, typer.Option(min=SLOWEST, max=FASTEST, help="Initial dial rate of the account.")
    ] = None,
    max_live_calls: Annotated[
        int | None, typer.Option(min=1, max=MOST_LIVE_CALLS, help="Initial limit of live calls of the account.")
    ] = None,
) -> None:
    """Start everything on this machine, and stop it with Ctrl-C.

    Runs Valkey and PostgreSQL from their wheels in the data folder, the API, the webhook endpoint, the workers, the
    engine, Flower and the simulated carrier. Started again on the same folder, running campaigns continue.

    **--carrier telnyx** dials real phones. It needs TELNYX_API_KEY, TELNYX_PUBLIC_KEY,
    TELNYX_CONNECTION_ID and ORCHESTRATOR_PUBLIC_URL, the address at which Telnyx reaches this machine;
    `orchestrator doctor` checks them.
    """
    collect_rarely()
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
    only: Annotated[
        str | None, typer.Option(help="webhooks: the webhook endpoint alone, without the REST API.")
    ] = None,
    host: _Host = "127.0.0.1",
    port: _Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each process.")] = 8,
) -> None:
    """Serve the REST API, its reference and the webhook endpoint; any number of processes may run.

    Run `orchestrator serve --only webhooks` as a separate process, so that no slow upload delays a webhook.
    """
    if only not in (None, "webhooks"):
        raise typer.BadParameter(f"{only!r}: the only part that runs alone is 'webhooks'", param_hint="--only")
    _check_serving(load_settings(), only_webhooks=bool(only))
    argv = command_lines.serve(only_webhooks=bool(only), host=host, port=port, workers=workers, threads=threads)
    _exec(argv)


def engine(
    *,
    only: Annotated[list[EnginePart] | None, typer.Option(help="Run this part only; may be repeated.")] = None,
) -> None:
    """Run the loops: dispatch dials, advance calls, settle their records, sweep overdue work, fetch recordings.

    Any number may run; all are active.
    """
    _exec(command_lines.engine([part.value for part in only or ()]))


def media(
    *,
    host: _Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="TCP port for streams (websocket).")] = 8010,
    udp_port: Annotated[int, typer.Option(help="UDP port for forks.")] = 8011,
    data: Annotated[Path | None, typer.Option(help="Data folder. Default: ORCHESTRATOR_DATA_DIR, data")] = None,
    rtp_from: Annotated[
        list[str] | None,
        typer.Option(help="Network to accept plain RTP (rx, tx) from, such as 192.76.120.0/21; may be repeated."),
    ] = None,
) -> None:
    """Receive the audio of live calls: streams by websocket, forks by UDP; writes a WAV for each track.

    `GET /v1/calls/{id}/media` returns the stream URL of a call and lists its captures. Any number may run.
    """
    if load_settings().api_key is None:
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: the tokens of stream addresses are made with it")
    _check_networks(rtp_from or [])
    _exec(command_lines.media(host=host, port=port, udp_port=udp_port, data=data, rtp_from=rtp_from or ()))


def simulator(ctx: typer.Context) -> None:
    """Run the simulated carrier; `orchestrator simulator --help` shows its options."""
    _exec(command_lines.simulator(ctx.args))


def migrate() -> None:
    """Migrate the database of ORCHESTRATOR_DATABASE_URL to the newest schema; safe to repeat and to run in parallel."""
    from orchestrator.store.sql.migrate import upgrade

    upgrade(load_settings().database_url)
    Console().print("the database has the newest schema")


def demo(
    *,
    stay: Annotated[bool, typer.Option(help="Keep everything running after the campaign.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Data folder, emptied first. Default: demo in ORCHESTRATOR_DATA_DIR, data")
    ] = None,
    port: _Port = 8000,
) -> None:
    """Call two hundred simulated people and show the progress: what `make demo` runs."""
    from orchestrator.cli.demo import run_demo

    settings = load_settings()
    raise typer.Exit(run_demo(data=data or settings.data_dir / "demo", port=port, settings=settings, stay=stay))


def _check_serving(settings: Settings, *, only_webhooks: bool) -> None:
    """Raise Misconfigured for what the server would otherwise report with a traceback."""
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
    os.execv(argv[0], argv)  # noqa: S606 this process is replaced by the server
