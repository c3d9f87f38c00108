"""Limits on the size of flows and texts, and default durations of calls and steps."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 256_000
MAX_NODES: Final = 2_000
MAX_DEPTH: Final = 40
MAX_TEMPLATE_CHARS: Final = 20_000
MAX_EXPRESSION_NODES: Final = 100
MAX_RENDERED_CHARS: Final = 3_000
MAX_VISITS: Final = 200
MAX_INCLUDES: Final = 20
MAX_INCLUDE_DEPTH: Final = 5
MAX_HANGUPS: Final = 3
LARGEST_NUMBER: Final = 2**53

DEFAULT_RING_S: Final = 30
DEFAULT_TIME_LIMIT_S: Final = 600
LONGEST_CALL_S: Final = 14_400  # the carrier ends every call then
START_TIMEOUT_S: Final = 6.0
STALL_S: Final = 120.0
GATHER_GRACE_S: Final = 10.0
GONE_S: Final = 5.0
SETTLE_S: Final = 3.0
HANGUP_AGAIN_S: Final = 30.0
SUPPRESSED_AGAIN_S: Final = 5.0
TRANSFER_GRACE_S: Final = 45.0  # a command is repeated for 40 s before it is given up

HTTP_TIMEOUT_S: Final = 3.0
HTTP_SHORTEST_S: Final = 1.0
HTTP_LONGEST_S: Final = 10.0
