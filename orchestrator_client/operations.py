"""Every operation of the API as a method. Made from /openapi.json by `make docs`; not edited by hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Unpack

from orchestrator_client.downloads import Download
from orchestrator_client.paging import Pages
from orchestrator_client.requests import Request, address, new_key
from orchestrator_client.transport import Transport
from orchestrator_client.uploads import Source, Upload

if TYPE_CHECKING:  # hundreds of types that no answer waits for
    from orchestrator_client import models


class Operations:
    """Every operation, in the groups of their addresses."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.audit = Audit(transport)
        self.bulk_changes = BulkChanges(transport)
        self.caller_id_pools = CallerIdPools(transport)
        self.caller_ids = CallerIds(transport)
        self.calls = Calls(transport)
        self.campaigns = Campaigns(transport)
        self.connections = Connections(transport)
        self.consents = Consents(transport)
        self.contacts = Contacts(transport)
        self.dialing = Dialing(transport)
        self.erasures = Erasures(transport)
        self.events = Events(transport)
        self.explain = Explain(transport)
        self.flows = Flows(transport)
        self.imports = Imports(transport)
        self.keys = Keys(transport)
        self.lists = Lists(transport)
        self.numbers = Numbers(transport)
        self.policy = Policy(transport)
        self.processes = Processes(transport)
        self.recordings = Recordings(transport)
        self.sign_in_links = SignInLinks(transport)
        self.suppressions = Suppressions(transport)
        self.system = System(transport)
        self.users = Users(transport)
        self.webhook_endpoints = WebhookEndpoints(transport)


class _Group:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport


class Audit(_Group):
    """The operations of `/v1/audit`."""

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, subject: str | None = None, by: str | None = None
    ) -> Pages[models.AuditView, models.PageAuditView]:
        """List what was done over REST, newest first: by whom, when, and what it changed."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/audit"),
                query={"limit": limit, "cursor": cursor, "subject": subject, "by": by},
            ),
        )


class BulkChanges(_Group):
    """The operations of `/v1/bulk-changes`."""

    def get(self, change_id: str, /) -> models.BulkChangeView:
        """Show how far a change of many contacts is."""
        answer: models.BulkChangeView = self.transport.send(
            Request(method="GET", path=address("/v1/bulk-changes/{}", change_id))
        )
        return answer


class CallerIdPools(_Group):
    """The operations of `/v1/caller-id-pools`."""

    def create(
        self, /, *, idempotency_key: str | None = None, **body: Unpack[models.NewCallerIdPool]
    ) -> models.CallerIdPoolView:
        """Create a pool.

        A contact sees the same number at every attempt, as far as its caps and its rest allow. `local_then_sticky` prefers
        a number of the contact's region, then of its area code; each number must then be mapped to a flow
        (`POST /v1/numbers`), and none may be British.
        """
        answer: models.CallerIdPoolView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/caller-id-pools"),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, name: str | None = None
    ) -> Pages[models.CallerIdPoolView, models.PageCallerIdPoolView]:
        """List pools, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/caller-id-pools"),
                query={"limit": limit, "cursor": cursor, "name": name},
            ),
        )

    def get(self, pool_id: str, /) -> models.CallerIdPoolView:
        """Show a pool, with what was dialed from each number and whether it rests."""
        answer: models.CallerIdPoolView = self.transport.send(
            Request(method="GET", path=address("/v1/caller-id-pools/{}", pool_id))
        )
        return answer

    def update(
        self, pool_id: str, /, *, if_match: str | None = None, **body: Unpack[models.CallerIdPoolChanges]
    ) -> models.CallerIdPoolView:
        """Change a pool, also while campaigns dial from it; `numbers` and `health` are replaced as a whole.

        From a number that is taken out no more calls are made.
        """
        answer: models.CallerIdPoolView = self.transport.send(
            Request(method="PATCH", path=address("/v1/caller-id-pools/{}", pool_id), json=body, if_match=if_match)
        )
        return answer

    def delete(self, pool_id: str, /) -> None:
        """Delete a pool; refused with `pool_in_use` while a campaign that is not over dials from it."""
        self.transport.send(Request(method="DELETE", path=address("/v1/caller-id-pools/{}", pool_id)))

    def add_numbers(self, pool_id: str, /, **body: Unpack[models.MoreNumbers]) -> models.CallerIdPoolView:
        """Add numbers to a pool, also while campaigns dial from it; one that is in it already is written anew."""
        answer: models.CallerIdPoolView = self.transport.send(
            Request(method="POST", path=address("/v1/caller-id-pools/{}/numbers", pool_id), json=body)
        )
        return answer

    def remove_numbers(self, pool_id: str, /, *, number: str) -> models.CallerIdPoolView:
        """Take a number out of a pool: no more calls are made from it. The last one stays."""
        answer: models.CallerIdPoolView = self.transport.send(
            Request(method="DELETE", path=address("/v1/caller-id-pools/{}/numbers", pool_id), query={"number": number})
        )
        return answer


class CallerIds(_Group):
    """The operations of `/v1/caller-ids`."""

    def get(self, number: str, /) -> models.CallerIdView:
        """Show whether a caller id rests, until when and why. The number is written `%2B1…`."""
        answer: models.CallerIdView = self.transport.send(
            Request(method="GET", path=address("/v1/caller-ids/{}", number))
        )
        return answer

    def end_rest(self, number: str, /, **body: Unpack[models.EndOfRest]) -> models.CallerIdView:
        """End the rest of a caller id: it is dialed from again, and the calls that it rested for count no more.

        Contacts that wait for a caller id are asked about again. One that does not rest stays as it is.
        """
        answer: models.CallerIdView = self.transport.send(
            Request(method="POST", path=address("/v1/caller-ids/{}/end-rest", number), json=body)
        )
        return answer


