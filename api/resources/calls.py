"""Calls: those dialed and received, single calls, and commands on live ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page
from api.http.phone_filters import ASKED_REGION, read_number
from api.http.responses import answer
from api.http.routes import Body, Resource
from api.http.state_values import values_of
from api.resources.campaigns import FlowReference
from api.resources.contacts import shown_campaign
from api.resources.recordings import RecordingView, recording_view
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.call_times import ring_s, talk_s
from orchestrator.model.disposition import Disposition, Fault
from orchestrator.operations.calls.find_calls import CallStory, find_call, list_calls
from orchestrator.operations.calls.request_command import ACTIONS, request_command, reserved_fields
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.policy.id_fields import CampaignId, ContactId
from orchestrator.policy.phone.field import AskedNumber, Region
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.telnyx.commands import Command

resource = Resource("calls")

CallStatus = Annotated[AttemptState, values_of(AttemptState)]


class CallView(BaseModel):
    """A call; `ring_s` and `talk_s` are measured.

    `sip_hangup_cause` and `telnyx_error` are the carrier's own description of its end. `fault` names what at the
    carrier kept it from its callee (route, capacity or account): such an attempt does not count.

    `heard_after_ms` is how long after the answer a person first heard something, null for nothing at all; `abandoned`
    says that it was more than two seconds, `silent` more than three; `silent` is null where nobody was measured.

    A `withdrawn` call was never dialed. Its contact is called when the reason is gone, by the call `next_call_id`: null
    until then, and where nobody is called any more; the contact's status tells which.

    An inbound call has the contact it was joined to, if a campaign had dialed its caller, and that campaign.
    """

    model_config = ConfigDict(validate_by_alias=True, serialize_by_alias=True)

    id: str
    campaign_id: str | None
    contact_id: str | None
    external_id: str | None
    direction: Literal["outbound", "inbound"]
    to: str
    from_: str = Field(alias="from")
    attempt: int
    flow: FlowReference | None
    status: CallStatus
    disposition: Disposition | None
    outcome: str | None
    answers: dict[str, Any]
    amd_result: str | None
    call_control_id: str | None
    reserved_at: Moment
    dialed_at: Moment | None
    answered_at: Moment | None
    ended_at: Moment | None
    ring_s: float | None
    talk_s: float | None
    hangup_cause: str | None
    hangup_source: str | None
    sip_hangup_cause: str | None
    telnyx_error: dict[str, str] | None
    fault: Fault | None
    withdrawn_reason: str | None
    next_call_id: str | None
    error: dict[str, Any] | None
    cost: Any
    heard_after_ms: int | None
    abandoned: bool
    silent: bool | None
    recordings: list[RecordingView]


class UtteranceView(BaseModel):
    """Transcribed speech: live on one `track`, or the text of a whole recording, with its `recording_id`."""

    at: Moment
    track: str | None
    text: str
    confidence: float | None
    recording_id: str | None


class TimelineEntry(BaseModel):
    """An event of a call, or a command that was sent for it; `leg` A is its own, any other a further leg."""

    id: str
    kind: Literal["event", "command"]
    type: str
    leg: str
    at: Moment
    recorded_at: Moment
    payload: dict[str, Any]


class CallDetail(CallView):
    """A call with its timeline and transcript; `phase` and `step` while it is live."""

    phase: str | None
    step: str | None
    transcript: list[UtteranceView]
    timeline: list[TimelineEntry]


class CallFilters(BaseModel):
    """Which calls are meant."""

    campaign_id: CampaignId | None = Field(None, description="The calls it dialed.")
    contact_id: ContactId | None = Field(None, description="Calls to a contact, and those that came from it.")
    to: AskedNumber | None = None
    region: Region | None = Field(None, description=ASKED_REGION)
    direction: Literal["outbound", "inbound"] | None = None
    external_id: str | None = None
    status: CallStatus | None = None
    disposition: Disposition | None = None
    outcome: str | None = None
    ended_after: Moment | None = None
    ended_before: Moment | None = None


class CallQuery(PageQuery, CallFilters):
    """Which calls to list."""

    ids = "call_"


class AcceptedCommand(BaseModel):
    """A command that was put in the call's stream."""

    command_id: str


