"""What a stranger can have the carrier tell us, with words that would be markup if a page did not escape them."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import orjson

from orchestrator.clock import rfc3339, utc_now
from orchestrator.telnyx.client_state import ClientState

PAYLOADS = [
    "<script>planted()</script>",
    '"><img src=x id=planted onerror=planted()>',
    "' autofocus onfocus='planted()",
    "</title></textarea></pre></svg><svg id=planted onload=planted()>",
    "<details open id=planted ontoggle=planted()>",
    "<iframe id=planted srcdoc='<script>parent.planted()</script>'></iframe>",
    "<base href=//evil.example/>",
    "<a id=planted href=javascript:planted()>here</a>",
    "{{ 7191 * 7193 }}{% raw %}",
]
"""Each runs `planted`, puts an element of that id into the page, or is what a template would carry out."""


def first_webhook(words: str, *, leg: str, to: str, connection: str) -> bytes:
    """Return what tells of a stranger who calls `to`: name, address and headers are `words`."""
    return _webhook("call.initiated", leg, connection, to=to, direction="incoming", state="parked", **_told(words))


def later_webhooks(words: str, call_id: str, *, leg: str, to: str, connection: str) -> Iterator[bytes]:
    """Yield what is told of a call before its end, `words` in whatever somebody says, types or sends along."""
    state = ClientState(call=call_id, role="A", user=words).encode()
    for kind, fields in _KINDS.items():
        filled = {name: _filled(value, words) for name, value in fields.items()}
        more = {"to": to, "client_state": state, **_told(words), **filled}
        yield _webhook(kind, leg, connection, ident=f"{kind} {leg}", **more)


def last_webhook(words: str, call_id: str, *, leg: str, to: str, connection: str) -> bytes:
    """Return what tells of the end of the call, with `words` for its causes."""
    causes = dict.fromkeys(("hangup_cause", "hangup_source", "sip_hangup_cause"), words)
    state = ClientState(call=call_id, role="A", user=words).encode()
    return _webhook("call.hangup", leg, connection, to=to, client_state=state, **_told(words), **causes)


_WORDS = "WORDS"
_KINDS: dict[str, dict[str, Any]] = {
    "call.answered": {},
    "call.machine.detection.ended": {"result": _WORDS},
    "call.machine.premium.detection.ended": {"result": _WORDS},
    "call.transcription": {
        "transcription_data": {"transcript": _WORDS, "is_final": True, "transcription_track": "inbound"}
    },
    "call.dtmf.received": {"digit": _WORDS},
    "call.gather.ended": {"status": _WORDS, "digits": _WORDS},
    "call.recording.transcription.saved": {"recording_id": _WORDS, "transcription_text": _WORDS},
    "call.recording.error": {"reason": _WORDS},
    "call.speak.ended": {"status": _WORDS},
}


def _told(words: str) -> dict[str, Any]:
    header = {"name": words, "value": words}
    return {
        "from": words,
        "caller_id_name": words,
        "from_sip_uri": words,
        "calling_party_type": words,
        "custom_headers": [header],
        "sip_headers": [header],
        "tags": [words],
        words: {"nobody announced": [words]},
    }


def _filled(value: Any, words: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, words) for name, each in value.items()}
    return words if value == _WORDS else value


def _webhook(kind: str, leg: str, connection: str, *, ident: str = "", **payload: Any) -> bytes:
    ids = {"call_control_id": leg, "call_leg_id": f"leg-{leg}", "call_session_id": f"ses-{leg}"}
    told = {**ids, "connection_id": connection, **payload}
    data = {
        "record_type": "event",
        "event_type": kind,
        "id": ident or f"{kind} {leg}",
        "occurred_at": rfc3339(utc_now()),
        "payload": told,
    }
    return orjson.dumps({"data": data})


def check_nothing_is_planted(html: str) -> None:
    """Fail on an element or an attribute that no template of ours writes, and on what a template carried out."""
    _Looker().feed(html)
    assert str(7191 * 7193) not in html


class _Looker(HTMLParser):
    _OURS = ("/", "#", "?")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("iframe", "base", "object", "embed", "style"), tag
        assert tag != "script" or str(given.get("src")).startswith("/static/"), given
        assert given.get("id") != "planted", tag
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src", "action", "formaction"):
                assert value and value.startswith(self._OURS), (tag, name, value)
