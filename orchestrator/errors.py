"""Exception hierarchy; each class says what its caller can do.

OrchestratorError
├── InvalidInput        the request is wrong: answer with every wrong field; nothing was changed
│   └── InvalidFlow     a flow document with problems (step, line and detail of each)
├── NotFound            the id names nothing
├── Conflict            the state of the resource does not allow the request
├── ChangedMeanwhile    a change was made of a version that is no longer there: read it again; nothing was changed
├── Gone                the resource existed and is no longer available
├── InvalidLink         a signed link is not one of ours, or was changed: answer 403
├── LimitReached        the rate or the channels are used up: retry after `retry_after_s`
├── StoreUnavailable    Redis, PostgreSQL or the recordings store is unreachable: retry, nothing was changed
├── CarrierUnavailable  the carrier did not answer a query: retry later
├── CarrierRefused      the carrier refused a query: its code and detail say why
├── BadSignature        a webhook is not signed by the carrier, or is too old: answer 4xx
├── NotAnEvent          a signed body is not an event: answer 4xx
├── NewerLiveState      a newer version wrote the live call: leave it to engines of that version
├── InvalidPack         a pack of rules has a mistake: a defect of this program; file and line are named
├── ForbiddenTransition a state was to change as no table allows: a defect of this program, nothing was changed
└── Misconfigured       the operator must correct a setting; the message is the remedy
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class OrchestratorError(Exception):
    """Base class of every exception that this project defines."""


class FieldError(dict[str, Any]):
    """One wrong field: {"pointer": "/contacts/3/phone", "code": "...", "detail": "what was expected"}."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(pointer=pointer, code=code, detail=detail)


class InvalidInput(OrchestratorError):
    """Raised when a request names fields that are wrong; `errors` lists every one of them."""

    code = "invalid"

    def __init__(self, errors: Sequence[FieldError], *, code: str = "invalid") -> None:
        super().__init__("; ".join(f"{e['pointer']}: {e['detail']}" for e in errors))
        self.errors = list(errors)
        self.code = code


class Located(Protocol):
    """A problem that knows its place in a flow document."""

    @property
    def step(self) -> str | None:
        """The step that contains it."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def pointer(self) -> str:
        """The JSON pointer."""

    @property
    def detail(self) -> str:
        """What is wrong, and what to write."""


class InvalidFlow(InvalidInput):
    """Raised when a flow document has problems; `problems` lists all of them, `errors` the same for a REST answer."""

    def __init__(self, problems: Sequence[Located]) -> None:
        errors = [FieldError(p.pointer, "invalid_flow", p.detail) for p in problems]
        for error, problem in zip(errors, problems, strict=True):
            error.update(step=problem.step, line=problem.line)
        super().__init__(errors, code="invalid_flow")
        self.problems = list(problems)


class NotFound(OrchestratorError):
    """Raised when no resource has this id."""

    def __init__(self, kind: str, ident: str) -> None:
        super().__init__(f"no {kind} {ident}")
        self.kind, self.ident = kind, ident


class Conflict(OrchestratorError):
    """Raised when the state of a resource does not allow the request.

    `allowed` lists the states that would allow it; `until` is when it may be retried (RFC 3339), if known; `errors` are
    the fields that stand in the way, if there are any. `lists` are the lists of numbers for which it is refused.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: str | None = None,
        allowed: Sequence[str] = (),
        until: str | None = None,
        errors: Sequence[FieldError] = (),
        lists: Sequence[str] = (),
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.status, self.allowed = code, detail, status, list(allowed)
        self.until, self.errors, self.lists = until, list(errors), list(lists)


class ChangedMeanwhile(OrchestratorError):
    """Raised when a change was made of another version than there is now, whose tag is `etag`."""

    def __init__(self, etag: str) -> None:
        super().__init__(f"it was changed meanwhile and is {etag} now")
        self.etag = etag


class Gone(OrchestratorError):
    """Raised when a resource is no longer available and will not be again."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class InvalidLink(OrchestratorError):
    """Raised when a signed link was changed, or is of another installation."""


class LimitReached(OrchestratorError):
    """Raised when rate or channels are used up; nothing was changed."""

    def __init__(self, code: str, detail: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(detail)
        self.code, self.detail, self.retry_after_s = code, detail, retry_after_s


class StoreUnavailable(OrchestratorError):
    """Raised when Redis, PostgreSQL or the recordings store does not answer; the operation may be retried."""

    def __init__(self, store: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(f"{store} is not reachable")
        self.store, self.retry_after_s = store, retry_after_s


class NewerLiveState(OrchestratorError):
    """Raised when the live state of a call was written by a newer version of this program; nothing was changed."""

    def __init__(self, call_id: str, schema_no: int) -> None:
        super().__init__(f"the live state of {call_id} has schema {schema_no}: an engine of a newer version wrote it")
        self.call_id, self.schema_no = call_id, schema_no


class BadBackup(OrchestratorError):
    """Raised when a file is no whole backup, or an installation is none that a backup may be restored into."""


class InvalidPack(OrchestratorError):
    """Raised when a pack of rules has a mistake; the message names file, line and what was expected."""


class ForbiddenTransition(OrchestratorError):
    """Raised when a state would change in a way that its table (docs/states.md) does not have; nothing was changed."""

    def __init__(self, thing: str, source: str, target: str) -> None:
        super().__init__(f"a transition of {thing} from {source} to {target} is not in the table")
        self.thing, self.source, self.target = thing, source, target


class Misconfigured(OrchestratorError):
    """Raised when a setting is missing or contradicts another; the message says what to set."""


class CarrierUnavailable(OrchestratorError):
    """Raised when the carrier does not answer a query in time, or answers with 5xx or 429; nothing was changed."""

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"the carrier does not answer: {detail}")
        self.detail, self.retry_after_s = detail, retry_after_s


class CarrierRefused(OrchestratorError):
    """Raised when the carrier refuses a query: a wrong key (401), a missing right (403), a bad argument (4xx)."""

    def __init__(self, status: int, *, code: str, title: str, detail: str) -> None:
        super().__init__(f"the carrier answered {status} {code}: {detail or title}")
        self.status, self.code, self.title, self.detail = status, code, title, detail


class BadSignature(OrchestratorError):
    """Raised when a webhook's signature or timestamp is not valid; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"webhook refused: {reason}")
        self.reason = reason


class NotAnEvent(OrchestratorError):
    """Raised when a webhook's body is not a carrier event; the message says what is missing."""
