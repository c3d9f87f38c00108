"""Streaming a leg over a websocket, and stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints

from orchestrator.telnyx.commands.base import Part, Problem, RepeatableCommand, unset_means
from orchestrator.telnyx.commands.shared_fields import StreamFields
from orchestrator.telnyx.event_types import EventType

StreamToken = Annotated[str, StringConstraints(max_length=4000)]
# In Hz.
SamplingRate = Literal[8000, 16000, 22050, 24000, 48000]


class DialogflowConfig(Part):
    """What a Dialogflow agent sends back."""

    analyze_sentiment: bool | None = unset_means(False)
    partial_automated_agent_reply: bool | None = unset_means(False)


class StreamParameter(Part):
    """A name and a value that the websocket's `start` frame carries."""

    name: str | None = None
    value: str | None = None


class StreamingStart(RepeatableCommand, StreamFields):
    """Open a websocket to `stream_url` and stream until `streaming_stop` or the end of the call.

    `stream_url` is needed unless a Dialogflow agent listens. One stream or fork runs per call: a second is refused
    (90045). The token is at most 4,000 characters; rates are in Hz, 8,000 unless set.
    """

    action: ClassVar[str] = "streaming_start"
    expects: ClassVar[frozenset[str]] = frozenset(
        {EventType.STREAMING_STARTED, EventType.STREAMING_STOPPED, EventType.STREAMING_FAILED}
    )
    ended_by: ClassVar[str | None] = EventType.STREAMING_STOPPED
    stopped_by: ClassVar[str | None] = "streaming_stop"

    custom_parameters: tuple[StreamParameter, ...] | None = None
    dialogflow_config: DialogflowConfig | None = None
    enable_dialogflow: bool | None = unset_means(False)
    stream_auth_token: StreamToken | None = None
    stream_bidirectional_sampling_rate: SamplingRate | None = unset_means(8000)

    def problems(self) -> Iterator[Problem]:
        """Yield a stream that leads nowhere."""
        yield from super().problems()
        if self.stream_url is None and not self.enable_dialogflow:
            yield Problem("stream_url", "is needed unless enable_dialogflow is true")


class StreamingStop(RepeatableCommand):
    """Stop one stream, or without a `stream_id` every stream of the call."""

    action: ClassVar[str] = "streaming_stop"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.STREAMING_STOPPED})

    stream_id: UUID | None = None
