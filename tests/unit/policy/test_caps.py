"""Caps and rests put together: the least cap and the longest rest hold, and nobody may loosen what is said for all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.policy.caps import Caps

HOURS = st.none() | st.integers(1, 24 * 30).map(lambda hours: timedelta(hours=hours))
DIALS = st.none() | st.integers(1, 1000)
CAPS = st.builds(
    Caps,
    per_number_24h=DIALS,
    per_number_7d=DIALS,
    per_subject_24h=DIALS,
    per_caller_id_24h=DIALS,
    min_gap=HOURS,
    rest_after_human=HOURS,
    rest_after_abandoned=HOURS,
)


@given(CAPS, CAPS)
def test_of_two_the_stricter_holds_whichever_is_named_first(one: Caps, other: Caps) -> None:
    both = one.tightened_by(other)

    assert both == other.tightened_by(one)
    assert not one.loosened_by(both) and not other.loosened_by(both)
    assert both.tightened_by(both) == both


@given(CAPS)
def test_who_says_nothing_loosens_nothing_and_what_is_stored_comes_back(caps: Caps) -> None:
    assert caps.tightened_by(Caps()) == caps == Caps.model_validate(caps.stored())
    assert not caps.loosened_by(Caps()) and not Caps().loosened_by(caps)
    assert None not in caps.stored().values()


def test_a_larger_cap_and_a_shorter_rest_loosen() -> None:
    for_all = Caps(per_number_24h=3, rest_after_human=timedelta(days=7), min_gap=timedelta(hours=2))

    laxer = for_all.loosened_by(Caps(per_number_24h=4, rest_after_human=timedelta(days=6), min_gap=timedelta(hours=1)))

    assert laxer == {"per_number_24h": 3, "rest_after_human": timedelta(days=7), "min_gap": timedelta(hours=2)}
    assert not for_all.loosened_by(for_all)


@pytest.mark.parametrize(
    "caps", [{"per_number_7d": 0}, {"rest_after_human": "0s"}, {"min_gap": "31d"}, {"per_hour": 1}]
)
def test_what_is_no_cap_is_refused(caps: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Caps.model_validate(caps)
