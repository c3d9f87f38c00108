"""The API client of the command line: address, key and error messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

import orchestrator_client
from orchestrator.cli.field_names import said_as
from orchestrator.errors import Misconfigured, OrchestratorError
from orchestrator.local_stack.data_folder import read_addresses, stored_api_key
from orchestrator.local_stack.interrupts import pause
from orchestrator.settings import Settings, load_settings
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.http_client import open_http
from orchestrator_client import ClientError, UnexpectedAnswer
from orchestrator_client.operations import Operations
from orchestrator_client.requests import Request
from orchestrator_client.target import find_target
from orchestrator_client.transport import Transport

_DEFAULT_URL = "http://127.0.0.1:8000"

UrlOption = Annotated[
    str | None, typer.Option(help="URL of the API. Default: ORCHESTRATOR_API_URL, or that of the stack in --data.")
]
KeyOption = Annotated[
    str | None, typer.Option(help="API key. Default: ORCHESTRATOR_API_KEY, or that of the stack in --data.")
]
DataOption = Annotated[Path | None, typer.Option(help="Data folder of a running `orchestrator up`.")]


class ApiError(OrchestratorError):
    """Raised when the API answers with an error; the message has the detail and every wrong field."""

    def __init__(self, status: int, problem: dict[str, Any], *, named: Callable[[str], str] = str) -> None:
        fields = [f"{_where(error, named)}{error.get('detail', '')}" for error in problem.get("errors", [])]
        what = (problem.get("detail") or problem.get("title") or "no reason given").removesuffix("; see errors.")
        what += f" It may be dialed from {problem['until']} on." if problem.get("until") else ""
        if len(fields) == 1 and what == _ONE_PROBLEM:
            what, fields = fields[0], []
        super().__init__("\n".join([f"{what} ({status})", *(f"  {field}" for field in fields)]))
        self.status, self.problem = status, problem


class ApiUnreachable(OrchestratorError):
    """Raised when the API is unreachable; the message is the remedy."""


_ANSWER_S = 30.0
_ONE_PROBLEM = "1 problem"


class _Telling(Transport):
    """Tells in the words of the command line what went wrong; `named` says what a field is called there."""

    named: Callable[[str], str] = staticmethod(str)

    def send(self, request: Request) -> Any:
        """Return the JSON of the answer. Raises ApiError or ApiUnreachable."""
        try:
            return super().send(request)
        except ClientError as err:
            raise self._told(err) from err

    def pieces(self, request: Request) -> Iterator[bytes]:
        """Yield the body of the answer. Raises ApiError or ApiUnreachable."""
        is_there = False
        try:
            for piece in super().pieces(request):
                is_there = True
                yield piece
        except ClientError as err:
            if is_there:
                raise ApiUnreachable("the answer broke off before its end; try again") from err
            raise self._told(err) from err

    def _told(self, err: ClientError) -> OrchestratorError:
        if isinstance(err, orchestrator_client.ApiError):
            return ApiError(err.status, err.problem, named=self.named)
        if isinstance(err, UnexpectedAnswer):
            return ApiUnreachable(str(err))
        return ApiUnreachable(
            f"no API answers at {self.target.base_url}: start one with `orchestrator up`, or say where it is with --url"
        )


class ApiClient(Operations):
    """The Python client, with the errors and the egress of the command line; an answer comes within 30 s."""

    transport: _Telling

    def __init__(
        self, base_url: str, key: SecretStr, *, egress: Egress = DIRECT, wait: Callable[[float], object] = pause
    ) -> None:
        try:
            target = find_target(base_url, key.get_secret_value(), timeout_s=_ANSWER_S, retry_for_s=_ANSWER_S)
        except ValueError as err:
            raise Misconfigured(str(err)) from err
        self._http = open_http(target.base_url, egress)
        super().__init__(_Telling(target, self._http, wait=wait))

    @property
    def base_url(self) -> str:
        """Return the address of the API."""
        return self.transport.target.base_url

    def with_limits(self, *, timeout_s: float) -> Operations:
        """Return the same operations with more time for an answer."""
        target = self.transport.target.with_limits(timeout_s, None)
        telling = _Telling(target, self._http, wait=self.transport.wait)
        telling.named = self.transport.named
        return Operations(telling)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def open_client(url: str | None, key: str | None, data: Path | None) -> ApiClient:
    """Return a client of the given API, or of the stack in the data folder."""
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


def _where(error: dict[str, Any], named: Callable[[str], str]) -> str:
    """Return the place of an error, a line of a flow or a field, with a colon; "" for the whole body."""
    if line := error.get("line"):
        return f"line {line}" + (f", step {error['step']}: " if error.get("step") else ": ")
    return f"{named(error['pointer'])}: " if error.get("pointer") else ""


def _key(key: str | None, settings: Settings, folder: Path) -> SecretStr:
    found = SecretStr(key) if key else settings.api_key or stored_api_key(folder)
    if found is None:
        raise Misconfigured(
            f"no API key: set ORCHESTRATOR_API_KEY, or name a running stack's folder with --data ({folder} is none)"
        )
    return found
