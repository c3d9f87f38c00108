"""`orchestrator policy`: shows and changes what holds for every campaign, over the REST API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import NONE, parse_caps, parse_optional, who
from orchestrator.errors import FieldError, InvalidInput

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Show and change what holds for every campaign: caps, rests, and how long data is kept. "
    "Finds the API like `orchestrator campaign`.",
)

_Json = Annotated[bool, typer.Option("--json", help="Print the answer of the API.")]


@app.command()
def show(ctx: typer.Context, *, as_json: _Json = False) -> None:
    """Show what holds for every campaign, who says it, and the last changes.

    orchestrator policy show
    """
    _print(api_client(ctx).policy.get(), as_json=as_json)


@app.command("set")
def set_(
    ctx: typer.Context,
    *,
    cap: Annotated[
        list[str] | None, typer.Option(help="A cap or a rest, name=value; `none` takes it back; repeatable.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="How long data is kept, name=span, such as contacts=90d; `none`: for ever; repeatable."),
    ] = None,
    because: Annotated[str, typer.Option(help="Why; it is kept with the change.")],
    by: Annotated[str | None, typer.Option(help="Who changes it. Default: your user name on this machine.")] = None,
    as_json: _Json = False,
) -> None:
    """Change what holds for every campaign, from the next dial on; what is not named stays as it is.

        orchestrator policy set --cap per_number_24h=2 --cap rest_after_human=7d --because "agreed upon"

        orchestrator policy set --keep contacts=90d --keep "consents=5y after revoke" --because "our records plan"

    No cap can be laxer than the settings of the environment. What is kept no longer is erased, and cannot be brought
    back. The countries that are dialed: `orchestrator connection set --dial-region`.
    """
    if not cap and not keep:
        raise InvalidInput([FieldError("--cap", "missing", "say what to change: --cap, --keep, or both")])
    parts = {"caps": parse_caps(cap or [], option="--cap"), "retention": parse_optional(keep or [], option="--keep")}
    body: dict[str, Any] = {name: part for name, part in parts.items() if part} | {
        "because": because,
        "by": by or who(),
    }
    _print(api_client(ctx).policy.update(**body), as_json=as_json)


def _print(policy: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(policy, indent=2, ensure_ascii=False))
        return
    for line in _lines(policy):
        Console(highlight=False, soft_wrap=True).print(line, markup=False)


def _lines(policy: Mapping[str, Any]) -> Iterator[str]:
    for name, value in policy["caps"].items():
        yield f"{name}: {NONE if value is None else value}{_who_says(policy, name, value)}"
    yield f"number_gap of campaigns that say none: {policy['default_number_gap']}"
    for name, span in policy["retention"].items():
        yield f"keep {name}: {span or 'until somebody erases it'}"
    for each in policy["changes"]:
        yield f"{each['at']} by {each['by']}: {each['because']} {json.dumps(each['changes'], ensure_ascii=False)}"


def _who_says(policy: Mapping[str, Any], name: str, value: Any) -> str:
    """Return where a cap in force comes from; "" for what is none, and for a default."""
    if value is None:
        return ""
    said = [where for where, part in (("REST", "said"), ("settings", "settings")) if policy[part][name] == value]
    return f" (by {said[0]})" if said else ""
