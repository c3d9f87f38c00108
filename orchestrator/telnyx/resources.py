"""The carrier's answers to queries about calls and recordings."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator.telnyx.client_state import ClientState


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class _Leg(_Told):
    call_control_id: str
    call_leg_id: str | None = None
    call_session_id: str | None = None
    client_state: str | None = None
    call_duration: int | None = None

    @property
    def identity(self) -> ClientState | None:
        """Return the decoded `client_state`, or None if this engine did not set it."""
        return ClientState.decode(self.client_state)


class CallStatus(_Leg):
    """One leg, readable until 10 minutes after its end; times are the carrier's text, `call_duration` seconds."""

    is_alive: bool = False
    start_time: str | None = None
    end_time: str | None = None


class ActiveCall(_Leg):
    """One live leg of a connection; `call_duration` in seconds."""


class CallEvent(_Told):
    """One entry of the carrier's event log: a command it accepted or a webhook it sent, within 24 hours."""

    name: str
    type: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    event_timestamp: str | None = None
    metadata: dict[str, Any] | None = None

    def find(self, name: str) -> str | None:
        """Return the first text under `name` anywhere in the metadata; its shape differs from event to event."""
        return _search(self.metadata, name)

    @property
    def identity(self) -> ClientState | None:
        """Return the decoded `client_state`, or None if this engine did not set it."""
        return ClientState.decode(self.find("client_state"))


class StoredRecording(_Told):
    """A recording stored at the carrier; its links are created per query and expire after ten minutes."""

    id: str | None = None
    download_urls: dict[str, str | None] | None = None

    @property
    def links(self) -> dict[str, str]:
        """Return the links by format."""
        return {name: url for name, url in (self.download_urls or {}).items() if url}


def _search(value: Any, name: str) -> str | None:
    if isinstance(value, dict):
        found = value.get(name)
        if isinstance(found, str) and found:
            return found
        value = list(value.values())
    if not isinstance(value, list):
        return None
    return next((text for item in value if (text := _search(item, name)) is not None), None)
