"""`orchestrator doctor`: checks everything a first real call needs, and prints a remedy for each problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from orchestrator.cli.output import JsonLines, print_json_line
from orchestrator.clock import utc_now
from orchestrator.doctor.findings import Finding, Verdict, bad
from orchestrator.errors import Misconfigured
from orchestrator.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestrator.doctor.planned_dialing import Plans

_MARKS = {
    Verdict.GOOD: "[green]✓[/green]",
    Verdict.BAD: "[red]✗[/red]",
    Verdict.DOUBTFUL: "[yellow]![/yellow]",
    Verdict.UNSEEN: "[yellow]?[/yellow]",
}
_SUMMED_UP = {Verdict.BAD: "{} to mend", Verdict.DOUBTFUL: "{} to think about", Verdict.UNSEEN: "{} not looked at"}


def add_to(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command()(doctor)


def doctor(
    *,
    data: Annotated[Path | None, typer.Option(help="Data folder of the running `orchestrator up`.")] = None,
    caller_id: Annotated[list[str] | None, typer.Option(help="A caller id you want to use; may be repeated.")] = None,
    as_json: JsonLines = False,
) -> None:
    """Check that real calls would work: ✓ good, ✗ wrong, ! doubtful though calls are made, ? unknown.

    Each finding but ✓ comes with a remedy. Checks the carrier's API key, clock and public key; the application and its
    webhook URL; the outbound profile, its countries and limits; the caller ids and the numbers that take calls; the
    public URL (by fetching a nonce through it); Valkey's durability; the database; whether all dialing is stopped; the
    time zone data; the folder and the bucket of recordings (a test file is written and removed); and the media
    receiver if ORCHESTRATOR_MEDIA_URL is set. Run it while `orchestrator up --carrier telnyx` runs. Nothing else is
    changed and nobody is called. For the data folder of a simulator it checks the simulator, and says so.

    Exit status 1 if anything is wrong (✗), otherwise 0.
    """
    console = Console(highlight=False, soft_wrap=True)
    folder = data or load_settings().data_dir
    found: Counter[Verdict] = Counter()
    for finding in _findings(_with_stack(load_settings(), folder), folder, caller_id or []):
        found[finding.verdict] += 1
        print_json_line(asdict(finding)) if as_json else _print(console, finding)
    if not as_json:
        console.print(_sum_up(found))
    raise typer.Exit(1 if found[Verdict.BAD] else 0)


def _print(console: Console, finding: Finding) -> None:
    console.print(f"{_MARKS[finding.verdict]} {finding.subject}: ", end="")
    console.print(finding.detail, markup=False)
    if finding.remedy:
        console.print(f"    {finding.remedy}", markup=False)


def _sum_up(found: Mapping[Verdict, int]) -> str:
    rest = ", ".join(text.format(found[verdict]) for verdict, text in _SUMMED_UP.items() if found[verdict])
    if not rest:
        return "all is well"
    return rest if found[Verdict.BAD] else f"nothing wrong was found; {rest}"


def _findings(settings: Settings, folder: Path, caller_ids: list[str]) -> Iterator[Finding]:
    from orchestrator.doctor.carrier_choice import name_carrier
    from orchestrator.doctor.check_recordings import check_recordings
    from orchestrator.doctor.check_services import (
        check_clock_rules,
        check_database,
        check_dialing,
        check_media,
        check_public_url,
        check_redis,
    )
    from orchestrator.doctor.planned_dialing import read_plans

    carrier = name_carrier(settings, folder)
    if carrier is not None:
        yield carrier
    plans = read_plans(settings)
    wanted = [*caller_ids, *([settings.caller_id] if settings.caller_id else []), *plans.caller_ids]
    if settings.telnyx_base_url:
        yield from _carrier_findings(settings, list(dict.fromkeys(wanted)), plans)
        yield check_public_url(settings)
    yield from check_redis(settings)
    yield check_database(settings)
    yield check_dialing(settings)
    yield check_clock_rules(utc_now)
    yield from check_recordings(settings)
    yield from check_media(settings)


def _carrier_findings(settings: Settings, caller_ids: list[str], plans: Plans) -> Iterator[Finding]:
    from orchestrator.doctor.check_carrier import check_carrier
    from orchestrator.telnyx.client import TelnyxClient

    if list(_unset(settings.telnyx_key, settings.connection_id)):
        yield from _unset(settings.telnyx_key, settings.connection_id, settings.public_keys)
        return
    client = TelnyxClient(base_url=settings.telnyx_base_url, api_key=settings.telnyx_key(), egress=settings.egress)
    try:
        yield from check_carrier(settings, client, caller_ids, plans=plans)
    finally:
        client.close()


def _unset(*reads: Callable[[], object]) -> Iterator[Finding]:
    for read in reads:
        try:
            read()
        except Misconfigured as err:
            variable, _, remedy = str(err).partition(": ")
            yield bad("carrier", variable, remedy)


def _with_stack(settings: Settings, folder: Path) -> Settings:
    """Return the settings with the given data folder and the store addresses of its stack, unless they are set.

    For the data folder of a simulator the carrier is the simulator, whatever the settings say.
    """
    from orchestrator.doctor.carrier_choice import with_simulator
    from orchestrator.local_stack.data_folder import read_addresses

    addresses = read_addresses(folder)
    names = {"redis_url", "database_url"} - settings.model_fields_set
    stores = {name: addresses[name] for name in names if name in addresses}
    return with_simulator(settings.model_copy(update={"data_dir": folder, **stores}), folder)
