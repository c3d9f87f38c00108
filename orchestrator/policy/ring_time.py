"""The minimum ring time of a dial, so that people can reach the phone.

Sources: 47 CFR 64.1200(a)(6), 16 CFR 310.4(b)(4)(ii): 15 s or four rings; Ofcom's statement of 2016-12-20: 15 s.
"""

from __future__ import annotations

MIN_RING_S = 15


def why_ring_too_short(ring_s: int) -> str | None:
    """Return why a dial may not end after ringing for `ring_s` seconds; None if it may."""
    if ring_s >= MIN_RING_S:
        return None
    return f"it gives up after ringing for {ring_s} s; dial.timeout_secs must be at least {MIN_RING_S}"
