"""The core under schedules: three processes, every order of their ways out, and deaths, lost answers, late webhooks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.support.carrier_stub import CarrierStub
from tests.support.databases import ReusableDatabase
from tests.support.model_carrier import ANSWERS, ModelCarrier
from tests.support.schedule import Schedule
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import World

PROCESSES = 3
IN_CI = 12
WHO = st.integers(0, PROCESSES - 1)
NTH, POINTS = st.integers(0, 12), st.integers(0, 8)
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

        @initialize(says=SAYS, points=POINTS, fault=FAULTS)
        def somebody_is_dialed(self, says: str, points: int, fault: Fault) -> None:
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

        @rule(times=st.integers(0, 3))
        def time_passes(self, times: int) -> None:
            if not times:
                self.schedule.valkey_comes_back_empty()
            for _ in range(times):
                self.schedule.time_passes()

        def teardown(self) -> None:
            self.schedule.comes_to_rest()

    return Schedules


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
