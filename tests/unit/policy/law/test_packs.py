"""The packs that ship are read whole, and a mistake in one is refused with its file and its line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.errors import InvalidPack
from orchestrator.policy.law.holidays import known_names, last_year
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.packs import all_packs, read_pack
from orchestrator.policy.law.rule import LOOKED_OVER_ON, RuleRow
from orchestrator.policy.purposes import Purpose, Voice

RULE = """title = "Nowhere"
regions = ["ZZ"]

[[rule]]
kind = "ring"
value = { at_least = "15s" }
source = "a statute"
as_of = 2026-11-28
confidence = "text"

[[rule]]
kind = "window"
value = [{ days = ["mon-fri"], start = "09:00", end = "20:00" }]
source = "a statute"
as_of = 2026-11-28
confidence = "text"
"""
RECORDING = "CA CT DE FL IL MD MA MI MT NV NH OR PA WA"


def test_every_pack_that_ships_is_read() -> None:
    packs = all_packs()

    assert {"house", "us", "us-fl", "us-tx", "debt-us", "ca", "gb", "au"} <= packs.keys()
    assert all(pack.title and pack.rules for pack in packs.values())
    assert [name for name, pack in packs.items() if not pack.regions] == ["house"]


def test_a_rule_is_read_with_the_calls_that_it_binds() -> None:
    ring, window = read_pack("zz.toml", RULE).rules

    assert ring.pack == window.pack == "zz"
    assert ring.row.purposes == frozenset(Purpose) - {Purpose.EMERGENCY}
    assert ring.row.voices == frozenset(Voice)
    assert [(w.start, w.end) for w in window.row.value] == [("09:00", "20:00")]


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('source = "a statute"\nas_of = 2026-11-28\nconfidence = "text"\n\n', "\n", "zz.toml:4: source: "),
        (
            'source = "a statute"\nas_of = 2026-11-28\nconfidence = "text"\n\n',
            'source = " "\n\n',
            "zz.toml:4: source: ",
        ),
        ('kind = "ring"', 'kind = "rings"', "zz.toml:4: kind: "),
        ('kind = "ring"', 'kind = "ring"\npurposes = ["selling"]', "zz.toml:4: purposes"),
        ('kind = "ring"', 'kind = "ring"\npurposes = []', "zz.toml:4: purposes: "),
        ('kind = "ring"', 'kind = "ring"\nvoices = ["robot"]', "zz.toml:4: voices"),
        ('kind = "ring"', 'kind = "ring"\nuntil = 2027-01-01', "zz.toml:4: until: "),
        ('at_least = "15s"', 'at_most = "15s"', "zz.toml:4: value"),
        ('at_least = "15s"', 'at_least = "soon"', "zz.toml:4: value"),
        ('start = "09:00", end = "20:00"', 'start = "21:00", end = "08:00"', "zz.toml:11: value"),
        ('start = "09:00", end = "20:00"', 'start = "09:00", end = "09:00"', "zz.toml:11: value"),
        ('[{ days = ["mon-fri"], start = "09:00", end = "20:00" }]', "[]", "zz.toml:11: value"),
        ('["mon-fri"]', "[]", "zz.toml:11: value"),
        (
            'as_of = 2026-11-28\nconfidence = "text"\n\n',
            'as_of = 2027-01-01\nconfidence = "text"\n\n',
            "zz.toml:4: as_of: ",
        ),
        ('confidence = "text"\n\n', 'confidence = "rumour"\n\n', "zz.toml:4: confidence: "),
        ('regions = ["ZZ"]', "", "zz.toml:1: regions: "),
        ('title = "Nowhere"', 'titel = "Nowhere"', "zz.toml:1: title: "),
        ("as_of = 2026-11-28", "as_of = soon", "zz.toml: "),
    ],
)
def test_a_mistake_is_refused_with_file_and_line(right: str, wrong: str, told: str) -> None:
    assert right in RULE

    with pytest.raises(InvalidPack) as refused:
        read_pack("zz.toml", RULE.replace(right, wrong, 1))

    assert str(refused.value).startswith(told)


@pytest.mark.parametrize("kind", [Kind.CAP, Kind.REST, Kind.RETENTION])
def test_a_value_that_says_nothing_is_refused(kind: Kind) -> None:
    row = {"kind": kind, "value": {}, "source": "s", "as_of": "2026-11-28", "confidence": "text"}

    with pytest.raises(ValueError, match="say at least one of"):
        RuleRow.model_validate(row)


def test_the_day_on_which_the_packs_were_looked_over_has_come() -> None:
    assert datetime.now(UTC).date() >= LOOKED_OVER_ON  # noqa: TID251 the calendar of whoever runs the tests


def test_every_holiday_that_a_pack_names_is_in_the_table_and_the_table_lasts() -> None:
    rules = [rule for pack in all_packs().values() for rule in pack.rules if rule.row.kind is Kind.HOLIDAYS]

    assert rules
    assert [rule for rule in rules if set(rule.row.value.days) - known_names(rule.row.value.calendar)] == []
    assert last_year() >= datetime.now(UTC).year + 1  # noqa: TID251 run tools/make_holidays.py with more years


def test_recordings_are_announced_in_the_states_whose_law_says_so() -> None:
    announced = {pack.name for pack in all_packs().values() for rule in pack.rules if rule.row.kind is Kind.RECORDING}

    assert announced == {f"us-{state.lower()}" for state in RECORDING.split()}