class Calls(_Group):
    """The operations of `/v1/calls`."""

    def list(
        self,
        *,
        campaign_id: str | None = None,
        contact_id: str | None = None,
        to: str | None = None,
        region: str | None = None,
        direction: Literal["outbound", "inbound"] | None = None,
        external_id: str | None = None,
        status: Literal["reserved", "dialing", "accepted", "ended", "withdrawn", "unknown"] | None = None,
        disposition: Literal[
            "answered",
            "human",
            "machine",
            "fax",
            "busy",
            "no_answer",
            "rejected",
            "not_found",
            "canceled",
            "failed",
            "unknown",
        ]
        | None = None,
        outcome: str | None = None,
        ended_after: datetime | str | None = None,
        ended_before: datetime | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Pages[models.CallView, models.PageCallView]:
        """List calls, newest first; attempts that were withdrawn undialed only with `status=withdrawn`."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/calls"),
                query={
                    "campaign_id": campaign_id,
                    "contact_id": contact_id,
                    "to": to,
                    "region": region,
                    "direction": direction,
                    "external_id": external_id,
                    "status": status,
                    "disposition": disposition,
                    "outcome": outcome,
                    "ended_after": ended_after,
                    "ended_before": ended_before,
                    "limit": limit,
                    "cursor": cursor,
                },
            ),
        )

    def create(self, /, *, idempotency_key: str | None = None, **body: Unpack[models.NewCall]) -> models.CallView:
        """Call one number.

        It passes the same checks and is kept in the same ledger as a campaign's calls. A call that may not be dialed now is
        refused with 409: the `code` is the reason. What comes up after this answer, such as a carrier that is away, makes
        the call `withdrawn`; who is called later all the same is called by its `next_call_id`. Without a `flow`, commands
        come from `POST /v1/calls/{call_id}/actions/…`.
        """
        answer: models.CallView = self.transport.send(
            Request(method="POST", path=address("/v1/calls"), json=body, idempotency_key=idempotency_key or new_key())
        )
        return answer

    def get(self, call_id: str, /) -> models.CallDetail:
        """Show a call with its timeline and transcript."""
        answer: models.CallDetail = self.transport.send(Request(method="GET", path=address("/v1/calls/{}", call_id)))
        return answer

    def answer(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Answer]
    ) -> models.AcceptedCommand:
        """Send `answer` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said. Only for a call that came in and is not answered.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/answer", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def reject(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Reject]
    ) -> models.AcceptedCommand:
        """Send `reject` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said. Only for a call that came in and is not answered.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/reject", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def hangup(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Hangup]
    ) -> models.AcceptedCommand:
        """Send `hangup` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/hangup", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def speak(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Speak]
    ) -> models.AcceptedCommand:
        """Send `speak` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/speak", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def playback_start(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.PlaybackStart]
    ) -> models.AcceptedCommand:
        """Send `playback_start` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/playback_start", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def playback_stop(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.PlaybackStop]
    ) -> models.AcceptedCommand:
        """Send `playback_stop` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/playback_stop", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def gather(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Gather]
    ) -> models.AcceptedCommand:
        """Send `gather` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/gather", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def gather_using_speak(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.GatherUsingSpeak]
    ) -> models.AcceptedCommand:
        """Send `gather_using_speak` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/gather_using_speak", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def gather_using_audio(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.GatherUsingAudio]
    ) -> models.AcceptedCommand:
        """Send `gather_using_audio` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/gather_using_audio", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def gather_stop(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.GatherStop]
    ) -> models.AcceptedCommand:
        """Send `gather_stop` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/gather_stop", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def send_dtmf(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.SendDtmf]
    ) -> models.AcceptedCommand:
        """Send `send_dtmf` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/send_dtmf", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def transfer(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Transfer]
    ) -> models.AcceptedCommand:
        """Send `transfer` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said. Only for a call that is answered. The flow stands still meanwhile, and goes on when nobody comes.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/transfer", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def bridge(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Bridge]
    ) -> models.AcceptedCommand:
        """Send `bridge` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said. `call_control_id` may be the id of another live call here, `call_…`.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/bridge", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def refer(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Refer]
    ) -> models.AcceptedCommand:
        """Send `refer` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/refer", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def enqueue(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Enqueue]
    ) -> models.AcceptedCommand:
        """Send `enqueue` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/enqueue", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def leave_queue(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.LeaveQueue]
    ) -> models.AcceptedCommand:
        """Send `leave_queue` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/leave_queue", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def record_start(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.RecordStart]
    ) -> models.AcceptedCommand:
        """Send `record_start` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/record_start", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def record_pause(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.RecordPause]
    ) -> models.AcceptedCommand:
        """Send `record_pause` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/record_pause", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def record_resume(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.RecordResume]
    ) -> models.AcceptedCommand:
        """Send `record_resume` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/record_resume", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def record_stop(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.RecordStop]
    ) -> models.AcceptedCommand:
        """Send `record_stop` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/record_stop", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def transcription_start(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.TranscriptionStart]
    ) -> models.AcceptedCommand:
        """Send `transcription_start` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/transcription_start", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def transcription_stop(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.TranscriptionStop]
    ) -> models.AcceptedCommand:
        """Send `transcription_stop` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/transcription_stop", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def streaming_start(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.StreamingStart]
    ) -> models.AcceptedCommand:
        """Send `streaming_start` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/streaming_start", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def streaming_stop(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.StreamingStop]
    ) -> models.AcceptedCommand:
        """Send `streaming_stop` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/streaming_stop", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def fork_start(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.ForkStart]
    ) -> models.AcceptedCommand:
        """Send `fork_start` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/fork_start", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def fork_stop(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.ForkStop]
    ) -> models.AcceptedCommand:
        """Send `fork_stop` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/fork_stop", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def suppression_start(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.SuppressionStart]
    ) -> models.AcceptedCommand:
        """Send `suppression_start` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/suppression_start", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def suppression_stop(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.SuppressionStop]
    ) -> models.AcceptedCommand:
        """Send `suppression_stop` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/suppression_stop", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def client_state_update(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.ClientStateUpdate]
    ) -> models.AcceptedCommand:
        """Send `client_state_update` to a live call.

        It takes its turn behind the commands of the flow, and the flow hears its webhooks; `hangup` ends the
        flow, `transfer` too once its target answers. What becomes of it stands in the call's timeline. A `client_state` (base64
        of text) is your own: every later webhook of the leg shows it, as text, until another is said. A POST here, whatever the carrier's method.
        """
        answer: models.AcceptedCommand = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/actions/client_state_update", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def callback(
        self, call_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Callback]
    ) -> models.PromisedView:
        """Call the person of a call back.

        Its contact waits until then in the same campaign, first in line, with one more attempt if none is left; so does
        one that has ended, and a completed campaign runs again for it. While it is being called this begins when the call
        ends, whatever that comes to, unless the person opts out. Asked for again, the time moves. All checks are made
        before the dial, as always: outside calling hours it is dialed `dials_from`, when they begin. 409 for a person who
        is suppressed or erased, and for a time at which the campaign or the contact is over.
        """
        answer: models.PromisedView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/calls/{}/callback", call_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def export(
        self,
        *,
        campaign_id: str | None = None,
        contact_id: str | None = None,
        to: str | None = None,
        region: str | None = None,
        direction: Literal["outbound", "inbound"] | None = None,
        external_id: str | None = None,
        status: Literal["reserved", "dialing", "accepted", "ended", "withdrawn", "unknown"] | None = None,
        disposition: Literal[
            "answered",
            "human",
            "machine",
            "fax",
            "busy",
            "no_answer",
            "rejected",
            "not_found",
            "canceled",
            "failed",
            "unknown",
        ]
        | None = None,
        outcome: str | None = None,
        ended_after: datetime | str | None = None,
        ended_before: datetime | str | None = None,
        format: Literal["csv", "excel", "jsonl", "xlsx"] | None = None,
        columns: str | None = None,
        tz: str | None = None,
    ) -> Download:
        """Download a row for each call, newest first, with the filters of the list of calls.

        In the formats of results. `answers` is JSON; attempts that were withdrawn undialed only with `status=withdrawn`.
        """
        return Download(
            self.transport.pieces,
            Request(
                method="GET",
                path=address("/v1/calls/export"),
                query={
                    "campaign_id": campaign_id,
                    "contact_id": contact_id,
                    "to": to,
                    "region": region,
                    "direction": direction,
                    "external_id": external_id,
                    "status": status,
                    "disposition": disposition,
                    "outcome": outcome,
                    "ended_after": ended_after,
                    "ended_before": ended_before,
                    "format": format,
                    "columns": columns,
                    "tz": tz,
                },
                is_download=True,
            ),
        )

    def media(self, call_id: str, /) -> models.MediaView:
        """List the audio that was captured of a call.

        `stream_url` is null unless ORCHESTRATOR_MEDIA_URL says where the carrier reaches `orchestrator media`.
        """
        answer: models.MediaView = self.transport.send(
            Request(method="GET", path=address("/v1/calls/{}/media", call_id))
        )
        return answer

    def media_file(self, call_id: str, file: str, /) -> Download:
        """Fetch a captured track; parts of it with `Range`, nothing with `If-None-Match` and the `ETag` it still has."""
        return Download(
            self.transport.pieces,
            Request(method="GET", path=address("/v1/calls/{}/media/{}", call_id, file), is_download=True),
        )

    def play_media(self, call_id: str, /, **body: Unpack[models.Sound]) -> models.SoundTaken:
        """Play audio into the call's open stream.

        Requests are played in order, one a second, as the carrier allows; thirty may wait. Each is played at most once.
        """
        answer: models.SoundTaken = self.transport.send(
            Request(method="POST", path=address("/v1/calls/{}/media/play", call_id), json=body)
        )
        return answer


class Campaigns(_Group):
    """The operations of `/v1/campaigns`."""

    def create(
        self, /, *, idempotency_key: str | None = None, **body: Unpack[models.NewCampaign]
    ) -> models.CampaignView:
        """Create a campaign in draft.

        Left out, `calling_hours` is 09:00 to 20:00 from Monday to Saturday in the contact's own zone. In `retry` the
        rule of an outcome wins over that of a disposition; a result without a rule is final. The numbers shown come from
        `caller_ids` or from a `caller_id_pool`: exactly one of them is named.
        """
        answer: models.CampaignView = self.transport.send(
            Request(
                method="POST", path=address("/v1/campaigns"), json=body, idempotency_key=idempotency_key or new_key()
            )
        )
        return answer

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        include: Literal["stats"] | None = None,
        status: Literal["draft", "scheduled", "running", "paused", "completed", "canceled"] | None = None,
        name: str | None = None,
        tag: str | None = None,
    ) -> Pages[models.ListedCampaign, models.PageListedCampaign]:
        """List campaigns, newest first, with `include=stats` each with its counts of contacts and calls."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/campaigns"),
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "include": include,
                    "status": status,
                    "name": name,
                    "tag": tag,
                },
            ),
        )

    def get(self, campaign_id: str, /) -> models.CampaignInFlight:
        """Show a campaign."""
        answer: models.CampaignInFlight = self.transport.send(
            Request(method="GET", path=address("/v1/campaigns/{}", campaign_id))
        )
        return answer

    def update(
        self, campaign_id: str, /, *, if_match: str | None = None, **body: Unpack[models.CampaignChanges]
    ) -> models.CampaignView:
        """Change a campaign.

        `flow`, `caller_ids` and `caller_id_pool`, of which one takes the place of the other, may change only in draft or
        paused, `starts_at` not while it runs, and once it has completed `ends_at` alone, for a redial. Changes apply from
        the next dial on.
        """
        answer: models.CampaignView = self.transport.send(
            Request(method="PATCH", path=address("/v1/campaigns/{}", campaign_id), json=body, if_match=if_match)
        )
        return answer

    def start(
        self, campaign_id: str, /, *, if_match: str | None = None, **body: Unpack[models.Start]
    ) -> models.CampaignInFlight:
        """Start a campaign.

        It runs at once, or is `scheduled` until its `starts_at`; while all dialing is stopped, `status_reason` says so and
        no contact is dialed. Refused with `no_contacts` when it has none, and with `preflight` for the errors of one that
        are found at once: `errors` lists them, and `accept` starts in spite of those that it names. With `If-Match` a
        draft is started only as it was when its tag was read.
        """
        answer: models.CampaignInFlight = self.transport.send(
            Request(method="POST", path=address("/v1/campaigns/{}/start", campaign_id), json=body, if_match=if_match)
        )
        return answer

    def pause(self, campaign_id: str, /) -> models.CampaignInFlight:
        """Pause a campaign.

        Once this has answered, nothing is dialed; the `in_flight` calls go on to their end.
        """
        answer: models.CampaignInFlight = self.transport.send(
            Request(method="POST", path=address("/v1/campaigns/{}/pause", campaign_id))
        )
        return answer

    def resume(self, campaign_id: str, /) -> models.CampaignInFlight:
        """Resume a paused campaign.

        Refused with `guard_abandon` or `guard_spend` while that guard would pause it at once.
        """
        answer: models.CampaignInFlight = self.transport.send(
            Request(method="POST", path=address("/v1/campaigns/{}/resume", campaign_id))
        )
        return answer

    def cancel(self, campaign_id: str, /, **body: Unpack[models.Cancellation]) -> models.CampaignInFlight:
        """End a campaign for good; contacts not yet done are `canceled`."""
        answer: models.CampaignInFlight = self.transport.send(
            Request(method="POST", path=address("/v1/campaigns/{}/cancel", campaign_id), json=body)
        )
        return answer

    def preflight(self, campaign_id: str, /, **body: Unpack[models.Asked]) -> models.PreflightView:
        """Look through all contacts of a campaign: who may be called, who waits for what, and who is never called.

        It is what the gate would say of each at that moment if the campaign ran and dialing were not stopped; nothing is
        changed. It is read page by page, beside dialing: a hundred thousand contacts take some seconds.
        """
        answer: models.PreflightView = self.transport.send(
            Request(method="POST", path=address("/v1/campaigns/{}/preflight", campaign_id), json=body)
        )
        return answer

    def stats(self, campaign_id: str, /) -> models.StatsView:
        """Show the statistics of a campaign.

        They are read once a second for all who ask, and at once when the campaign was changed or all dialing was stopped.
        """
        answer: models.StatsView = self.transport.send(
            Request(method="GET", path=address("/v1/campaigns/{}/stats", campaign_id))
        )
        return answer

    def timeseries(
        self,
        campaign_id: str,
        /,
        *,
        from_: datetime | str | None = None,
        to: datetime | str | None = None,
        step: int | None = None,
    ) -> models.TimeseriesView:
        """Show how a campaign went: dials, answers, people, results and live calls by steps of a minute or more."""
        answer: models.TimeseriesView = self.transport.send(
            Request(
                method="GET",
                path=address("/v1/campaigns/{}/timeseries", campaign_id),
                query={"from": from_, "to": to, "step": step},
            )
        )
        return answer

    def add_contacts(self, campaign_id: str, /, **body: Unpack[models.NewContacts]) -> models.AddedContacts:
        """Add contacts to a campaign.

        Up to 1,000 at once; good contacts are kept whatever the others are. Sending the same again adds nobody twice.
        """
        answer: models.AddedContacts = self.transport.send(
            Request(method="POST", path=address("/v1/campaigns/{}/contacts", campaign_id), json=body)
        )
        return answer

    def list_contacts(
        self,
        campaign_id: str,
        /,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        phone: str | None = None,
        region: str | None = None,
        external_id: str | None = None,
        status: Literal[
            "waiting", "held", "calling", "completed", "exhausted", "suppressed", "canceled", "expired", "unknown"
        ]
        | None = None,
        reason: str | None = None,
        disposition: Literal[
            "answered",
            "human",
            "machine",
            "fax",
            "busy",
            "no_answer",
            "rejected",
            "not_found",
            "canceled",
            "failed",
            "unknown",
        ]
        | None = None,
        outcome: str | None = None,
        updated_after: datetime | str | None = None,
    ) -> Pages[models.ContactView, models.FoundContacts]:
        """List the contacts of a campaign, newest first; those that wait for calling hours to begin count as held."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/campaigns/{}/contacts", campaign_id),
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "q": q,
                    "phone": phone,
                    "region": region,
                    "external_id": external_id,
                    "status": status,
                    "reason": reason,
                    "disposition": disposition,
                    "outcome": outcome,
                    "updated_after": updated_after,
                },
            ),
        )

    def redial(
        self, campaign_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Redial]
    ) -> models.Redialed:
        """Call contacts of a campaign again that have ended.

        They wait again with their history and may be called `attempts` times more. A completed campaign runs again for
        them. Nobody is touched whose number is suppressed, of whom a call lives, or who may have been called by an attempt
        that stayed unknown. With an Idempotency-Key a repeat goes on where the first request broke off, and lets nobody
        wait twice.
        """
        answer: models.Redialed = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/campaigns/{}/redial", campaign_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def clone(
        self, campaign_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.Clone]
    ) -> models.ClonedCampaign:
        """Make a new draft with the settings of a campaign, whatever its status.

        Contacts come along with what people said of them, and without their history. `starts_at`, `ends_at`, `not_before`
        and `not_after` are left out where they have passed.
        """
        answer: models.ClonedCampaign = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/campaigns/{}/clone", campaign_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def test_call(
        self, campaign_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.TestCall]
    ) -> models.CallView:
        """Call one number as a contact of the campaign would be called.

        It is a single call: in no stats and no budget of the campaign, but among the dials to its number that the caps of
        everybody count. Calling hours, the law's too, are ignored, and the call says so. Whom the campaign may never call
        is refused with 409, as is what `POST /v1/calls` refuses.
        """
        answer: models.CallView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/campaigns/{}/test-call", campaign_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def explain(self, campaign_id: str, /) -> models.CampaignExplanationView:
        """Explain why a campaign does not dial, or not faster.

        What keeps the whole campaign from dialing stands alone, with all contacts that are not done. Of the contacts that
        wait for a retry and of those that are due, the first 20,000 are told apart.
        """
        answer: models.CampaignExplanationView = self.transport.send(
            Request(method="GET", path=address("/v1/campaigns/{}/explain", campaign_id))
        )
        return answer

    def import_contacts(
        self,
        campaign_id: str,
        content: Source,
        /,
        *,
        region: str | None = None,
        map: str | None = None,
        encoding: Literal[
            "utf-8",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "windows-1250",
            "windows-1251",
            "windows-1252",
            "windows-1253",
            "windows-1254",
            "windows-1255",
            "windows-1256",
            "windows-1257",
            "windows-1258",
            "iso-8859-1",
            "iso-8859-2",
            "iso-8859-3",
            "iso-8859-4",
            "iso-8859-5",
            "iso-8859-7",
            "iso-8859-9",
            "iso-8859-10",
            "iso-8859-13",
            "iso-8859-15",
            "iso-8859-16",
            "macintosh",
            "mac-latin2",
            "cp437",
            "cp850",
            "cp852",
            "koi8-r",
            "shift_jis",
            "euc-jp",
            "gb18030",
            "big5",
            "euc-kr",
        ]
        | None = None,
        dedupe: Literal["phone", "external_id"] | None = None,
        sheet: str | None = None,
        content_type: Literal[
            "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        ] = "text/csv",
    ) -> models.ImportView:
        """Import contacts from a CSV file or an Excel workbook (.xlsx).

        UTF-8, UTF-16 or surely Windows-1252, with `,` `;` `|` or tab; the answer says in `read_as` how it was read. One
        column for the phone, under a name that people give it (`phone`, `Mobile`, `Phone Number`, `MSISDN`, `Telefon` …),
        or named by `map`; optional `timezone`, `external_id`, `not_before`, `not_after`, `priority`. The other columns are
        variables, matched to the flow's inputs ignoring case and spaces. A title above the header and a line `sep=;` are
        skipped.
        A file that does not arrive whole is not read at all, nor is a workbook that is damaged. The answer comes when every
        row is written, after a minute or more for half a million; good rows are kept whatever the others are, and a
        campaign that runs dials them at once.
        """
        answer: models.ImportView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/campaigns/{}/imports", campaign_id),
                query={"region": region, "map": map, "encoding": encoding, "dedupe": dedupe, "sheet": sheet},
                content=Upload(content),
                content_type=content_type,
            )
        )
        return answer

    def list_imports(
        self, campaign_id: str, /, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.ImportBrief, models.PageImportBrief]:
        """List the imports of a campaign, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/campaigns/{}/imports", campaign_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    def preview_import(
        self,
        campaign_id: str,
        content: Source,
        /,
        *,
        region: str | None = None,
        map: str | None = None,
        encoding: Literal[
            "utf-8",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "windows-1250",
            "windows-1251",
            "windows-1252",
            "windows-1253",
            "windows-1254",
            "windows-1255",
            "windows-1256",
            "windows-1257",
            "windows-1258",
            "iso-8859-1",
            "iso-8859-2",
            "iso-8859-3",
            "iso-8859-4",
            "iso-8859-5",
            "iso-8859-7",
            "iso-8859-9",
            "iso-8859-10",
            "iso-8859-13",
            "iso-8859-15",
            "iso-8859-16",
            "macintosh",
            "mac-latin2",
            "cp437",
            "cp850",
            "cp852",
            "koi8-r",
            "shift_jis",
            "euc-jp",
            "gb18030",
            "big5",
            "euc-kr",
        ]
        | None = None,
        dedupe: Literal["phone", "external_id"] | None = None,
        sheet: str | None = None,
        content_type: Literal[
            "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        ] = "text/csv",
    ) -> models.PreviewView:
        """Preview an import: columns, the first contacts, problems by kind; nobody is stored.

        A header without a known column for the phone is no error here: the column that holds numbers is proposed in
        `map`. At most 5,000 rows or 2 MB are read, and duplicates are told within them; who is in the campaign already is
        told by the import alone.
        """
        answer: models.PreviewView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/campaigns/{}/imports/preview", campaign_id),
                query={"region": region, "map": map, "encoding": encoding, "dedupe": dedupe, "sheet": sheet},
                content=Upload(content),
                content_type=content_type,
            )
        )
        return answer

    def results(
        self,
        campaign_id: str,
        /,
        *,
        format: Literal["csv", "excel", "jsonl", "xlsx"] | None = None,
        columns: str | None = None,
        tz: str | None = None,
    ) -> Download:
        """Download a row for each contact with its last call, its answers as `answer_*` and its variables by their names.

        CSV that is safe to open in a spreadsheet, a workbook, or JSON lines. The rows can be imported as contacts: an
        import ignores the columns of results, and every value is read back unchanged. A variable with the name of another
        column is prefixed with `variable_`. `status`, `reason` and `until` are those that a contact has at that moment, as
        `GET /v1/contacts/{contact_id}` says them; `ring_s`, `talk_s` and `recording_ids` are those of the last call. Each
        row is as it was when it was read. An answer that breaks off has no end: no last chunk, and no workbook.
        """
        return Download(
            self.transport.pieces,
            Request(
                method="GET",
                path=address("/v1/campaigns/{}/results", campaign_id),
                query={"format": format, "columns": columns, "tz": tz},
                is_download=True,
            ),
        )


