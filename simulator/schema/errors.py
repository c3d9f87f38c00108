"""The carrier's errors: status, code, title, detail and pointer.

CarrierError
├── unauthorized, refused(D-code)      401, 403   our account, or this destination
├── not_found                          404        no such thing
├── invalid, wrong_connection, …       400, 422   the request, or the moment for it
├── too_many_dials, too_many_requests  429        later
└── broken, unavailable                500, 503   the carrier itself
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

_DOCS = "https://developers.telnyx.com/docs/overview/errors/"

D_CODES = {
    "D1": "Concurrent call limit of the account reached",
    "D2": "Channel limit of the outbound voice profile reached",
    "D3": "Channel limit of the connection reached",
    "D13": "Destination country is not enabled for the outbound voice profile",
    "D17": "Account is disabled",
    "D22": "Channel limit exceeded",
    "D35": "Caller id is not usable",
    "D41": "Destination prefix is blocked",
    "D60": "Destination is not verified for this account",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of the carrier's `errors` list."""

    code: str
    title: str
    detail: str
    pointer: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        source = {"source": {"pointer": self.pointer}} if self.pointer else {}
        return {
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
            "meta": {"url": _DOCS + self.code},
            **source,
        }


def missing(at: str) -> Problem:
    """Return the error for a missing required field."""
    return Problem("10004", "Missing required parameter", f"{at} is required.", at)


class CarrierError(Exception):
    """Raised when a request is refused; it was not executed."""

    def __init__(self, status: int, problems: Sequence[Problem], *, d_code: str | None = None) -> None:
        super().__init__(status, *(p.code for p in problems))
        self.status = status
        self.problems = problems
        self.d_code = d_code

    @property
    def code(self) -> str:
        """The code of the first problem, which the ledger counts."""
        return self.problems[0].code

    def body(self) -> bytes:
        """Return the JSON body; a D-code is repeated at the top level."""
        extra = {"telnyx_error": {"error_code": self.d_code}} if self.d_code else {}
        return orjson.dumps({"errors": [p.as_json() for p in self.problems], **extra})


def _error(status: int, code: str, title: str, detail: str, *, at: str | None = None) -> CarrierError:
    return CarrierError(status, [Problem(code, title, detail, at)])


def unauthorized() -> CarrierError:
    """Return the 401 for a missing or wrong API key."""
    return _error(401, "10009", "Authentication failed", "No valid API key came with the request.")


def refused(d_code: str) -> CarrierError:
    """Return the 403 whose detail ends in this D-code."""
    reason = D_CODES.get(d_code, "Call refused")
    problem = Problem("10010", "Authorization failed", f"{reason} {d_code}")
    return CarrierError(403, [problem], d_code=d_code)


def not_found(what: str) -> CarrierError:
    """Return the 404 for a path, call or resource that does not exist."""
    return _error(404, "10005", "Resource not found", f"{what} does not exist.")


def undecodable() -> CarrierError:
    """Return the 400 for a body that is not a JSON object."""
    return _error(400, "10028", "Request body could not be decoded", "The body must be a JSON object in UTF-8.")


def invalid(problems: Sequence[Problem]) -> CarrierError:
    """Return the 422 for missing or invalid fields."""
    return CarrierError(422, problems)


def wrong_connection(detail: str) -> CarrierError:
    """Return the 422 for a connection that cannot be used."""
    return _error(422, "10015", "Invalid connection", detail, at="/connection_id")


def bad_request(detail: str, *, at: str) -> CarrierError:
    """Return the 422 for a field that is valid by itself but not in this call."""
    return _error(422, "10015", "Bad request", detail, at=at)


def unknown_call() -> CarrierError:
    """Return the 422 for an unknown or forgotten call_control_id."""
    return _error(422, "90015", "Invalid call control id", "The call_control_id is not valid.")


def call_ended() -> CarrierError:
    """Return the 422 for a command on a call that has ended."""
    return _error(422, "90018", "Call has already ended", "The call is no longer active and takes no commands.")


def not_answered() -> CarrierError:
    """Return the 422 for a command on a call that is still ringing."""
    return _error(422, "90034", "Call not answered yet", "The command needs a call that has been answered.")


