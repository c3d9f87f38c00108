"""At each point at which a process can die, it dies, and hears no answer: nobody is dialed twice and nobody is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.carrier_stub import CarrierStub
from tests.support.crash_points import CRASH_POINTS, STORIES, tell
from tests.support.databases import ReusableDatabase
from tests.support.model_carrier import ModelCarrier
from tests.support.schedule import Schedule
from tests.support.stepwise import Process
from tests.support.watched_stores import Died, Fault
from tests.support.world import World

_PAGE = Path(__file__).parents[3] / "docs/reliability.md"
_passed: dict[str, set[str]] = {}  # by story; each is told once to learn where it leads


class Beginning:
    """Begins one schedule after the other, each on empty stores."""

    def __init__(self, world: World, carrier: CarrierStub, process: Process, database: ReusableDatabase) -> None:
        self._world, self._carrier, self._process, self._database = world, carrier, process, database

    def schedule(self) -> Schedule:
        """Return a schedule of one process that is to call one person."""
        self._database.delete_rows()
        self._world.redis.flushdb()
        self._world.prepare()
        return Schedule(self._world, ModelCarrier(self._carrier), [self._process], people=1)

    def stories(self) -> dict[str, set[str]]:
        """Return the points that each story comes to."""
        for story in STORIES.keys() - _passed.keys():
            _passed[story] = tell(self.schedule(), story)
        return _passed


@pytest.fixture
def begin(world: World, carrier: CarrierStub, process: Process, reusable_database: ReusableDatabase) -> Beginning:
    return Beginning(world, carrier, process, reusable_database)


def test_every_point_at_which_a_process_can_die_has_a_name(begin: Beginning) -> None:
    assert set().union(*begin.stories().values()) == CRASH_POINTS.keys()


@pytest.mark.parametrize("crash_point", CRASH_POINTS)
def test_nobody_is_dialed_twice_or_lost_by_what_breaks_at(crash_point: str, begin: Beginning, process: Process) -> None:
    story = next(story for story in STORIES if crash_point in begin.stories()[story])
    for fault in (Fault.DEATH, Fault.LOST_ANSWER):
        schedule = begin.schedule()

        tell(schedule, story, crash_point=crash_point, fault=fault)
        has_died = isinstance(process.failure, Died)
        schedule.comes_to_rest()

        assert has_died or fault is not Fault.DEATH


@pytest.mark.parametrize("story", STORIES)
def test_every_story_ends_well_when_nothing_breaks(story: str, begin: Beginning) -> None:
    schedule = begin.schedule()

    tell(schedule, story)

    schedule.comes_to_rest()


def test_the_page_on_reliability_names_them_all() -> None:
    page = _PAGE.read_text()

    assert [name for name, meaning in CRASH_POINTS.items() if f"| `{name}` | {meaning} |" not in page] == []