class Connections(_Group):
    """The operations of `/v1/connections`."""

    def list(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.ConnectionView, models.PageConnectionView]:
        """List the connections that this installation dials or has dialed from, by their ids downwards."""
        return Pages(
            self.transport.send,
            Request(method="GET", path=address("/v1/connections"), query={"limit": limit, "cursor": cursor}),
        )

    def get(self, connection_id: str, /) -> models.ConnectionView:
        """Show the limits of a connection."""
        answer: models.ConnectionView = self.transport.send(
            Request(method="GET", path=address("/v1/connections/{}", connection_id))
        )
        return answer

    def update(
        self, connection_id: str, /, *, if_match: str | None = None, **body: Unpack[models.ConnectionChange]
    ) -> models.ConnectionView:
        """Change the limits of a connection, in force at once.

        Set `calls_per_second` to what the carrier allows the account; the engine stays below it in any trailing 5 seconds.
        A number outside `dial_regions` is not dialed, and its contact ends as `exhausted` with `region_not_allowed`.
        """
        answer: models.ConnectionView = self.transport.send(
            Request(method="PATCH", path=address("/v1/connections/{}", connection_id), json=body, if_match=if_match)
        )
        return answer


class Consents(_Group):
    """The operations of `/v1/consents`."""

    def create(self, /, **body: Unpack[models.NewConsent]) -> models.ConsentEventView:
        """Record a consent.

        It is never changed; sent again it adds nothing (200). Contacts of the number that a campaign holds for want of it
        are checked again at once. It counts from `at`: a revocation of the same time or later takes it back.
        """
        answer: models.ConsentEventView = self.transport.send(
            Request(method="POST", path=address("/v1/consents"), json=body)
        )
        return answer

    def list(
        self, *, phone: str, limit: int | None = None, cursor: str | None = None, region: str | None = None
    ) -> Pages[models.ConsentEventView, models.PageConsentEventView]:
        """List the consents and revocations of a number, in the order in which they were recorded, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/consents"),
                query={"limit": limit, "cursor": cursor, "phone": phone, "region": region},
            ),
        )

    def revoke(self, /, **body: Unpack[models.Revocation]) -> models.ConsentEventView:
        """Record a revocation.

        Once this has answered, the number is not dialed for anything that it covers, in any campaign and no single call,
        whether they ask for consent or not; a call that still rings is hung up, an answered call goes on. It is never
        changed; sent again it adds nothing (200). A consent that is given later counts again.
        """
        answer: models.ConsentEventView = self.transport.send(
            Request(method="POST", path=address("/v1/consents/revoke"), json=body)
        )
        return answer

    def import_file(
        self,
        content: Source,
        /,
        *,
        region: str | None = None,
        map: str | None = None,
        encoding: Literal[
            "utf-8",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "windows-1250",
            "windows-1251",
            "windows-1252",
            "windows-1253",
            "windows-1254",
            "windows-1255",
            "windows-1256",
            "windows-1257",
            "windows-1258",
            "iso-8859-1",
            "iso-8859-2",
            "iso-8859-3",
            "iso-8859-4",
            "iso-8859-5",
            "iso-8859-7",
            "iso-8859-9",
            "iso-8859-10",
            "iso-8859-13",
            "iso-8859-15",
            "iso-8859-16",
            "macintosh",
            "mac-latin2",
            "cp437",
            "cp850",
            "cp852",
            "koi8-r",
            "shift_jis",
            "euc-jp",
            "gb18030",
            "big5",
            "euc-kr",
        ]
        | None = None,
        kind: Literal["express", "written", "oral"] | None = None,
        purposes: str | None = None,
        text: str | None = None,
        source: str | None = None,
    ) -> models.ImportedConsentsView:
        """Record the consents of a CSV file: columns `phone`, `kind`, `purposes`, `text`, `source`, `at`.

        `evidence_url` and `expires_at` are optional. Several purposes stand in a cell with commas or semicolons between
        them, a day such as 2026-03-01 counts from its beginning in UTC, and one in the future is refused. A consent that is
        recorded is never changed; the same file again adds nothing.
        """
        answer: models.ImportedConsentsView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/consents/import"),
                query={
                    "region": region,
                    "map": map,
                    "encoding": encoding,
                    "kind": kind,
                    "purposes": purposes,
                    "text": text,
                    "source": source,
                },
                content=Upload(content),
                content_type="text/csv",
            )
        )
        return answer


class Contacts(_Group):
    """The operations of `/v1/contacts`."""

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        phone: str | None = None,
        region: str | None = None,
        external_id: str | None = None,
        status: Literal[
            "waiting", "held", "calling", "completed", "exhausted", "suppressed", "canceled", "expired", "unknown"
        ]
        | None = None,
        reason: str | None = None,
        disposition: Literal[
            "answered",
            "human",
            "machine",
            "fax",
            "busy",
            "no_answer",
            "rejected",
            "not_found",
            "canceled",
            "failed",
            "unknown",
        ]
        | None = None,
        outcome: str | None = None,
        updated_after: datetime | str | None = None,
        campaign_id: str | None = None,
        tag: str | None = None,
    ) -> Pages[models.ContactView, models.FoundContacts]:
        """List contacts, newest first; a contact is listed when all filters hold.

        Within a campaign, contacts that wait for calling hours to begin count as held.
        """
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/contacts"),
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "q": q,
                    "phone": phone,
                    "region": region,
                    "external_id": external_id,
                    "status": status,
                    "reason": reason,
                    "disposition": disposition,
                    "outcome": outcome,
                    "updated_after": updated_after,
                    "campaign_id": campaign_id,
                    "tag": tag,
                },
            ),
        )

    def get(self, contact_id: str, /) -> models.ContactView:
        """Show a contact and its status."""
        answer: models.ContactView = self.transport.send(
            Request(method="GET", path=address("/v1/contacts/{}", contact_id))
        )
        return answer

    def update(
        self, contact_id: str, /, *, if_match: str | None = None, **body: Unpack[models.ContactChange]
    ) -> models.ContactView:
        """Change a contact, or end it.

        A contact that is canceled or completed is dialed no more once this is answered; a call to it that is under way goes
        on to its end. One that has ended waits for one more attempt with status `waiting`, and a completed campaign runs
        again for it. A new `phone` is judged anew: where it is, whether it is suppressed, whether the campaign has it
        already. While the contact is being called its phone stays, and all else holds from the next attempt on.
        """
        answer: models.ContactView = self.transport.send(
            Request(method="PATCH", path=address("/v1/contacts/{}", contact_id), json=body, if_match=if_match)
        )
        return answer

    def delete(self, contact_id: str, /) -> None:
        """Erase the personal data of a contact.

        Number, ids, variables and answers are cleared, in its calls too, and the files of their recordings are deleted;
        times and results stay, as the ledger. Later webhooks of its calls are stored without personal data, and no
        recording is fetched. While a call with the contact is under way it is not erased: 409. `POST /v1/erasures` erases a
        number everywhere.
        """
        self.transport.send(Request(method="DELETE", path=address("/v1/contacts/{}", contact_id)))

    def change_many(
        self, /, *, idempotency_key: str | None = None, **body: Unpack[models.ManyContacts]
    ) -> models.ManyChanged:
        """Do the same to all contacts that a filter selects: all of its fields must match, of each one of its values.

        `cancel` ends who is not over, also beside a live call. `redial` is that of the campaign, for this filter.
        `suppress` suppresses their numbers for good. `set_priority` and `set_not_before` change who is not over.
        `release_restored` lets those be called whom the restore of a backup holds.
        """
        answer: models.ManyChanged = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/contacts/bulk"),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def explain(self, contact_id: str, /, *, at: datetime | str | None = None) -> models.ExplanationView:
        """Explain whether a contact may be called at a moment, and why not.

        It is what the gate says at that moment, by the settings of now; nothing is changed. Dials, opt-outs and attempts
        are those that the ledger knew then. Without `at` the answer says, too, whether a call to the number is under way
        and whether rate and channels have room.
        """
        answer: models.ExplanationView = self.transport.send(
            Request(method="GET", path=address("/v1/contacts/{}/explain", contact_id), query={"at": at})
        )
        return answer

    def lift_holds(self, contact_id: str, /, **body: Unpack[models.NewLift]) -> models.LiftedView:
        """Lift holds by caps and rests for one more call to this contact.

        They hold again once the number has been dialed, for this contact or another, or after seven days. Lifted is what
        the installation and the campaign say; what the law says holds on, and so does every other check: hours, opt-outs,
        consents, lists. 409 for a contact that is being called or has ended. Who lifts, when and why is kept.
        """
        answer: models.LiftedView = self.transport.send(
            Request(method="POST", path=address("/v1/contacts/{}/lifted-holds", contact_id), json=body)
        )
        return answer

    def list_lifted_holds(
        self, contact_id: str, /, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.LiftView, models.PageLiftView]:
        """List what was lifted for a contact, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/contacts/{}/lifted-holds", contact_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )


