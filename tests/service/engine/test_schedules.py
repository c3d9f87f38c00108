"""The core under schedules: three processes, every order of their ways out, deaths, freezes, and what comes late."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.support.carrier_stub import CarrierStub
from tests.support.crash_points import tell
from tests.support.databases import ReusableDatabase
from tests.support.forbidden import WAYS
from tests.support.model_carrier import ANSWERS, ModelCarrier
from tests.support.schedule import WHOLE_STEP, Schedule
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import World

PROCESSES = 3
IN_CI = 12
WHO = st.integers(0, PROCESSES - 1)
NTH, POINTS = st.integers(0, 12), st.integers(0, 8)
TIMES_S = (4, 16, 16)  # longer than a send may take on its way, and than it may go unanswered
SAYS = st.sampled_from(["accepts", "accepts", *ANSWERS])
FAULTS = st.sampled_from([Fault.NONE, Fault.NONE, Fault.NONE, Fault.DEATH, Fault.DEATH_BEHIND, Fault.LOST_ANSWER])


@pytest.fixture
def processes(world: World) -> Iterator[list[Process]]:
    processes = [Process(world) for _ in range(PROCESSES)]
    yield processes
    for process in processes:
        process.close()


def machine_of(
    world: World, carrier: CarrierStub, processes: list[Process], database: ReusableDatabase
) -> type[RuleBasedStateMachine]:
    """Return the machine that draws schedules in this world."""

    class Schedules(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            database.delete_rows()
            world.redis.flushdb()
            world.prepare()
            self.schedule = Schedule(world, ModelCarrier(carrier), processes)

        @initialize(says=SAYS, points=POINTS, fault=FAULTS, way=st.sampled_from([*WAYS]))
        def somebody_is_dialed(self, says: str, points: int, fault: Fault, way: str) -> None:
            self.schedule.way = way
            self.schedule.run(0, "claim")
            self.schedule.the_carrier_says(says)
            self.schedule.begin(0, "dial")
            self.schedule.go_on(0, fault, points=points)

        @rule(who=WHO, nth=NTH, points=POINTS, fault=FAULTS)
        def begin(self, who: int, nth: int, points: int, fault: Fault) -> None:
            steps = self.schedule.steps()
            self.schedule.begin(who, steps[nth % len(steps)])
            self.schedule.go_on(who, fault, points=points)

        @rule(who=WHO, points=POINTS, fault=FAULTS)
        def go_on(self, who: int, points: int, fault: Fault) -> None:
            self.schedule.go_on(who, fault, points=points)

        @rule(who=WHO, nth=NTH, says=SAYS)
        def run(self, who: int, nth: int, says: str) -> None:
            steps = self.schedule.steps()
            self.schedule.the_carrier_says(says)
            self.schedule.run(who, steps[nth % len(steps)])

        @rule(which=st.integers(0, 1), does=st.sampled_from(["answers", "hangs up"]))
        def the_callee(self, which: int, does: str) -> None:
            self.schedule.the_callee(which, does)

        @rule(which=st.integers(0, 3), again=st.booleans())
        def the_carrier_tells(self, which: int, again: bool) -> None:
            self.schedule.the_carrier_tells(which, again=again)

        @rule(times=st.integers(0, 3), seconds=st.sampled_from(TIMES_S))
        def time_passes(self, times: int, seconds: int) -> None:
            if not times:
                self.schedule.valkey_comes_back_empty()
            for _ in range(times):
                self.schedule.time_passes(seconds)

        def teardown(self) -> None:
            self.schedule.comes_to_rest()

    return Schedules


ON_THE_WAY = (
    "dial: commit calls",
    "dial: valkey permit_send",
    "dial: post dial",
    "dial: answer dial",
    "perform: valkey begin_command",
    "perform: post command",
    "perform: answer command",
)
OTHERS_TAKE = ("publish again", "resolve dials", "dial", "take over", "fire timers", "advance", "perform", "settle")


@pytest.mark.parametrize("times", [(4,), (16,) * 6])
@pytest.mark.parametrize("point", ON_THE_WAY)
def test_who_freezes_on_the_way_to_the_carrier_and_goes_on_does_nothing_twice(
    point: str, times: tuple[int, ...], world: World, carrier: CarrierStub, processes: list[Process]
) -> None:
    schedule = Schedule(world, ModelCarrier(carrier), processes, people=1)
    tell(schedule, "a call that is answered", crash_point=point)
    assert processes[0].at == point.partition(": ")[2]

    for seconds in times:
        schedule.time_passes(seconds)
        for step in OTHERS_TAKE:
            schedule.run(1, step)
    schedule.go_on(0, points=WHOLE_STEP)

    schedule.comes_to_rest()
    assert sum(schedule.carrier.dialed.values()) == 1


@pytest.mark.parametrize("is_sent", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_r9_nobody_is_dialed_behind_what_forbids_it_and_no_dial_is_repeated(
    way: str, is_sent: bool, world: World, carrier: CarrierStub, processes: list[Process]
) -> None:
    schedule = Schedule(world, ModelCarrier(carrier), processes, people=1)
    schedule.way = way
    schedule.run(0, "claim")
    schedule.the_carrier_says("cuts")
    if is_sent:
        schedule.run(0, "dial")
        schedule.time_passes()
        schedule.run(0, "resolve dials")

    schedule.run(1, way)
    schedule.run(0, "dial")

    schedule.comes_to_rest()
    assert sum(schedule.carrier.posted.values()) == is_sent


def check(machine: type[RuleBasedStateMachine], *, schedules: int) -> None:
    """Draw so many schedules; the shortest that breaks a promise is shown, in words too."""
    bounds = settings(
        max_examples=schedules, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=bounds)


def test_whatever_the_order_nobody_is_dialed_twice_and_nobody_is_lost(
    world: World, carrier: CarrierStub, processes: list[Process], reusable_database: ReusableDatabase
) -> None:
    check(machine_of(world, carrier, processes, reusable_database), schedules=IN_CI)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_whatever_the_order_of_thousands_of_schedules(
    world: World, carrier: CarrierStub, processes: list[Process], reusable_database: ReusableDatabase
) -> None:
    check(machine_of(world, carrier, processes, reusable_database), schedules=int(os.environ.get("SCHEDULES", "3000")))
