"""Bounds of rates, channels, weights and caps, the same wherever one of them is set."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

# A rate below one dial in 100 s is of no use: pause instead.
SLOWEST, FASTEST = 0.01, 1000.0
MOST_LIVE_CALLS = 100_000
HEAVIEST = 1000
DIALS_PER_NUMBER = 3  # in 24 h, by default
DIALS_PER_NUMBER_IN_A_WEEK = 7  # by default
LONGEST_GAP, LONGEST_REST = timedelta(days=30), timedelta(days=366)
REST_AFTER_ABANDONED = timedelta(hours=72)  # by default (Ofcom, statement of 2016-12-20)
MOST_DIALS_PER_NUMBER = 1000
MOST_DIALS_PER_CALLER_ID = 5_000  # rows counted before each dial: about 9 ms

# What a call is taken to cost until the carrier has told it: two or three minutes within North America, in USD.
CALL_ESTIMATE = Decimal("0.02")

CallsPerSecond = Annotated[float, Field(ge=SLOWEST, le=FASTEST, allow_inf_nan=False)]
LiveCalls = Annotated[int, Field(ge=1, le=MOST_LIVE_CALLS)]
Weight = Annotated[int, Field(ge=1, le=HEAVIEST)]
DialsPerNumber = Annotated[int, Field(ge=1, le=MOST_DIALS_PER_NUMBER)]
DialsPerCallerId = Annotated[int, Field(ge=1, le=MOST_DIALS_PER_CALLER_ID)]
CallEstimate = Annotated[Decimal, Field(gt=0, le=1000, decimal_places=6)]