class Dialing(_Group):
    """The operations of `/v1/dialing`."""

    def get(self) -> models.DialingView:
        """Say whether dialing is stopped, since when, by whom and why."""
        answer: models.DialingView = self.transport.send(Request(method="GET", path=address("/v1/dialing")))
        return answer

    def stop(self, /, **body: Unpack[models.NewStop]) -> models.DialingView:
        """Stop all dialing, in every campaign and across restarts.

        Once this has answered, nothing is dialed until dialing is resumed. A second stop keeps the first one's author, time
        and reason.
        """
        answer: models.DialingView = self.transport.send(
            Request(method="POST", path=address("/v1/dialing/stop"), json=body)
        )
        return answer

    def resume(self) -> models.DialingView:
        """Let running campaigns dial again."""
        answer: models.DialingView = self.transport.send(Request(method="POST", path=address("/v1/dialing/resume")))
        return answer


class Erasures(_Group):
    """The operations of `/v1/erasures`."""

    def create(self, /, **body: Unpack[models.NewErasure]) -> models.ErasureView:
        """Erase a person by number.

        In every campaign, in single calls and in calls that came in, like `DELETE /v1/contacts/{contact_id}`. An opt-out of
        the number stays. Safe to repeat; while a call with the number is under way nothing is erased: 409.
        """
        answer: models.ErasureView = self.transport.send(
            Request(method="POST", path=address("/v1/erasures"), json=body)
        )
        return answer


