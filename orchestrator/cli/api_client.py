"""The API client of the command line: address, key and error messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import requests
import typer
from pydantic import SecretStr

from orchestrator.errors import Misconfigured, OrchestratorError
from orchestrator.local_stack.data_folder import read_addresses, stored_api_key
from orchestrator.local_stack.interrupts import pause
from orchestrator.settings import Settings, load_settings
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.session import open_session

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

    def __init__(self, status: int, problem: dict[str, Any], *, retry_after_s: float | None = None) -> None:
        fields = [f"  {_where(error)}{error.get('detail', '')}" for error in problem.get("errors", [])]
        what = problem.get("detail") or problem.get("title") or "no reason given"
        what += f" It may be dialed from {problem['until']} on." if problem.get("until") else ""
        super().__init__("\n".join([f"{what} ({status})", *fields]))
        self.status, self.problem, self.retry_after_s = status, problem, retry_after_s


class ApiUnreachable(OrchestratorError):
    """Raised when the API is unreachable; the message is the remedy."""


_ANSWER_S = 30.0
_REPEATED_AFTER_S = (0.25, 0.75, 2.0)  # an API that is restarted is back by then
_LONGEST_WAIT_S = 5.0
_UNAVAILABLE = 503
_UPLOAD_S = 3600  # the answer comes when every row is written


class ApiClient:
    """A client of the REST API; a request ends within 30 s unless more is asked, reads outlive a blip of the API."""

    def __init__(
        self, base_url: str, key: SecretStr, *, egress: Egress = DIRECT, wait: Callable[[float], object] = pause
    ) -> None:
        self.base_url, self._wait = base_url.rstrip("/"), wait
        self._session = open_session(egress)
        self._session.headers["Authorization"] = f"Bearer {key.get_secret_value()}"

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON at `path`; raise RefusedByApi or ApiNotReached."""
        return self._ask("GET", path, params=params).json()

    def post(
        self, path: str, json: Any = None, *, idempotency_key: str | None = None, timeout_s: float = _ANSWER_S
    ) -> Any:
        """Post JSON and return the answer's; raise RefusedByApi or ApiNotReached."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        body, timeout = json if json is not None else {}, (3.05, timeout_s)
        return self._ask("POST", path, json=body, headers=headers, timeout=timeout).json()

    def each(self, path: str, **params: Any) -> Iterator[Any]:
        """Yield every item of a paginated list."""
        for page in self.pages(path, **params):
            yield from page["data"]

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """Yield every page of a paginated list; one may be short, or empty, with others behind it."""
        while True:
            page = self.get(path, **params)
            yield page
            if page["next_cursor"] is None:
                return
            params["cursor"] = page["next_cursor"]

    def patch(self, path: str, json: Any) -> Any:
        """Change a resource and return it."""
        return self._ask("PATCH", path, json=json).json()

    def delete(self, path: str, **params: Any) -> None:
        """Delete the resource at `path`."""
        self._ask("DELETE", path, params=params)

    def upload(self, path: str, body: Any, *, content_type: str, **params: Any) -> Any:
        """Post a document (bytes or an open file) as it is and return the answer's JSON."""
        headers, timeout = {"Content-Type": content_type}, (3.05, _UPLOAD_S)
        return self._ask("POST", path, data=body, params=params, headers=headers, timeout=timeout).json()

    def replace(self, path: str, body: Any, *, content_type: str, **params: Any) -> Any:
        """Put a document (an open file) in the place of another and return the answer's JSON."""
        headers, timeout = {"Content-Type": content_type}, (3.05, _UPLOAD_S)
        return self._ask("PUT", path, data=body, params=params, headers=headers, timeout=timeout).json()

    def download(self, path: str, file: Path, **params: Any) -> None:
        """Download `path` to `file`, which is there whole or not at all; a pipe is written to as it comes."""
        answer = self._ask("GET", path, params=params, stream=True)
        if file.exists() and not file.is_file():
            _write(answer, file)
            return
        draft = file.with_name(f".{file.name}.part")
        try:
            _write(answer, draft)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Return the answer; a read is repeated after a connection error or a 503, nothing else ever is."""
        for wait_s in _REPEATED_AFTER_S if method == "GET" else ():
            try:
                return self._ask_once(method, path, **more)
            except ApiUnreachable as err:
                if not isinstance(err.__cause__, requests.ConnectionError):
                    raise  # a read that timed out has taken long enough
                self._wait(wait_s)
            except ApiError as err:
                if err.status != _UNAVAILABLE:
                    raise
                self._wait(min(err.retry_after_s or wait_s, _LONGEST_WAIT_S))
        return self._ask_once(method, path, **more)

    def _ask_once(self, method: str, path: str, **more: Any) -> requests.Response:
        try:
            answer = self._session.request(method, f"{self.base_url}{path}", **{"timeout": (3.05, _ANSWER_S), **more})
        except requests.RequestException as err:
            raise ApiUnreachable(
                f"no API answers at {self.base_url}: start one with `orchestrator up`, or say where it is with --url"
            ) from err
        if answer.ok:
            return answer
        raise ApiError(answer.status_code, _problem(answer), retry_after_s=_retry_after_s(answer))


def _retry_after_s(answer: requests.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdecimal() else None


def _write(answer: requests.Response, file: Path) -> None:
    try:
        with file.open("wb") as target:
            for piece in answer.iter_content(65_536):
                target.write(piece)
    except requests.RequestException as err:
        raise ApiUnreachable("the answer broke off before its end; try again") from err


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
    ctx.call_on_close(api.close)
    return api


def _where(error: dict[str, Any]) -> str:
    """Return the place of an error, a line of a flow or a field, with a colon; "" for the whole body."""
    if line := error.get("line"):
        return f"line {line}" + (f", step {error['step']}: " if error.get("step") else ": ")
    return f"{error['pointer']}: " if error.get("pointer") else ""


def _key(key: str | None, settings: Settings, folder: Path) -> SecretStr:
    found = SecretStr(key) if key else settings.api_key or stored_api_key(folder)
    if found is None:
        raise Misconfigured(
            f"no API key: set ORCHESTRATOR_API_KEY, or name a running stack's folder with --data ({folder} is none)"
        )
    return found


def _problem(answer: requests.Response) -> dict[str, Any]:
    try:
        problem = answer.json()
    except requests.JSONDecodeError:
        return {"title": answer.reason}
    return problem if isinstance(problem, dict) else {"title": answer.reason}
