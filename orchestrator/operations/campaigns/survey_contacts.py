"""Asks the gate about all contacts of a campaign at one moment, as if it ran, and counts the answers.

Contacts of whose number the ledger knows nothing are judged by one of their kind: same place, same fields, same answer.
The others are judged each by itself. It reads page by page, holds no connection in between and rests after each page.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, RowMapping

from orchestrator.model.campaign_status import FINAL_CAMPAIGN
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.operations.campaigns.check_start import as_if_running
from orchestrator.operations.dialing.check_gate import caller_id_of
from orchestrator.policy.caller_id import ClosedCallerIds, choose_caller_id
from orchestrator.policy.caps import Caps
from orchestrator.policy.dial_gate import GateAnswer, Go, Hold, Never, may_dial
from orchestrator.policy.explain import Warned, warned_of
from orchestrator.policy.hold_reasons import Reason, reason_of_wait
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.phone.number_kind import number_kind
from orchestrator.policy.phone.number_region import number_regions
from orchestrator.policy.purposes import Voice
from orchestrator.policy.zones.contact_zones import zones_for
from orchestrator.store.sql.contacts_ahead import contacts_after, lists_of
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_counts import Dials

PAGE = 2_000
_REST = 0.15  # of the time that a page took: whoever dials comes in between
_KINDS_KEPT, _PLACES_KEPT = 50_000, 200_000
_NOWHERE = "unknown"
_SUBSCRIBER = 4  # the last digits of a number say nothing of its place and kind


@dataclass
class Group:
    """The contacts with the same answer: how many, when the next of them may be dialed, and one of them."""

    reason: Reason
    contacts: int = 0
    next_at: datetime | None = None
    example: str = ""

    @property
    def sentence(self) -> str:
        """Return the reason in words."""
        return self.reason.sentence

    def add(self, contact_id: str, until: datetime | None) -> None:
        """Count one more."""
        self.contacts += 1
        self.example = self.example or contact_id
        if until is not None:
            self.next_at = until if self.next_at is None else min(self.next_at, until)


@dataclass
class Survey:
    """The contacts of a campaign by the gate's answer; each is counted once, and by its region once more.

    `waits_for_somebody` counts those of the held whose time nobody knows, or who only wait for the campaign's end.
    `places` are the places of each contact, by whose law it is called; `by_region` has the last of them.
    `warned` counts those who may be dialed and would be held by a law that the campaign is only warned of.
    """

    contacts: int = 0
    dialable_now: int = 0
    waits_for_somebody: int = 0
    held: dict[Reason, Group] = field(default_factory=dict)
    never: dict[Reason, Group] = field(default_factory=dict)
    places: set[tuple[str, ...]] = field(default_factory=set)
    by_region: Counter[str] = field(default_factory=Counter)
    dialable_by_region: Counter[str] = field(default_factory=Counter)
    warned: Counter[Warned] = field(default_factory=Counter)

    def add(self, contact_id: str, answer: GateAnswer, places: tuple[str, ...], warned: Iterable[Warned] = ()) -> None:
        """Count one contact; `warned` is what the law says of it."""
        region = places[-1] if places else _NOWHERE
        self.contacts += 1
        self.places.add(places)
        self.by_region[region] += 1
        match answer:
            case Go():
                self.dialable_now += 1
                self.dialable_by_region[region] += 1
                self.warned.update(warned)
            case Hold(reason, until):
                self.held.setdefault(reason, Group(reason)).add(contact_id, until)
                is_timed = until is not None and reason is not Reason.NO_COMMON_HOURS
                self.waits_for_somebody += not is_timed and reason is not Reason.NUMBER_IN_USE
            case Never(reason, _):
                self.never.setdefault(reason, Group(reason)).add(contact_id, None)


@dataclass(frozen=True)
class CallerIds:
    """The caller ids that have dialed as often as they may, and why all of a pool are closed, where they are."""

    full: Mapping[str, Dials] = field(default_factory=dict)
    closed: ClosedCallerIds | None = None


class _Judged(NamedTuple):
    """The gate's answer, and what a law says against it that the campaign is only warned of."""

    answer: GateAnswer
    warned: tuple[Warned, ...] = ()


class _Place(NamedTuple):
    """What the digits of a number, but for the last four, say of where it is."""

    zones: str
    kind: NumberKind
    countries: frozenset[str]
    regions: tuple[str, ...]


def survey_contacts(
    campaign: Row[Any],
    at: datetime,
    *,
    sql: Engine,
    caps: Caps,
    caller_ids: CallerIds,
    flow_voice: Voice | None = None,
    page: int = PAGE,
) -> Survey:
    """Return the gate's answers at `at`."""
    return _Surveyor(campaign, at, caps, caller_ids, flow_voice).survey(sql, page)