class Events(_Group):
    """The operations of `/v1/events`."""

    def list(
        self, *, limit: int | None = None, after: str | None = None, type: str | None = None, subject: str | None = None
    ) -> Pages[models.EventView, models.EventsPage]:
        """Read what has happened, in the order in which it can be read first; kept for 30 days.

        Whoever reads on behind `next_after` misses nothing, however late it was committed, and sees nothing twice.
        """
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/events"),
                query={"limit": limit, "after": after, "type": type, "subject": subject},
            ),
        )

    def list_dead(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.KeptEvent, models.PageKeptEvent]:
        """List events and records that failed for good, newest first."""
        return Pages(
            self.transport.send,
            Request(method="GET", path=address("/v1/events/dead"), query={"limit": limit, "cursor": cursor}),
        )

    def list_orphans(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.KeptEvent, models.PageKeptEvent]:
        """List webhooks that belong to no known call, newest first; the newest 10,000 are kept."""
        return Pages(
            self.transport.send,
            Request(method="GET", path=address("/v1/events/orphans"), query={"limit": limit, "cursor": cursor}),
        )

    def replay_dead(self, letter_id: str, /) -> models.Replayed:
        """Put a dead letter back into its stream, to be tried again; safe to repeat."""
        answer: models.Replayed = self.transport.send(
            Request(method="POST", path=address("/v1/events/dead/{}/replay", letter_id))
        )
        return answer

    def discard_dead(self, letter_id: str, /) -> None:
        """Throw a dead letter away, for good. What it told is lost: that of a record is the result of a call."""
        self.transport.send(Request(method="DELETE", path=address("/v1/events/dead/{}", letter_id)))


class Explain(_Group):
    """The operations of `/v1/explain`."""

    def create(self, /, **body: Unpack[models.NumberToExplain]) -> models.ExplanationView:
        """Explain whether a number that is in no campaign might be called at a moment, under these settings.

        Fields are those of a campaign and of a contact; what is left out is what a new campaign would have. Dials and
        opt-outs are those that the ledger knew at that moment; nothing is changed.
        """
        answer: models.ExplanationView = self.transport.send(
            Request(method="POST", path=address("/v1/explain"), json=body)
        )
        return answer


