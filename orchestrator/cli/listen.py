"""`orchestrator listen`: prints events as they happen, and forwards them, signed, to an address of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import requests
import typer
from rich.console import Console

from orchestrator.cli.api_access import DataOption, KeyOption, UrlOption, open_client
from orchestrator.cli.polling import ApiPoller
from orchestrator.clock import utc_now
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.local_stack.interrupts import Interrupts, count_interrupts, pause
from orchestrator.model.webhook_secret import WRITTEN_AS, is_secret
from orchestrator.operations.notify.webhook_signature import new_secret, signed_headers
from orchestrator.web.session import open_session

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

_PAGE = 500
_FORWARD_S = 15.0

Forward = Callable[[Mapping[str, Any]], str]


def add_to(app: typer.Typer) -> None:
    """Add the command of this file to `app`."""
    app.command()(listen)


def listen(
    *,
    forward: Annotated[str | None, typer.Option(help="Post each event there too, signed like a webhook.")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="call.ended, …; repeatable. Default: all.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what happens to this call, contact or campaign.")] = None,
    after: Annotated[
        str, typer.Option(help="Begin behind this event, evt_…; default: with what comes next.")
    ] = "latest",
    secret: Annotated[
        str | None, typer.Option(help="Sign with this one, whsec_…; default: one that is printed.")
    ] = None,
    most: Annotated[int | None, typer.Option(min=1, help="End after so many events.")] = None,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 1.0,
    json_: Annotated[bool, typer.Option("--json", help="Print events as the API tells them, one a line.")] = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
) -> None:
    """Print events as they happen, until Ctrl-C. None is missed, not even while the API is restarted.

    orchestrator listen --type call.ended --forward http://127.0.0.1:3000/hook

    What is forwarded is sent once, in order; the answer is printed behind the event.
    """
    if secret and not is_secret(secret):
        raise InvalidInput([FieldError("--secret", "webhook_secret", WRITTEN_AS)])
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    api = open_client(url, key, data)
    asked = {"type": ",".join(type_ or ()), "subject": subject, "limit": _PAGE}
    reader = EventReader(api, console, {name: value for name, value in asked.items() if value}, after=after)
    send = _forwarder(forward, secret, console) if forward else None
    try:
        with count_interrupts() as interrupts:
            _listen(reader, send, interrupts, most=most, every_s=every, as_json=json_)
    finally:
        api.close()


class EventReader:
    """Reads on behind the last event it has read."""

    def __init__(self, api: ApiClient, console: Console, asked: Mapping[str, Any], *, after: str) -> None:
        self._api, self._poller, self._asked, self._after = api, ApiPoller(console), asked, after

    def read(self) -> list[dict[str, Any]]:
        """Return the next events, none while there are none or the API is away."""
        query: dict[str, Any] = {**self._asked, **({"after": self._after} if self._after else {})}
        page = self._poller.ask(self._api.events.list(**query).first)
        if page is None:
            return []
        # Where nothing was ever told there is no place to begin behind: what comes first comes next.
        self._after = page["next_after"] or ""
        return [dict(event) for event in page["data"]]


def _listen(
    reader: EventReader,
    send: Forward | None,
    interrupts: Interrupts,
    *,
    most: int | None,
    every_s: float,
    as_json: bool,
) -> None:
    shown = 0
    while not interrupts.stopping():
        events = reader.read()
        for event in events:
            answer = f" → {send(event)}" if send else ""
            typer.echo(json.dumps(event, ensure_ascii=False) if as_json else _line(event) + answer)
            shown += 1
            if shown == most or interrupts.stopping():
                return
        if len(events) < _PAGE:
            pause(every_s)


def _forwarder(url: str, secret: str | None, console: Console) -> Forward:
    secret = secret or new_secret()
    console.print(f"forwarding to {url}, signed with {secret}", markup=False)
    session = open_session()

    def send(event: Mapping[str, Any]) -> str:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        signed = signed_headers(event["id"], body, at=int(utc_now().timestamp()), keys=[secret])
        headers = {"Content-Type": "application/json", **signed}
        try:
            answer = session.post(url, data=body, headers=headers, timeout=_FORWARD_S, allow_redirects=False)
        except requests.RequestException as err:
            return f"not delivered: {type(err).__name__}"
        return str(answer.status_code)

    return send


def _line(event: Mapping[str, Any]) -> str:
    told = (f"{name}={value}" for name, value in event["data"].items() if _is_worth_a_word(event, name, value))
    return " ".join([event["timestamp"], event["type"], event["subject"], *told])


def _is_worth_a_word(event: Mapping[str, Any], name: str, value: Any) -> bool:
    return value is not None and value != event["subject"] and not name.endswith("_at")
