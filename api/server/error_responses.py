"""What the server itself refuses: the same problem documents as everywhere, made without the application."""

from __future__ import annotations

from functools import lru_cache

from api.http.responses import Refusal, problem
from api.server.plain import Plain, plain_of

MALFORMED = Refusal(400, "malformed", "This is no HTTP/1.1 request, or it contradicts itself.")
INCOMPLETE = Refusal(400, "body_incomplete", "The body ended before its announced end.")
TOO_LARGE = Refusal(413, "too_large", "The body is larger than this address accepts; send it in parts.")
HEAD_TOO_LARGE = Refusal(431, "head_too_large", "Address and headers are longer than 32 kB.")
TOO_SLOW = Refusal(408, "too_slow", "The request did not arrive in time.")
CROWDED = Refusal(503, "crowded", "Too many requests are under way; try again.", (("Retry-After", "1"),))
NO_ROOM = Refusal(503, "no_room", "There is no room for this upload now; try again.", (("Retry-After", "30"),))
INTERNAL = Refusal(500, "internal", "Something broke here; it stands in the log. Sending it again may help.")


@lru_cache(maxsize=256)
def written(refusal: Refusal) -> Plain:
    """Return the problem document of `refusal`."""
    return plain_of(problem(refusal.status, refusal.code, refusal.detail, headers=dict(refusal.headers)))