class Flows(_Group):
    """The operations of `/v1/flows`."""

    def create(
        self,
        content: Source,
        /,
        *,
        content_type: Literal[
            "application/yaml", "application/json", "application/x-yaml", "text/yaml"
        ] = "application/yaml",
        idempotency_key: str | None = None,
    ) -> models.FlowVersion:
        """Store a flow.

        The body is the flow itself. The same name and content answers 200 with the stored version; changed content becomes
        the next version. A flow with problems is refused with 422: each error names its step and line.
        """
        answer: models.FlowVersion = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/flows"),
                content=Upload(content),
                content_type=content_type,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, name: str | None = None
    ) -> Pages[models.FlowVersion, models.PageFlowVersion]:
        """List versions of flows, newest first."""
        return Pages(
            self.transport.send,
            Request(method="GET", path=address("/v1/flows"), query={"limit": limit, "cursor": cursor, "name": name}),
        )

    def check(
        self,
        content: Source,
        /,
        *,
        purpose: Literal["informational", "sales", "debt", "survey", "political", "charity", "emergency", "internal"]
        | None = None,
        voice: Literal["agent", "recorded", "tts", "ai"] | None = None,
        content_type: Literal[
            "application/yaml", "application/json", "application/x-yaml", "text/yaml"
        ] = "application/yaml",
    ) -> models.FlowCheck:
        """Check a flow without storing it; with a `purpose`, also what a campaign of that purpose must say."""
        answer: models.FlowCheck = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/flows/check"),
                query={"purpose": purpose, "voice": voice},
                content=Upload(content),
                content_type=content_type,
            )
        )
        return answer

    def get(self, flow_id: str, /) -> models.FlowSource:
        """Show a version of a flow with its text."""
        answer: models.FlowSource = self.transport.send(Request(method="GET", path=address("/v1/flows/{}", flow_id)))
        return answer


class Imports(_Group):
    """The operations of `/v1/imports`."""

    def get(self, import_id: str, /) -> models.ImportView:
        """Show an import; its counts grow while it runs."""
        answer: models.ImportView = self.transport.send(
            Request(method="GET", path=address("/v1/imports/{}", import_id))
        )
        return answer

    def withdraw(self, import_id: str, /) -> models.ImportView:
        """Withdraw an import: its contacts that were never dialed are canceled."""
        answer: models.ImportView = self.transport.send(
            Request(method="DELETE", path=address("/v1/imports/{}", import_id))
        )
        return answer

    def rejects(self, import_id: str, /, *, format: Literal["csv", "excel"] | None = None) -> Download:
        """Download the rows that were not imported, with the reason and their own cells (at most 100,000).

        Once corrected, the file can be imported as it is: the columns of the reason are ignored, and every cell is read
        back unchanged. A column of the file with the name of one of these is prefixed with `variable_`.
        """
        return Download(
            self.transport.pieces,
            Request(
                method="GET",
                path=address("/v1/imports/{}/rejects.csv", import_id),
                query={"format": format},
                is_download=True,
            ),
        )


class Keys(_Group):
    """The operations of `/v1/keys`."""

    def create(self, /, **body: Unpack[models.NewKey]) -> models.CreatedKeyView:
        """Create a key. It is shown this once, and only its SHA-256 is stored."""
        answer: models.CreatedKeyView = self.transport.send(Request(method="POST", path=address("/v1/keys"), json=body))
        return answer

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Pages[models.KeyView, models.PageKeyView]:
        """List keys, newest first, those that were revoked or have expired too."""
        return Pages(
            self.transport.send,
            Request(method="GET", path=address("/v1/keys"), query={"limit": limit, "cursor": cursor}),
        )

    def get(self, key_id: str, /) -> models.KeyView:
        """Show a key, without the key itself."""
        answer: models.KeyView = self.transport.send(Request(method="GET", path=address("/v1/keys/{}", key_id)))
        return answer

    def delete(self, key_id: str, /) -> None:
        """Revoke a key for good: within two seconds no process takes it any more. It stays on the list."""
        self.transport.send(Request(method="DELETE", path=address("/v1/keys/{}", key_id)))


class Lists(_Group):
    """The operations of `/v1/lists`."""

    def create(self, /, *, idempotency_key: str | None = None, **body: Unpack[models.NewList]) -> models.ListView:
        """Create a list without entries.

        `suppress`: a campaign that names it does not dial its numbers. `registry`: the same, for every campaign that it
        covers, and its copy may be no older than `max_age`: until its first import, and whenever it is too old, the
        contacts that it covers are held. `allow`: a campaign that names it dials its numbers alone. `reassigned`: answers
        on whether a number went to somebody else since its person consented; no campaign dials one that did.
        """
        answer: models.ListView = self.transport.send(
            Request(method="POST", path=address("/v1/lists"), json=body, idempotency_key=idempotency_key or new_key())
        )
        return answer

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        name: str | None = None,
        kind: Literal["suppress", "registry", "allow", "reassigned"] | None = None,
    ) -> Pages[models.ListView, models.PageListView]:
        """List the lists, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/lists"),
                query={"limit": limit, "cursor": cursor, "name": name, "kind": kind},
            ),
        )

    def lookup(self, *, phone: str, region: str | None = None) -> models.LookupView:
        """Look a number up in every list, and in the suppressions."""
        answer: models.LookupView = self.transport.send(
            Request(method="GET", path=address("/v1/lists/lookup"), query={"phone": phone, "region": region})
        )
        return answer

    def get(self, list_id: str, /) -> models.ListView:
        """Show a list."""
        answer: models.ListView = self.transport.send(Request(method="GET", path=address("/v1/lists/{}", list_id)))
        return answer

    def update(
        self, list_id: str, /, *, if_match: str | None = None, **body: Unpack[models.ListChanges]
    ) -> models.ListView:
        """Change what a list covers and how old it may be; from the next dial on. Name and kind stay."""
        answer: models.ListView = self.transport.send(
            Request(method="PATCH", path=address("/v1/lists/{}", list_id), json=body, if_match=if_match)
        )
        return answer

    def delete(self, list_id: str, /, *, because: str | None = None, by: str | None = None) -> None:
        """Delete a list with its entries.

        Refused with `list_in_use` while a campaign that is not over uses it; a registry is used by every campaign whose
        `registry` is `auto` and whose purpose it covers.
        """
        self.transport.send(
            Request(method="DELETE", path=address("/v1/lists/{}", list_id), query={"because": because, "by": by})
        )

    def replace_content(
        self,
        list_id: str,
        content: Source,
        /,
        *,
        region: str | None = None,
        map: str | None = None,
        encoding: Literal[
            "utf-8",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "windows-1250",
            "windows-1251",
            "windows-1252",
            "windows-1253",
            "windows-1254",
            "windows-1255",
            "windows-1256",
            "windows-1257",
            "windows-1258",
            "iso-8859-1",
            "iso-8859-2",
            "iso-8859-3",
            "iso-8859-4",
            "iso-8859-5",
            "iso-8859-7",
            "iso-8859-9",
            "iso-8859-10",
            "iso-8859-13",
            "iso-8859-15",
            "iso-8859-16",
            "macintosh",
            "mac-latin2",
            "cp437",
            "cp850",
            "cp852",
            "koi8-r",
            "shift_jis",
            "euc-jp",
            "gb18030",
            "big5",
            "euc-kr",
        ]
        | None = None,
        as_of: datetime | str | None = None,
        by: str | None = None,
        because: str | None = None,
        accept_smaller: bool | None = None,
        accept_older: bool | None = None,
        if_match: str | None = None,
    ) -> models.ContentView:
        """Replace the entries of a list by those of a CSV file, all at once.

        Column `phone`, of numbers and of prefixes such as `+1900*`; other columns are ignored. The file is read like one of
        contacts. Until its last row is written, and if it breaks off, the entries from before hold. Entries that were added
        or deleted one by one after `as_of` stay as they were made. With If-Match a list that anybody has changed since it
        was read is left alone: its settings, its content, or one entry.
        """
        answer: models.ContentView = self.transport.send(
            Request(
                method="PUT",
                path=address("/v1/lists/{}/content", list_id),
                query={
                    "region": region,
                    "map": map,
                    "encoding": encoding,
                    "as_of": as_of,
                    "by": by,
                    "because": because,
                    "accept_smaller": accept_smaller,
                    "accept_older": accept_older,
                },
                content=Upload(content),
                content_type="text/csv",
                if_match=if_match,
            )
        )
        return answer

    def add_entries(self, list_id: str, /, **body: Unpack[models.NewEntries]) -> models.AddedEntries:
        """Add numbers and prefixes to a list.

        Once this has answered they hold: a call that still rings at a number that is not to be dialed is hung up, an
        answered call goes on.
        """
        answer: models.AddedEntries = self.transport.send(
            Request(method="POST", path=address("/v1/lists/{}/entries", list_id), json=body)
        )
        return answer

    def remove_entries(
        self, list_id: str, /, *, entry: str, because: str, region: str | None = None, by: str | None = None
    ) -> None:
        """Delete an entry from a list; the history keeps who, when and why."""
        self.transport.send(
            Request(
                method="DELETE",
                path=address("/v1/lists/{}/entries", list_id),
                query={"entry": entry, "region": region, "because": because, "by": by},
            )
        )

    def list_changes(
        self, list_id: str, /, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.ListChangeView, models.PageListChangeView]:
        """Show the history of a list, newest first; that of a deleted one too."""
        return Pages(
            self.transport.send,
            Request(
                method="GET", path=address("/v1/lists/{}/changes", list_id), query={"limit": limit, "cursor": cursor}
            ),
        )


class Numbers(_Group):
    """The operations of `/v1/numbers`."""

    def create(self, /, *, idempotency_key: str | None = None, **body: Unpack[models.NewNumber]) -> models.NumberView:
        """Assign a flow to the inbound calls of a number.

        A call begins at the flow's `inbound` step while it rings; a flow without one answers and begins as with a person.
        At the carrier, the number must belong to the connection whose webhooks come here. Calls to other numbers
        are ignored.
        """
        answer: models.NumberView = self.transport.send(
            Request(method="POST", path=address("/v1/numbers"), json=body, idempotency_key=idempotency_key or new_key())
        )
        return answer

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        number: str | None = None,
        region: str | None = None,
    ) -> Pages[models.NumberView, models.PageNumberView]:
        """List numbers, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/numbers"),
                query={"limit": limit, "cursor": cursor, "number": number, "region": region},
            ),
        )

    def get(self, number_id: str, /) -> models.NumberView:
        """Show a number."""
        answer: models.NumberView = self.transport.send(
            Request(method="GET", path=address("/v1/numbers/{}", number_id))
        )
        return answer

    def update(
        self, number_id: str, /, *, if_match: str | None = None, **body: Unpack[models.NumberChange]
    ) -> models.NumberView:
        """Change a number's flow, for future calls."""
        answer: models.NumberView = self.transport.send(
            Request(method="PATCH", path=address("/v1/numbers/{}", number_id), json=body, if_match=if_match)
        )
        return answer

    def delete(self, number_id: str, /) -> None:
        """Stop taking the calls of a number; calls under way go on.

        Refused with `number_in_pool` while a pool of caller ids shows it to people as a local number.
        """
        self.transport.send(Request(method="DELETE", path=address("/v1/numbers/{}", number_id)))