def _fields(row: Any, recordings: Iterable[Any]) -> dict[str, Any]:
    flow = FlowReference(id=row.flow_id, name=row.flow_name, version=row.flow_version) if row.flow_id else None
    return {
        **row._mapping,
        "campaign_id": row.joined_campaign_id or shown_campaign(row),
        "contact_id": row.joined_contact_id if row.direction == "inbound" else row.contact_id,
        "to": row.to_number,
        "from": row.from_number,
        "flow": flow,
        "status": row.state,
        "ring_s": ring_s(row),
        "talk_s": talk_s(row),
        "recordings": [recording_view(recording) for recording in recordings],
    }


def call_view(row: Any, recordings: Iterable[Any] = ()) -> CallView:
    """Return a call as it is shown."""
    return CallView.model_validate(_fields(row, recordings))


def _detail(story: CallStory) -> CallDetail:
    phase, step = (story.live.phase, story.live.step) if story.live else (None, None)
    known = {"answered_at": story.row.answered_at or (story.live and story.live.answered_at)}
    said = [utterance.model_dump() for utterance in story.transcript]
    beside = {"phase": phase, "step": step, "timeline": story.timeline, "transcript": said}
    return CallDetail.model_validate({**_fields(story.row, story.recordings), **known, **beside})


@resource.route("GET", "/v1/calls", query=CallQuery, gives={200: Page[CallView]}, fails=(422,))
def index(services: Services, query: CallQuery) -> Page[CallView]:
    """List calls, newest first; attempts that were withdrawn undialed only with `status=withdrawn`."""
    filters = read_number(services, query.filters(), "to")
    page, recordings = list_calls(services.sql, filters, after=query.after, limit=query.limit)
    shape = lambda row: call_view(row, recordings.get(row.id, ()))  # noqa: E731
    return cut_page(page.rows, query, shape=shape, goes_on_after=page.goes_on_after)


@resource.route("GET", "/v1/calls/{call_id}", gives={200: CallDetail}, fails=(404,))
def show(services: Services, call_id: str) -> CallDetail:
    """Show a call with its timeline and transcript."""
    return _detail(find_call(call_id, sql=services.sql, client=services.redis, keys=services.keys))


@resource.route(
    "POST",
    "/v1/calls",
    body=NewCall,
    gives={202: CallView},
    fails=(400, 409, 422, 429),
    idempotency="required",
)
def place(services: Services, body: NewCall) -> Response:
    """Call one number.

    It passes the same checks and is kept in the same ledger as a campaign's calls. A call that may not be dialed now is
    refused with 409: the `code` is the reason. What comes up after this answer, such as a carrier that is away, makes
    the call `withdrawn`; who is called later all the same is called by its `next_call_id`. Without a `flow`, commands
    come from `POST /v1/calls/{call_id}/actions/…`.
    """
    placed = place_call(
        body,
        contact_id=fresh_id("con"),
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        flows=services.flows,
        settings=services.settings,
        caps=services.caps,
        clock=services.clock,
    )
    return answer(call_view(placed), 202)


_ACTION = """It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
of text) is your own: every later webhook of the leg shows it, as text, until another is said."""
_OF_ONE = {
    "answer": "Only for a call that came in and is not answered.",
    "reject": "Only for a call that came in and is not answered.",
    "transfer": "Only for a call that is answered. The flow stands still meanwhile, and goes on when nobody comes.",
    "bridge": "`call_control_id` may be the id of another live call here, `call_…`.",
    "client_state_update": "A POST here, whatever the carrier's method.",
}


def _enter_action(name: str, command: type[Command]) -> None:
    view = _action_view()
    view.__doc__ = f"Send `{name}` to a live call.\n\n{_ACTION} {_OF_ONE.get(name, '')}".strip()
    resource.route(
        "POST",
        f"/v1/calls/{{call_id}}/actions/{name}",
        body=Body(model=command, may_be_missing=not _needs_fields(command), refused=reserved_fields(command)),
        gives={202: AcceptedCommand},
        fails=(404, 409, 422),
        idempotency="optional",
    )(view)


def _needs_fields(command: type[Command]) -> bool:
    return any(field.is_required() for field in command.model_fields.values())


def _action_view() -> Callable[..., Response]:
    def act(services: Services, call_id: str, body: Command) -> Response:
        command_id = request_command(
            call_id,
            body,
            request_id=fresh_id("req"),
            sql=services.sql,
            client=services.redis,
            keys=services.keys,
            now=services.clock(),
        )
        return answer(AcceptedCommand(command_id=command_id), 202)

    return act


for _name, _command in ACTIONS.items():
    _enter_action(_name, _command)
