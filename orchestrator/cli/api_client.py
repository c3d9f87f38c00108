"""The API client of the command line: the Python client, with its errors and its egress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import SecretStr

import orchestrator_client
from orchestrator.cli.api_errors import ApiError, ApiUnreachable
from orchestrator.errors import Misconfigured, OrchestratorError
from orchestrator.local_stack.interrupts import pause
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.http_client import open_http
from orchestrator_client import ClientError, UnexpectedAnswer
from orchestrator_client.operations import Operations
from orchestrator_client.requests import Request
from orchestrator_client.target import find_target
from orchestrator_client.transport import Transport

_ANSWER_S = 30.0


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
