"""What the carrier says about waiting, in each of the forms it uses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.telnyx.rate_limits import RateLimit, read_rate_limit, read_retry_after

NOW = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Mon, 02 Mar 2026 15:04:07 GMT"}, 7.0),
        ({"retry-after": "Mon, 02 Mar 2026 15:03:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4"}, 4.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 6)}, 6.0),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "4"}, None),
    ],
)
def test_the_wish_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert read_retry_after(headers, NOW) == seconds


def test_the_limits_are_read() -> None:
    headers = {"x-ratelimit-limit": "200, 200;w=60", "x-ratelimit-remaining": "199", "x-ratelimit-reset": "1"}

    assert read_rate_limit(headers, NOW) == RateLimit(limit=200, remaining=199, reset_s=1.0)


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-limit": "many"}])
def test_no_limits_are_none(headers: dict[str, str]) -> None:
    assert read_rate_limit(headers, NOW) is None