def no_audio_yet() -> CarrierError:
    """Return the 422 for a recording before the call has audio."""
    return _error(422, "90020", "Recording not possible yet", "Recording needs a call whose audio has started.")


def not_now(detail: str) -> CarrierError:
    """Return the 422 for a command in the wrong state, where the carrier publishes no specific code."""
    return _error(422, "10015", "Bad request", detail)


def not_incoming() -> CarrierError:
    """Return the 422 for `answer` on an outbound call."""
    return _error(422, "90102", "Call cannot be answered", "Only an incoming call can be answered.")


def wrong_bridge_target() -> CarrierError:
    """Return the 422 for a bridge with an unknown call."""
    return _error(
        422, "90015", "Invalid call control id", "There is no such call to bridge with.", at="/call_control_id"
    )


def bridge_target_ended() -> CarrierError:
    """Return the 422 for a bridge with a call that has ended."""
    return _error(422, "90018", "Call has already ended", "The call to bridge with is over.", at="/call_control_id")


def bridge_target_unanswered() -> CarrierError:
    """Return the 422 for a bridge with an unanswered incoming call."""
    detail = "The call to bridge with has not been answered."
    return _error(422, "90034", "Call not answered yet", detail, at="/call_control_id")


def not_queued() -> CarrierError:
    """Return the 422 for leaving a queue when the call is in none."""
    return _error(422, "90035", "Call is not in a queue", "The call is in no queue.")


def queue_full() -> CarrierError:
    """Return the 422 for a full queue."""
    return _error(422, "90036", "Queue is full", "The queue holds as many calls as it may.", at="/queue_name")


def queue_size_fixed() -> CarrierError:
    """Return the 422 for changing the size of an existing queue."""
    return _error(422, "90037", "Queue size cannot be changed", "max_size is fixed at creation.", at="/max_size")


def queue_exists() -> CarrierError:
    """Return the 422 for creating a queue whose name is taken."""
    return _error(422, "10015", "Bad request", "A queue of this name exists already.", at="/queue_name")


def already_queued() -> CarrierError:
    """Return the 422 for queueing a call twice."""
    return _error(422, "90038", "Call is already in a queue", "The call is in a queue already.", at="/queue_name")


def recording_while_transcribing() -> CarrierError:
    """Return the 422 for a recording with a silence timeout during a transcription."""
    detail = "timeout_secs cannot be used while the call is transcribed."
    return _error(422, "90053", "Recording conflicts with transcription", detail, at="/timeout_secs")


def already_transcribing() -> CarrierError:
    """Return the 422 for a second transcription."""
    return _error(422, "90054", "Transcription already in progress", "The call is being transcribed already.")


def not_transcribing() -> CarrierError:
    """Return the 422 for stopping a transcription when none is running."""
    return _error(422, "90055", "Transcription not in progress", "The call is not being transcribed.")


def too_many_dials() -> CarrierError:
    """Return the 429 for a dial beyond the limit per five seconds; it was not started."""
    return _error(429, "90103", "Dial rate limit reached", "Too many calls were dialed in the last five seconds.")


def too_many_requests() -> CarrierError:
    """Return the 429 for exceeding the API's rate limit."""
    return _error(429, "10011", "Too many requests", "The API rate limit was reached.")


def broken(status: int = 500) -> CarrierError:
    """Return an internal error of the carrier."""
    return _error(status, "10007", "Internal server error", "The request could not be processed.")


def unavailable() -> CarrierError:
    """Return the 503 of a carrier that is down."""
    return _error(503, "10007", "Service unavailable", "The service is temporarily unavailable.")


def media_in_use() -> CarrierError:
    """Return the 422 for a second stream or fork on a leg."""
    detail = "Only one streaming or forking operation may run on a call."
    return _error(422, "90045", "Media streaming is used", detail)


def not_streaming() -> CarrierError:
    """Return the 422 for stopping a stream when none is running."""
    detail = "No media streaming runs on the call."
    return _error(422, "90048", "Media streaming is not used", detail)


def not_forked() -> CarrierError:
    """Return the 422 for stopping a fork when none is running."""
    return _error(422, "90031", "Call is not forked", "The call's media is not forked.")
