"""Whatever is dialed, imported and erased in whatever order: within no window is a number dialed too often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.contacts.erase_person import erase_number
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.operations.system.change_policy import PolicyChanges, change_policy
from orchestrator.policy.caps import Caps
from tests.support.carrier_stub import CarrierStub
from tests.support.world import World

PHONE = "+13125550142"
DAY = timedelta(days=1)
SUBJECTS = {"a": "solar", "b": "Solar", "c": "survey"}

hours = st.sampled_from([0, 1, 3, 6, 12, 23, 24, 25, 72, 143, 168])
ways = st.sampled_from(["a", "b", "c", "single", "unknown"])
steps = st.one_of(
    st.tuples(st.just("wait"), hours),
    st.tuples(st.just("dial"), ways, st.booleans(), st.booleans()),
    st.tuples(st.just("reserve"), st.sampled_from("abc")),
    st.tuples(st.just("send")),
    st.tuples(st.just("erase")),
)
caps_of = st.builds(
    lambda day, week, subject, human: Caps(
        per_number_24h=day,
        per_number_7d=week,
        per_subject_24h=subject,
        rest_after_human=human and timedelta(hours=human),
        rest_after_abandoned=timedelta(hours=72),
    ),
    st.sampled_from([None, 2, 3]),
    st.sampled_from([None, 3, 4]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 24, 168]),
)


@dataclass
class Dial:
    """A dial that left, by the hours that the test let pass."""

    at: timedelta
    subject: str
    talked: bool = False
    abandoned: bool = False


@dataclass
class Phone:
    """One number in the hands of three campaigns and of single calls."""

    world: World
    carrier: CarrierStub
    campaigns: dict[str, str]
    now: timedelta = timedelta(0)
    dials: list[Dial] = field(default_factory=list)
    reserved: list[tuple[str, str]] = field(default_factory=list)

    def wait(self, passed: int) -> None:
        self.now += timedelta(hours=passed)
        self.world.execute(
            "UPDATE calls SET last_sent_at = last_sent_at - make_interval(hours => :n),"
            " ended_at = ended_at - make_interval(hours => :n), reserved_at = reserved_at - make_interval(hours => :n)",
            n=passed,
        )

    def reserve(self, way: str) -> None:
        campaign_id = self.campaigns[way]
        self.world.execute("UPDATE contacts SET due_at = now() WHERE status = 'held'")
        self.world.contact(campaign_id, phone=PHONE, external_id=new_id("con"))
        self.reserved += [(call_id, SUBJECTS[way].lower()) for call_id in self.world.claim(campaign_id)]

    def send(self, *, fate: str = "ended", talked: bool = False, abandoned: bool = False) -> None:
        for call_id, subject in self.reserved:
            before = len(self.carrier.dials)
            self.world.dialer.dial_calls([call_id])
            if len(self.carrier.dials) == before:
                continue
            self.dials.append(Dial(self.now, subject, talked and not abandoned, abandoned))
            disposition = "unknown" if fate == "unknown" else "human" if talked or abandoned else "no_answer"
            self.world.set_call(call_id, state=fate, disposition=disposition, abandoned=abandoned)
            self.world.execute(
                "UPDATE calls SET ended_at = clock_timestamp() WHERE id = :id AND state = 'ended'", id=call_id
            )
            self.world.execute(
                "UPDATE contacts SET status = 'completed', current_call_id = NULL, due_at = NULL"
                " WHERE current_call_id = :id",
                id=call_id,
            )
        self.reserved.clear()

    def dial(self, way: str, talked: bool, abandoned: bool) -> None:
        if way != "single":
            self.reserve("a" if way == "unknown" else way)
        else:
            wanted = NewCall.model_validate({"to": PHONE, "from": "+13125550100", **ANY_HOUR})
            try:
                placed = self.world.run(place_call, wanted, contact_id=new_id("con"))
            except Conflict:
                return
            self.reserved.append((placed.id, "single calls"))
        if way == "unknown":
            self.send(fate="unknown")
        else:
            self.send(talked=talked, abandoned=abandoned)

    def erase(self) -> None:
        try:
            self.world.run(erase_number, PHONE)
        except Conflict:
            assert self.reserved  # one that may be ringing is not erased


ANY_HOUR: dict[str, Any] = {"ignore_hours": True, "because": "a test"}


def most_within(dials: Sequence[Dial], window: timedelta) -> int:
    return max((sum(1 for other in dials if d.at - window < other.at <= d.at) for d in dials), default=0)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(caps=caps_of, over_rest=st.booleans(), story=st.lists(steps, min_size=6, max_size=22))
def test_no_order_of_dials_imports_and_erasures_exceeds_a_cap_in_any_window(
    world: World, carrier: CarrierStub, caps: Caps, over_rest: bool, story: list[tuple[Any, ...]]
) -> None:
    world.execute("TRUNCATE calls, contacts, campaigns, tallies, tally_changes CASCADE")
    world.execute("UPDATE installation SET policy = '{}'")
    if over_rest:
        world.set_caps()
        said = caps.model_dump(mode="json", exclude_none=True)
        world.run(change_policy, PolicyChanges.model_validate({"caps": said, "because": "a test"}))
    else:
        world.set_caps(**caps.model_dump())
    named = {way: world.campaign(subject=subject) for way, subject in SUBJECTS.items()}
    phone = Phone(world, carrier, named)

    for name, *given_values in story:
        getattr(phone, name)(*given_values)

    dials = phone.dials
    on_subjects = [[dial for dial in dials if dial.subject == subject] for subject in {d.subject for d in dials}]
    unlimited = len(dials)
    assert most_within(dials, DAY) <= (caps.per_number_24h or unlimited)
    assert most_within(dials, 7 * DAY) <= (caps.per_number_7d or unlimited)
    assert max((most_within(each, DAY) for each in on_subjects), default=0) <= (caps.per_subject_24h or unlimited)
    for earlier, later in ((a, b) for n, a in enumerate(dials) for b in dials[n + 1 :]):
        if earlier.talked and caps.rest_after_human:
            assert later.at - earlier.at >= caps.rest_after_human
        if earlier.abandoned and caps.rest_after_abandoned:
            assert later.at - earlier.at >= caps.rest_after_abandoned
