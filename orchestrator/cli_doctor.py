"""`orchestrator doctor`: looks at everything a first real call needs, and names the remedy for what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestrator.clock import utc_now
from orchestrator.errors import Misconfigured
from orchestrator.settings import Settings, load_settings
from orchestrator.stack.findings import Finding, Verdict, bad

_MARKS = {Verdict.GOOD: "[green]✓[/green]", Verdict.BAD: "[red]✗[/red]", Verdict.UNSEEN: "[yellow]?[/yellow]"}


def add_to(app: typer.Typer) -> None:
    """Give `app` the command of this file."""
    app.command()(doctor)


def doctor(
    *,
    data: Annotated[Path | None, typer.Option(help="Data folder of the running `orchestrator up`.")] = None,
    caller_id: Annotated[list[str] | None, typer.Option(help="A number you mean to show; may be repeated.")] = None,
) -> None:
    """Check that real calls would work: ✓ good, ✗ wrong (with its remedy), ? not to be seen yet.

    Looks at the carrier's key, connection, webhook version and caller ids, the clock and the rules of clocks, the
    public URL (fetching a word of its own through it), Valkey's durability, the database, the folder and the bucket of
    recordings (writing to them and removing it again), and the media receiver if ORCHESTRATOR_MEDIA_URL names one. Ask
    it while `orchestrator up --carrier telnyx` runs. Nothing else is changed and nobody is called. Exit status 1 if
    anything is wrong.
    """
    console = Console(highlight=False, soft_wrap=True)
    settings = _with_stack(load_settings(), data)
    wrong = 0
    for finding in _findings(settings, caller_id or []):
        wrong += finding.verdict is Verdict.BAD
        console.print(f"{_MARKS[finding.verdict]} {finding.subject}: ", end="")
        console.print(finding.detail, markup=False)
        if finding.remedy:
            console.print(f"    {finding.remedy}", markup=False)
    console.print("all is well" if not wrong else f"{wrong} to mend")
    raise typer.Exit(1 if wrong else 0)


def _findings(settings: Settings, caller_ids: list[str]) -> Iterator[Finding]:
    from orchestrator.stack.check_house import (
        active_caller_ids,
        check_clock_rules,
        check_database,
        check_media,
        check_public_url,
        check_redis,
    )
    from orchestrator.stack.check_recordings import check_recordings

    wanted = [*caller_ids, *([settings.caller_id] if settings.caller_id else []), *active_caller_ids(settings)]
    yield from _carrier_findings(settings, list(dict.fromkeys(wanted)))
    yield check_public_url(settings)
    yield from check_redis(settings)
    yield check_database(settings)
    yield check_clock_rules(utc_now)
    yield from check_recordings(settings)
    yield from check_media(settings)


def _carrier_findings(settings: Settings, caller_ids: list[str]) -> Iterator[Finding]:
    from orchestrator.stack.check_carrier import check_carrier
    from orchestrator.telnyx.client import TelnyxClient

    try:
        key, _ = settings.telnyx_key(), settings.connection_id()
    except Misconfigured as err:
        variable, _, remedy = str(err).partition(": ")
        yield bad("carrier", variable, remedy)
        return
    client = TelnyxClient(base_url=settings.telnyx_base_url, api_key=key)
    try:
        yield from check_carrier(settings, client, caller_ids)
    finally:
        client.close()


def _with_stack(settings: Settings, data: Path | None) -> Settings:
    """Take the folder that was named, and the addresses of the stores from its stack unless the operator named them."""
    from orchestrator.stack.folder import announced

    folder = data or settings.data_dir
    told = announced(folder)
    names = {"redis_url", "database_url"} - settings.model_fields_set
    return settings.model_copy(update={"data_dir": folder, **{name: told[name] for name in names if name in told}})
