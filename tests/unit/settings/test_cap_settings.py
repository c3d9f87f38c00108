"""The caps of an installation, as its environment says them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.policy.caps import DEFAULT_CAPS, Caps
from orchestrator.services import Services
from orchestrator.settings import load_settings

RESTS = ("MIN_GAP", "REST_AFTER_HUMAN", "REST_AFTER_ABANDONED")
MINUTES = timedelta(minutes=10)
NUMBER, CALLER_ID = "ORCHESTRATOR_CAP_PER_NUMBER_24H", "ORCHESTRATOR_CAP_PER_CALLER_ID_24H"


@pytest.fixture(autouse=True)
def _read_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in Caps.model_fields:
        monkeypatch.delenv(f"ORCHESTRATOR_CAP_{name.upper()}", raising=False)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def caps() -> Caps:
    return Services(settings=load_settings()).caps


def test_a_number_is_dialed_three_times_a_day_where_nothing_is_said() -> None:
    assert caps() == DEFAULT_CAPS
    assert Caps(per_number_24h=3, per_number_7d=7, rest_after_abandoned=timedelta(hours=72)) == DEFAULT_CAPS


@pytest.mark.parametrize(
    ("said", "cap"),
    [("1", 1), (" 5 ", 5), ("1000", 1000), ("off", None), ("OFF", None), ("", 3)],
)
def test_the_cap_of_a_number_is_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, said: str, cap: int | None
) -> None:
    monkeypatch.setenv(NUMBER, said)

    assert caps().per_number_24h == cap


def test_the_cap_of_a_caller_id_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CALLER_ID, "75")

    assert caps() == DEFAULT_CAPS.model_copy(update={"per_caller_id_24h": 75})


@pytest.mark.parametrize(("day", "week"), [("1", 7), ("7", 7), ("8", 8), ("100", 100), ("off", None)])
def test_who_allows_more_in_a_day_is_not_stopped_by_the_default_of_a_week(
    monkeypatch: pytest.MonkeyPatch, day: str, week: int | None
) -> None:
    monkeypatch.setenv(NUMBER, day)

    assert caps().per_number_7d == week


def test_a_cap_of_a_week_that_is_set_holds_whatever_a_day_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NUMBER, "100")
    monkeypatch.setenv("ORCHESTRATOR_CAP_PER_NUMBER_7D", "7")

    assert caps().per_number_7d == 7


@pytest.mark.parametrize("name", ["PER_NUMBER_7D", "PER_SUBJECT_24H"])
@pytest.mark.parametrize(("said", "cap"), [("1", 1), ("1000", 1000), ("off", None)])
def test_the_other_caps_of_a_number_are_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str, cap: int | None
) -> None:
    monkeypatch.setenv(f"ORCHESTRATOR_CAP_{name}", said)

    assert getattr(caps(), name.lower()) == cap


@pytest.mark.parametrize("name", RESTS)
@pytest.mark.parametrize(
    ("said", "rest"), [("90s", timedelta(seconds=90)), (" 7d ", timedelta(days=7)), ("Off", None), ("10m", MINUTES)]
)
def test_the_rests_are_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str, rest: timedelta | None
) -> None:
    monkeypatch.setenv(f"ORCHESTRATOR_CAP_{name}", said)

    assert getattr(caps(), name.lower()) == rest


@pytest.mark.parametrize("name", RESTS)
@pytest.mark.parametrize("said", ["0s", "7", "-1h", "1.5h", "7 d", "367d", "null", "1w", "99999999d"])
def test_what_is_no_rest_is_refused_with_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv(f"ORCHESTRATOR_CAP_{name}", said)

    with pytest.raises(Misconfigured, match=name):
        load_settings()


@pytest.mark.parametrize("name", [NUMBER, CALLER_ID])
@pytest.mark.parametrize(
    "said", ["0", "00", "-1", "3.0", "none", "null", "unlimited", "3/day", "10001", "1e3", "٣", "1_0"]
)
def test_what_is_no_cap_is_refused_with_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv(name, said)

    with pytest.raises(Misconfigured, match=name):
        load_settings()
