"""Connecting a leg to another destination."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from orchestrator.telnyx.commands.base import unset_means
from orchestrator.telnyx.commands.shared_fields import NewLeg
from orchestrator.telnyx.commands.values import Base64Text, CallerId, Destination, Legs
from orchestrator.telnyx.event_types import EventType


class Transfer(NewLeg):
    """Ring a second leg and bridge it with this one; if it fails, this one stays up and takes further commands.

    `client_state` is this leg's, `target_leg_client_state` the new one's; both legs share the session. It ends with
    `call.bridged`, or with the new leg's own hangup.
    """

    action: ClassVar[str] = "transfer"
    expects: ClassVar[frozenset[str]] = NewLeg.expects | {EventType.CALL_BRIDGED}
    ended_by: ClassVar[str | None] = EventType.CALL_BRIDGED

    to: Destination
    from_: CallerId | None = Field(default=None, alias="from")
    early_media: bool | None = unset_means(True)
    mute_dtmf: Literal["none"] | Legs | None = unset_means("none")
    target_leg_client_state: Base64Text | None = None
