"""What the webhooks of a leg carry besides what happened: who called and how, headers, codecs, tags.

Names from the official SDK 4.189.0 and from webhooks that were published; what a call has none of is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.state.leg import Leg
    from simulator.world import World

_LIFE = frozenset({"call.initiated", "call.answered", "call.hangup"})
_NAMES_THE_PARTY = _LIFE | {
    "call.speak.started",
    "call.speak.ended",
    "call.recording.saved",
    "call.recording.transcription.saved",
}
_CODECS = "PCMU,PCMA"
_HOST = "sip.simulator.example"

Headers = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What came with a leg's INVITE, or was sent with it."""

    caller_id_name: str | None = None
    custom_headers: Headers = ()
    sip_headers: Headers = ()
    attestation: str | None = None  # of SHAKEN/STIR: A, B or C

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Carried:
        """Return what a dial or a transfer gives its new leg."""
        return cls(
            caller_id_name=body.get("from_display_name"),
            custom_headers=tuple(body.get("custom_headers") or ()),
            sip_headers=tuple(body.get("sip_headers") or ()),
        )

    def answered_with(self, body: Mapping[str, Any]) -> Carried:
        """Return what the leg carries once it was answered: custom headers are those of the answer alone."""
        return replace(self, custom_headers=Carried.from_body(body).custom_headers)


def carried(world: World, leg: Leg, event_type: str) -> dict[str, Any]:
    """Return the fields that a webhook of this type carries."""
    fields: dict[str, Any] = {}
    if event_type in _NAMES_THE_PARTY:
        fields["calling_party_type"] = "sip" if leg.from_.startswith("sip") else "pstn"
    if event_type in _LIFE:
        fields |= {"tags": _tags(world, leg), **_headers(leg)}
    if event_type == "call.initiated":
        fields |= _announced(leg)
    if event_type == "call.answered":
        fields |= {"codec": "PCMU", "sampling_rate": 8_000, **_stream(leg)}
    return fields


def _tags(world: World, leg: Leg) -> list[str]:
    """Return the tags of our own number."""
    ours = leg.to if leg.is_incoming else leg.from_
    return list((world.arrangements.numbers.get(ours) or {}).get("tags") or ())


def _headers(leg: Leg) -> dict[str, Any]:
    carries = leg.carries
    given = {"custom_headers": carries.custom_headers, "sip_headers": carries.sip_headers}
    return {name: headers for name, headers in given.items() if headers}


def _announced(leg: Leg) -> dict[str, Any]:
    carries = leg.carries
    name = {"caller_id_name": carries.caller_id_name} if carries.caller_id_name else {}
    if not leg.is_incoming:
        return name
    signed = {"shaken_stir_attestation": carries.attestation, "shaken_stir_validated": True}
    return {
        **name,
        "connection_codecs": _CODECS,
        "offered_codecs": _CODECS,
        "from_sip_uri": _sip_uri(leg.from_),
        "to_sip_uri": _sip_uri(leg.to),
        **(signed if carries.attestation else {}),
    }


def _sip_uri(party: str) -> str:
    scheme, _, address = party.partition(":")
    return address if scheme in ("sip", "sips") else f"{party}@{_HOST}"


def _stream(leg: Leg) -> dict[str, str]:
    wish = leg.terms.stream or {}
    track = {"stream_track": wish.get("stream_track") or "inbound_track"}
    return {"stream_url": wish["stream_url"], **track} if wish.get("stream_url") else {}
