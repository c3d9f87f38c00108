"""`orchestrator webhook`: keeps endpoints that receive events, and shows their deliveries, over the REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.output import or_none, print_gone
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.local_stack.interrupts import pause

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Keep webhook endpoints, which receive events. Finds the API like `orchestrator campaign`.",
)

_LOOKS, _EVERY_S = 80, 0.25

_Id = Annotated[str, typer.Argument(metavar="ID", help="The endpoint, such as whe_01J…")]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer of the API.")]


@app.command()
def create(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="Where events go: https.")],
    *,
    event: Annotated[list[str] | None, typer.Option(help="call.ended, …; repeatable. Default: all.")] = None,
    json_: _Json = False,
) -> None:
    """Create an endpoint and print its secret, which is shown this once.

    orchestrator webhook create https://crm.example/hook --event call.ended --event contact.finished
    """
    body: dict[str, Any] = {"url": url, "events": event or []}
    made = api_client(ctx).webhook_endpoints.create(**body)
    _print(made, json_)
    if not json_:
        typer.echo(f"secret, shown this once: {made['secret']}")


@app.command("list")
def list_(ctx: typer.Context, *, json_: _Json = False) -> None:
    """List endpoints, newest first."""
    for endpoint in or_none(api_client(ctx).webhook_endpoints.list(), "webhook endpoints"):
        _print(endpoint, json_)


@app.command()
def show(ctx: typer.Context, endpoint: _Id, *, json_: _Json = False) -> None:
    """Show an endpoint, and whether it is disabled."""
    _print(api_client(ctx).webhook_endpoints.get(endpoint), json_)


@app.command()
def edit(
    ctx: typer.Context,
    endpoint: _Id,
    *,
    url: Annotated[str | None, typer.Option(help="Where events go: https.")] = None,
    event: Annotated[list[str] | None, typer.Option(help="call.ended, …; those before are replaced.")] = None,
    json_: _Json = False,
) -> None:
    """Change where events go, or which; what is not named stays as it is.

    orchestrator webhook edit whe_01J… --event call.ended --event contact.finished
    """
    body: dict[str, Any] = {**({"url": url} if url else {}), **({"events": event} if event else {})}
    if not body:
        raise InvalidInput([FieldError("--url", "nothing", "say what to change: `orchestrator webhook edit --help`")])
    _print(api_client(ctx).webhook_endpoints.update(endpoint, **body), json_)


@app.command()
def disable(ctx: typer.Context, endpoint: _Id, *, json_: _Json = False) -> None:
    """Let an endpoint receive nothing; what happens meanwhile is not kept for it."""
    _print(api_client(ctx).webhook_endpoints.update(endpoint, enabled=False), json_)


@app.command()
def enable(ctx: typer.Context, endpoint: _Id, *, json_: _Json = False) -> None:
    """Let a disabled endpoint receive again; what was pending goes on."""
    _print(api_client(ctx).webhook_endpoints.update(endpoint, enabled=True), json_)


@app.command()
def rotate(ctx: typer.Context, endpoint: _Id, *, json_: _Json = False) -> None:
    """Give an endpoint another secret and print it; for a day both sign."""
    made = api_client(ctx).webhook_endpoints.rotate_secret(endpoint)
    typer.echo(json.dumps(made) if json_ else f"secret, shown this once: {made['secret']}")


@app.command()
def delete(ctx: typer.Context, endpoint: _Id, *, json_: _Json = False) -> None:
    """Delete an endpoint; what is pending for it is delivered to nobody."""
    api_client(ctx).webhook_endpoints.delete(endpoint)
    print_gone({"id": endpoint}, f"{endpoint} is deleted", as_json=json_)


@app.command()
def deliveries(
    ctx: typer.Context,
    endpoint: _Id,
    *,
    status: Annotated[str | None, typer.Option(help="pending, delivered or failed.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    json_: _Json = False,
) -> None:
    """List what was and is to be delivered to an endpoint."""
    asked: dict[str, Any] = {"status": status, "limit": min(limit, 500)}
    found = api_client(ctx).webhook_endpoints.list_deliveries(endpoint, **asked)
    for _, delivery in zip(range(limit), found, strict=False):
        typer.echo(json.dumps(delivery, ensure_ascii=False) if json_ else _delivery_line(delivery))


@app.command()
def redeliver(
    ctx: typer.Context,
    endpoint: _Id,
    event: Annotated[str, typer.Argument(help="The event, such as evt_…")],
    *,
    json_: _Json = False,
) -> None:
    """Deliver an event once more, under its id."""
    told = api_client(ctx).webhook_endpoints.redeliver(endpoint, event)
    typer.echo(json.dumps(told, ensure_ascii=False) if json_ else _delivery_line(told))


@app.command("test")
def send_test(ctx: typer.Context, endpoint: _Id, *, json_: _Json = False) -> None:
    """Send an event `endpoint.test` and print what the endpoint said; exit status 1 unless it accepted it."""
    api = api_client(ctx)
    sent = api.webhook_endpoints.test(endpoint)
    delivery = sent
    for _ in range(_LOOKS):
        page = api.webhook_endpoints.list_deliveries(endpoint, limit=20).first()["data"]
        delivery = next((each for each in page if each["id"] == sent["id"]), delivery)
        if delivery["tries"]:
            break
        pause(_EVERY_S)
    typer.echo(json.dumps(delivery, ensure_ascii=False) if json_ else _delivery_line(delivery))
    if delivery["status"] != "delivered":
        raise typer.Exit(1)


def _print(endpoint: Mapping[str, Any], as_json: bool = False) -> None:
    typer.echo(json.dumps(endpoint, ensure_ascii=False) if as_json else _endpoint_line(endpoint))


def _endpoint_line(endpoint: Mapping[str, Any]) -> str:
    state = "enabled"
    if endpoint["disabled"]:
        state = f"disabled since {endpoint['disabled']['at']}: {endpoint['disabled']['reason']}"
    elif endpoint["failures"]:
        state = f"{endpoint['failures']} failures in a row"
    return f"{endpoint['id']} {endpoint['url']} ({', '.join(endpoint['events']) or 'all events'}): {state}"


def _delivery_line(delivery: Mapping[str, Any]) -> str:
    said = [delivery["id"], delivery["type"], delivery["subject"], delivery["status"], f"{delivery['tries']} tries"]
    said += [f"answered {delivery['answered']}"] if delivery["answered"] is not None else []
    said += [f"({delivery['error']})"] if delivery["error"] else []
    said += [f"next try {delivery['next_try_at']}"] if delivery["next_try_at"] else []
    return " ".join(said)