class _Surveyor:
    def __init__(
        self, campaign: Row[Any], at: datetime, caps: Caps, caller_ids: CallerIds, flow_voice: Voice | None
    ) -> None:
        self._campaign, self._at, self._caps, self._flow_voice = campaign, at, caps, flow_voice
        self._full_caller_ids, self._closed = caller_ids.full, caller_ids.closed
        self._survey = Survey()
        self._places: dict[str, _Place] = {}
        self._answers: dict[tuple[Any, ...], _Judged] = {}
        self._pause = threading.Event()

    def survey(self, sql: Engine, page: int) -> Survey:
        with sql.connect() as tx:
            asks_lists = bool(lists_of(tx, self._campaign.id))
        last = ""
        while True:
            began = time.monotonic()
            with sql.connect() as tx:
                rows = contacts_after(tx, self._campaign.id, last, at=self._at, limit=page, asks_lists=asks_lists)
                if not rows:
                    return self._survey
                self._add_page(tx, rows)
            last = rows[-1]["id"]
            self._pause.wait((time.monotonic() - began) * _REST)

    def _add_page(self, tx: Connection, rows: Sequence[RowMapping]) -> None:
        if len(self._answers) > _KINDS_KEPT:
            self._answers.clear()
        undone = [row for row in rows if row["status"] in CLAIMABLE]
        places = {row["id"]: self._place(row["phone"]) for row in rows}
        kinds = {row["id"]: self._kind(row, places[row["id"]]) for row in undone if not row["has_history"]}
        alone = self._judge(tx, undone, kinds)
        for row in rows:
            contact_id = row["id"]
            judged = alone[contact_id] if contact_id in alone else self._answers.get(kinds.get(contact_id, ()), _GONE)
            answer, regions = _answer(row, judged.answer, self._at), self._regions(row, places[contact_id])
            self._survey.add(contact_id, answer, regions, judged.warned)

    def _judge(
        self, tx: Connection, undone: Sequence[RowMapping], kinds: Mapping[str, tuple[Any, ...]]
    ) -> Mapping[str, _Judged]:
        """Return the answers to those with a history; note that to the first of each new kind, for all of its kind."""
        new = {kind: contact_id for contact_id, kind in kinds.items() if kind not in self._answers}
        alone = [row["id"] for row in undone if row["has_history"]]
        rows = read_facts(tx, [*alone, *new.values()], self._caps, at=self._at)
        answers = {contact_id: self._ask(row) for contact_id, row in rows.items()}
        self._answers |= {kind: answers.get(contact_id, _GONE) for kind, contact_id in new.items()}
        return {contact_id: answers.get(contact_id, _GONE) for contact_id in alone}

    def _ask(self, row: RowMapping) -> _Judged:
        dials = self._full_caller_ids.get(caller_id_of(row), Dials()) if self._full_caller_ids else Dials()
        facts = gate_facts(
            row,
            contact_status_ok=True,
            from_caller_id=dials,
            closed_caller_ids=self._closed,
            flow_voice=self._flow_voice,
        )
        asked = facts if row["campaign_status"] in FINAL_CAMPAIGN else as_if_running(facts)
        return _Judged(may_dial(asked, self._at), warned_of(asked, self._at))

    def _kind(self, row: RowMapping, place: _Place) -> tuple[Any, ...]:
        """Return all that the gate looks at of a contact whose number has no history."""
        return (
            place,
            row["timezone"],
            row["timezone_source"],
            row["region"],
            row["not_before"],
            row["not_after"],
            row["ignore_hours"],
            row["attempts_spent"],
            row["attempts_limit"],
            row["is_allowed"],
            self._full_caller_id(row),
        )

    def _regions(self, row: RowMapping, place: _Place) -> tuple[str, ...]:
        return regions_of(row["phone"], row["region"]) if row["region"] else place.regions

    def _full_caller_id(self, row: RowMapping) -> str | None:
        """Return the caller id of a contact where that is full; which it is takes long to say."""
        if not self._full_caller_ids:
            return None
        shown = row["caller_id"] or choose_caller_id(self._campaign.caller_ids, row["id"])
        return shown if shown in self._full_caller_ids else None

    def _place(self, phone: str) -> _Place:
        prefix = phone[:-_SUBSCRIBER]
        place = self._places.get(prefix)
        if place is None:
            if len(self._places) > _PLACES_KEPT:
                self._places.clear()
            place = _Place(
                zones_for(phone, now=self._at).key, number_kind(phone), number_regions(phone), regions_of(phone)
            )
            self._places[prefix] = place
        return place


_GONE = _Judged(Never(Reason.CONTACT_CLOSED, None))  # erased since the page was read


def _answer(row: RowMapping, answer: GateAnswer, at: datetime) -> GateAnswer:
    """Return what becomes of a contact: the gate's answer, or what stands before it and behind it."""
    if row["status"] == ContactStatus.CALLING:
        return Hold(Reason.NUMBER_IN_USE, None)
    if row["status"] not in CLAIMABLE:
        return _GONE.answer
    if isinstance(answer, Go) and (row["due_at"] is None or row["due_at"] > at):
        return Hold(reason_of_wait(row["reason"]), row["due_at"])
    return answer
