"""Recordings as the carrier's events report them, in the form in which they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator.model.live_call import LiveCall
from orchestrator.telnyx.bounded_text import bounded
from orchestrator.telnyx.timestamps import parse_timestamp

FORMATS: Final = ("mp3", "wav")
NO_FILE: Final = "no_file"
NO_LINK: Final = "no_link"
_BUCKETS: Final = frozenset({"s3", "gs", "az", "azure", "abfs", "abfss", "wasb", "wasbs"})


class ReportedRecording(BaseModel):
    """One recording of one leg; `told_as` is the same in every event that reports it.

    `told_at` is the carrier's time, from which its links are valid for ten minutes. An `error` says that there is
    nothing to fetch; a file in a bucket of the operator's own needs no fetching.
    """

    model_config = ConfigDict(frozen=True)

    call_id: str
    told_as: str
    event_id: str
    told_at: datetime
    leg: str
    recording_id: str | None
    channels: str | None
    format: str | None
    started_at: datetime | None
    ended_at: datetime | None
    urls: dict[str, str]
    public_urls: dict[str, str]
    state: Literal["pending", "stored_elsewhere", "failed"]
    error: dict[str, str] | None


def reported_recordings(call: LiveCall) -> list[ReportedRecording]:
    """Return the recordings that the call's events report; fields that are missing or of another type are None."""
    return [_reported(call.call_id, kept, told_at) for kept in call.recordings if (told_at := _reported_at(kept))]


def _reported_at(kept: Mapping[str, Any]) -> datetime | None:
    # An older engine stored no time of the event: the end of the recording is the nearest there is.
    return parse_timestamp(kept.get("told_at")) or parse_timestamp(kept.get("recording_ended_at"))


def _reported(call_id: str, kept: Mapping[str, Any], told_at: datetime) -> ReportedRecording:
    urls, public_urls = _links(kept.get("recording_urls")), _links(kept.get("public_recording_urls"))
    linked = [name for name in (str(kept.get("format")).lower(), *FORMATS) if name in urls or name in public_urls]
    error = _error(kept, is_linked=bool(linked))
    links = [links[name] for links in (urls, public_urls) for name in linked if name in links]
    return ReportedRecording(
        call_id=call_id,
        told_as=_text(kept.get("recording_id")) or str(kept["event_id"]),
        event_id=str(kept["event_id"]),
        told_at=told_at,
        leg=str(kept.get("leg") or "A"),
        recording_id=_text(kept.get("recording_id")),
        channels=_text(kept.get("channels")),
        format=linked[0] if linked else None,
        started_at=parse_timestamp(kept.get("recording_started_at")),
        ended_at=parse_timestamp(kept.get("recording_ended_at")),
        urls=urls,
        public_urls=public_urls,
        state="failed" if error else "stored_elsewhere" if all(map(is_elsewhere, links)) else "pending",
        error=error,
    )


def _error(kept: Mapping[str, Any], *, is_linked: bool) -> dict[str, str] | None:
    if kept.get("error"):
        return {"code": NO_FILE, "detail": f"the carrier could not store it: {kept['error']}"}
    return None if is_linked else {"code": NO_LINK, "detail": "the carrier told no link that could be fetched"}


def _links(found: Any) -> dict[str, str]:
    pairs = found.items() if isinstance(found, Mapping) else ()
    known = {str(name).lower(): url.strip() for name, url in pairs if isinstance(url, str) and url.strip()}
    return {name: url for name, url in known.items() if name in FORMATS}


def is_elsewhere(url: str) -> bool:
    """Return whether a link names a bucket of the operator's own, which we do not read."""
    return url.partition("://")[0].lower() in _BUCKETS


def _text(value: Any) -> str | None:
    return bounded(str(value)) if isinstance(value, str | int) and value != "" else None
