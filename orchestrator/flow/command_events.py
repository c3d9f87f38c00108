"""Which events each command can cause, as far as a flow may name them."""

from __future__ import annotations

from orchestrator.flow.vocabulary import KNOWN_EVENTS, PARTNER_EVENTS, TARGET_EVENTS
from orchestrator.telnyx.commands import COMMANDS


def caused_by(action: str) -> frozenset[str]:
    """Return the events that a command can cause in a flow; those of a second leg are named `target.…`."""
    expected = frozenset(map(str, COMMANDS[action].expects))
    if action == "transfer":
        return TARGET_EVENTS | {"call.bridged"}
    own = (expected - {"call.hangup"}) & KNOWN_EVENTS
    return own | PARTNER_EVENTS if action == "bridge" else own