class Policy(_Group):
    """The operations of `/v1/policy`."""

    def get(self) -> models.PolicyView:
        """Return what holds for every campaign, and why it was changed."""
        answer: models.PolicyView = self.transport.send(Request(method="GET", path=address("/v1/policy")))
        return answer

    def update(self, /, *, if_match: str | None = None, **body: Unpack[models.PolicyChanges]) -> models.PolicyView:
        """Change what holds for every campaign, from the next dial on.

        No cap may be laxer than the environment's settings. Contacts that caps or rests held are asked about again. What is
        older than `retention` keeps it is erased within hours, and cannot be brought back.
        """
        answer: models.PolicyView = self.transport.send(
            Request(method="PATCH", path=address("/v1/policy"), json=body, if_match=if_match)
        )
        return answer


class Processes(_Group):
    """The operations of `/v1/processes`."""

    def get(self) -> models.Processes:
        """Show the engines and workers, and when each was heard."""
        answer: models.Processes = self.transport.send(Request(method="GET", path=address("/v1/processes")))
        return answer


class Recordings(_Group):
    """The operations of `/v1/recordings`."""

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        call_id: str | None = None,
        campaign_id: str | None = None,
        status: Literal["pending", "fetched", "incomplete", "stored_elsewhere", "failed"] | None = None,
    ) -> Pages[models.RecordingView, models.PageRecordingView]:
        """List recordings, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/recordings"),
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "call_id": call_id,
                    "campaign_id": campaign_id,
                    "status": status,
                },
            ),
        )

    def get(self, recording_id: str, /) -> models.RecordingView:
        """Show a recording and its status."""
        answer: models.RecordingView = self.transport.send(
            Request(method="GET", path=address("/v1/recordings/{}", recording_id))
        )
        return answer

    def fetch(self, recording_id: str, /) -> models.RecordingView:
        """Fetch a recording that is `failed` or `incomplete` once more, with a new link from the carrier.

        It becomes `pending`; 409 for any other status. The stored part stays until a longer one arrives.
        """
        answer: models.RecordingView = self.transport.send(
            Request(method="POST", path=address("/v1/recordings/{}/fetch", recording_id))
        )
        return answer

    def content(self, recording_id: str, /) -> Download:
        """Download the file of a recording; a part of it with `Range`.

        409 while it is still being fetched; 410 when there is no file of it here, and the `code` says why. The `ETag` is
        the file's SHA-256, for `If-Range`. Several ranges at once are answered with the whole file.
        """
        return Download(
            self.transport.pieces,
            Request(method="GET", path=address("/v1/recordings/{}/content", recording_id), is_download=True),
        )

    def link(self, recording_id: str, /, **body: Unpack[models.NewLink]) -> models.LinkView:
        """Make a link that plays a recording without an API key.

        Whoever has it can listen until `expires_at`, in a player too, so give it to nobody else. 409 while the recording is
        being fetched; 410 when there is no file of it here.
        """
        answer: models.LinkView = self.transport.send(
            Request(method="POST", path=address("/v1/recordings/{}/link", recording_id), json=body)
        )
        return answer


class SignInLinks(_Group):
    """The operations of `/v1/sign-in-links`."""

    def create(self, /, **body: Unpack[models.NewSignInLink]) -> models.SignInLinkView:
        """Make a link that signs somebody in once.

        It opens the web page without a password, within ten minutes.
        """
        answer: models.SignInLinkView = self.transport.send(
            Request(method="POST", path=address("/v1/sign-in-links"), json=body)
        )
        return answer


class Suppressions(_Group):
    """The operations of `/v1/suppressions`."""

    def create(self, /, **body: Unpack[models.NewSuppression]) -> models.SuppressedView:
        """Suppress a number.

        Once this has answered, it is not dialed within the scope; a call that still rings is hung up, an answered call goes
        on. Sending a number again only ever lengthens its suppression: the first reason stays, and the new request is added
        to the history.

        Suppress the numbers of a CSV file: column `phone`; optional `scope`, `reason`, `expires_at`.
        """
        answer: models.SuppressedView = self.transport.send(
            Request(method="POST", path=address("/v1/suppressions"), json=body)
        )
        return answer

    def import_file(
        self,
        content: Source,
        /,
        *,
        region: str | None = None,
        map: str | None = None,
        encoding: Literal[
            "utf-8",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "windows-1250",
            "windows-1251",
            "windows-1252",
            "windows-1253",
            "windows-1254",
            "windows-1255",
            "windows-1256",
            "windows-1257",
            "windows-1258",
            "iso-8859-1",
            "iso-8859-2",
            "iso-8859-3",
            "iso-8859-4",
            "iso-8859-5",
            "iso-8859-7",
            "iso-8859-9",
            "iso-8859-10",
            "iso-8859-13",
            "iso-8859-15",
            "iso-8859-16",
            "macintosh",
            "mac-latin2",
            "cp437",
            "cp850",
            "cp852",
            "koi8-r",
            "shift_jis",
            "euc-jp",
            "gb18030",
            "big5",
            "euc-kr",
        ]
        | None = None,
        scope: str | None = None,
        reason: str | None = None,
        by: str | None = None,
    ) -> models.SuppressedFileView:
        """Suppress a number.

        Once this has answered, it is not dialed within the scope; a call that still rings is hung up, an answered call goes
        on. Sending a number again only ever lengthens its suppression: the first reason stays, and the new request is added
        to the history.

        Suppress the numbers of a CSV file: column `phone`; optional `scope`, `reason`, `expires_at`.
        """
        answer: models.SuppressedFileView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/suppressions"),
                query={"region": region, "map": map, "encoding": encoding, "scope": scope, "reason": reason, "by": by},
                content=Upload(content),
                content_type="text/csv",
            )
        )
        return answer

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        phone: str | None = None,
        region: str | None = None,
        scope: str | None = None,
        include: Literal["lifted"] | None = None,
    ) -> Pages[models.SuppressionView, models.PageSuppressionView]:
        """List suppressions, newest first."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/suppressions"),
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "phone": phone,
                    "region": region,
                    "scope": scope,
                    "include": include,
                },
            ),
        )

    def lift(
        self,
        *,
        phone: str,
        because: str | None = None,
        by: str | None = None,
        region: str | None = None,
        scope: str | None = None,
    ) -> None:
        """Lift the suppression of a number within a scope; it stays in the history, with who, when and why."""
        self.transport.send(
            Request(
                method="DELETE",
                path=address("/v1/suppressions"),
                query={"because": because, "by": by, "phone": phone, "region": region, "scope": scope},
            )
        )

    def get(self, suppression_id: str, /) -> models.SuppressionView:
        """Show a suppression, one that was lifted or has expired too, with every request for it."""
        answer: models.SuppressionView = self.transport.send(
            Request(method="GET", path=address("/v1/suppressions/{}", suppression_id))
        )
        return answer

    def delete(self, suppression_id: str, /, *, because: str | None = None, by: str | None = None) -> None:
        """Lift a suppression; it stays in the history, with who, when and why."""
        self.transport.send(
            Request(
                method="DELETE",
                path=address("/v1/suppressions/{}", suppression_id),
                query={"because": because, "by": by},
            )
        )


class System(_Group):
    """The operations of `/`."""

    def listen(self, recording_id: str, /, *, expires: int, signature: str) -> Download:
        """Play a recording by its link; a part of it with `Range`.

        403 for a link that was changed or is another installation's, 410 for one that is over.
        """
        return Download(
            self.transport.pieces,
            Request(
                method="GET",
                path=address("/listen/{}", recording_id),
                query={"expires": expires, "signature": signature},
                is_download=True,
            ),
        )

    def healthz(self, *, nonce: str | None = None) -> models.Liveness:
        """Say that this process runs."""
        answer: models.Liveness = self.transport.send(
            Request(method="GET", path=address("/healthz"), query={"nonce": nonce})
        )
        return answer

    def readyz(self) -> models.Readiness:
        """Say whether the installation can do its work, and what is wrong if not."""
        answer: models.Readiness = self.transport.send(Request(method="GET", path=address("/readyz")))
        return answer

    def metrics(self) -> Download:
        """Show the metrics, in the format of Prometheus."""
        return Download(self.transport.pieces, Request(method="GET", path=address("/metrics"), is_download=True))

    def openapi_json(self) -> dict[str, Any]:
        """Describe this API as OpenAPI 3.1."""
        answer: dict[str, Any] = self.transport.send(Request(method="GET", path=address("/openapi.json")))
        return answer

    def docs(self) -> Download:
        """Show the reference; the page needs no network."""
        return Download(self.transport.pieces, Request(method="GET", path=address("/docs"), is_download=True))


class Users(_Group):
    """The operations of `/v1/users`."""

    def create(self, /, **body: Unpack[models.NewUser]) -> models.UserView:
        """Create a user. Who is one signs in to the web page with a login and a password, stored as its argon2id digest.

        A repeat is refused with 409 `login_taken`, so that nobody is created twice.
        """
        answer: models.UserView = self.transport.send(Request(method="POST", path=address("/v1/users"), json=body))
        return answer

    def list(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.UserView, models.PageUserView]:
        """List users, newest first, disabled ones too."""
        return Pages(
            self.transport.send,
            Request(method="GET", path=address("/v1/users"), query={"limit": limit, "cursor": cursor}),
        )

    def get(self, user_id: str, /) -> models.UserView:
        """Show a user."""
        answer: models.UserView = self.transport.send(Request(method="GET", path=address("/v1/users/{}", user_id)))
        return answer

    def update(
        self, user_id: str, /, *, if_match: str | None = None, **body: Unpack[models.UserChanges]
    ) -> models.UserView:
        """Change a user: name, login, role, password, or whether it is disabled.

        Another role, a password, and disabling end the user's sessions at once. The last admin may be changed as well: the
        key of the settings is an admin that nobody can take away.
        """
        answer: models.UserView = self.transport.send(
            Request(method="PATCH", path=address("/v1/users/{}", user_id), json=body, if_match=if_match)
        )
        return answer

    def delete(self, user_id: str, /) -> None:
        """Delete a user and end the user's sessions. The record of changes still says by name what the user did."""
        self.transport.send(Request(method="DELETE", path=address("/v1/users/{}", user_id)))


class WebhookEndpoints(_Group):
    """The operations of `/v1/webhook-endpoints`."""

    def create(
        self, /, *, idempotency_key: str | None = None, **body: Unpack[models.NewWebhookEndpoint]
    ) -> models.WebhookEndpointWithSecret:
        """Create an endpoint, which receives what happens from then on; the secret is shown in this answer alone."""
        answer: models.WebhookEndpointWithSecret = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/webhook-endpoints"),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def list(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[models.WebhookEndpointView, models.PageWebhookEndpointView]:
        """List endpoints, newest first."""
        return Pages(
            self.transport.send,
            Request(method="GET", path=address("/v1/webhook-endpoints"), query={"limit": limit, "cursor": cursor}),
        )

    def get(self, endpoint_id: str, /) -> models.WebhookEndpointView:
        """Show an endpoint, and whether it is disabled."""
        answer: models.WebhookEndpointView = self.transport.send(
            Request(method="GET", path=address("/v1/webhook-endpoints/{}", endpoint_id))
        )
        return answer

    def update(
        self, endpoint_id: str, /, *, if_match: str | None = None, **body: Unpack[models.WebhookEndpointChanges]
    ) -> models.WebhookEndpointView:
        """Change an endpoint; `enabled: true` lets it receive again, and what was pending goes on."""
        answer: models.WebhookEndpointView = self.transport.send(
            Request(method="PATCH", path=address("/v1/webhook-endpoints/{}", endpoint_id), json=body, if_match=if_match)
        )
        return answer

    def delete(self, endpoint_id: str, /) -> None:
        """Delete an endpoint; what is pending for it is delivered to nobody."""
        self.transport.send(Request(method="DELETE", path=address("/v1/webhook-endpoints/{}", endpoint_id)))

    def rotate_secret(
        self, endpoint_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.NewSecret]
    ) -> models.WebhookEndpointWithSecret:
        """Give an endpoint another secret, shown in this answer alone; for a day both sign."""
        answer: models.WebhookEndpointWithSecret = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/webhook-endpoints/{}/rotate-secret", endpoint_id),
                json=body,
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def test(self, endpoint_id: str, /, *, idempotency_key: str | None = None) -> models.DeliveryView:
        """Send an event `endpoint.test` to this endpoint alone; its deliveries say what came of it."""
        answer: models.DeliveryView = self.transport.send(
            Request(
                method="POST",
                path=address("/v1/webhook-endpoints/{}/test", endpoint_id),
                idempotency_key=idempotency_key or new_key(),
            )
        )
        return answer

    def list_deliveries(
        self,
        endpoint_id: str,
        /,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["pending", "delivered", "failed"] | None = None,
    ) -> Pages[models.DeliveryView, models.PageDeliveryView]:
        """List what was and is to be delivered, the newest event first; kept for 30 days."""
        return Pages(
            self.transport.send,
            Request(
                method="GET",
                path=address("/v1/webhook-endpoints/{}/deliveries", endpoint_id),
                query={"limit": limit, "cursor": cursor, "status": status},
            ),
        )

    def redeliver(self, endpoint_id: str, event_id: str, /) -> models.DeliveryView:
        """Deliver an event again, under its id, whatever became of it; it does not wait for others of its subject."""
        answer: models.DeliveryView = self.transport.send(
            Request(
                method="POST", path=address("/v1/webhook-endpoints/{}/deliveries/{}/redeliver", endpoint_id, event_id)
            )
        )
        return answer
