"""The definition of a flow: every name resolved, every template compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.flow.actions import Action, Branch, Choose, Command, End, Value
from orchestrator.flow.limits import DEFAULT_RING_S, DEFAULT_TIME_LIMIT_S, LONGEST_CALL_S, START_TIMEOUT_S
from orchestrator.flow.notices import FAREWELL, NOTICES, Said, SaysOfItself, farewell
from orchestrator.flow.templating.translations import Texts
from orchestrator.flow.vocabulary import CONTACT_FIELDS, ENDS_CALL, HUMAN_RESULTS, is_ended_by, result_name
from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.weekly_hours import CallingHours


@dataclass(frozen=True, slots=True)
class Timeout:
    """What happens when a step takes longer than `after_s`, from its command's answer on."""

    after_s: float
    branch: Branch


@dataclass(frozen=True, slots=True)
class Repeat:
    """A step entered more often than `at_most` times leads to `then` instead."""

    at_most: int
    then: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its action, its background audio and its transitions."""

    name: str
    action: Action
    on: Mapping[str, tuple[Branch, ...]]
    goto: str | None = None
    timeout: Timeout | None = None
    repeat: Repeat | None = None
    outcome: str | None = None
    state: Value | None = None
    during: Command | None = None
    says: frozenset[Said] = frozenset()  # of the call itself, in its payload

    @property
    def ends_call(self) -> bool:
        """Whether the call is over with this step."""
        return isinstance(self.action, End) or (isinstance(self.action, Command) and self.action.action in ENDS_CALL)

    def is_ended_by(self, event: str) -> bool:
        """Whether an event ends the step's command."""
        return isinstance(self.action, Command) and is_ended_by(self.action.action, event)

    def targets(self) -> Iterator[str]:
        """Yield the steps that this one can lead to."""
        for branches in self.on.values():
            yield from (branch.goto for branch in branches if branch.goto)
        if isinstance(self.action, Choose):
            yield from (branch.goto for branch in self.action.branches if branch.goto)
        if self.timeout and self.timeout.branch.goto:
            yield self.timeout.branch.goto
        if self.repeat:
            yield self.repeat.then
        if self.goto:
            yield self.goto


@dataclass(frozen=True, slots=True)
class Start:
    """Where a flow begins: at `entry`, or with detection on where its result says (`None` hangs up).

    `answered` is where it begins before there is a result; only a machine or a fax leads it elsewhere. A call that
    comes in begins at `inbound` when it rings; without one it is answered and begins as with a person.
    """

    entry: str | None = None
    by_result: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = START_TIMEOUT_S
    timeout_goto: str | None = None
    inbound: str | None = None
    answered: str | None = None

    def step_for(self, result: str) -> str | None:
        """Return the step for a result of detection; what is not known counts as not_sure, a fax is hung up on."""
        named = result_name(result)
        if named == "fax":
            return self.by_result.get("fax")
        ways = [named, "human"] if named in HUMAN_RESULTS else [named, "not_sure", "human"]
        return next((self.by_result[way] for way in ways if way in self.by_result), self.answered)

    def targets(self) -> Iterator[str]:
        """Yield the steps a call can begin with."""
        known = (self.entry, self.answered, self.timeout_goto, self.inbound, *self.by_result.values())
        yield from (step for step in known if step)


@dataclass(frozen=True, slots=True)
class Input:
    """A variable a contact carries; `is_required` when the flow gives no default."""

    is_required: bool
    default: Any = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """The digit that ends the calls to a person, and the step that carries it out."""

    digit: str
    step: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A checked flow, ready to run."""

    name: str
    inputs: Mapping[str, Input]
    answers: Mapping[str, Any]
    outcomes: frozenset[str]
    outcome: str | None
    dial: Mapping[str, Any]
    start: Start
    steps: Mapping[str, Step]
    awaited: frozenset[str]
    hours: Mapping[str, CallingHours] = field(default_factory=dict)
    on: Mapping[str, tuple[Branch, ...]] = field(default_factory=dict)
    texts: Texts | None = None
    says: SaysOfItself = field(default_factory=SaysOfItself)
    reads_notices: frozenset[Said] = frozenset()
    opt_out: OptOut | None = None
    left_to_engine: frozenset[Said] = frozenset()  # the notices that the engine says where they are asked for

    def is_open(self, name: str, now: datetime) -> bool:
        """Return whether the hours of that name are open at `now`; hours that are not there never are."""
        hours = self.hours.get(name)
        return hours is not None and is_open(hours, hours.timezone, now)

    def dial_fields(self) -> dict[str, Any]:
        """Return the flow's share of the dial command; rings 30 s and talks 600 s unless the flow says otherwise."""
        return {"timeout_secs": DEFAULT_RING_S, "time_limit_secs": DEFAULT_TIME_LIMIT_S, **self.dial}

    @property
    def caller_limit_s(self) -> int:
        """The longest duration of an inbound call in seconds: the carrier's limit unless `dial` sets a lower one."""
        return int(self.dial.get("time_limit_secs", LONGEST_CALL_S))

    @property
    def required_inputs(self) -> tuple[str, ...]:
        """The names of the variables a contact must carry."""
        return tuple(name for name, wanted in self.inputs.items() if wanted.is_required)

    @property
    def optional_inputs(self) -> tuple[str, ...]:
        """The names of the variables a contact may carry."""
        return tuple(name for name, wanted in self.inputs.items() if not wanted.is_required)

    def missing_inputs(self, variables: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the required variables that a contact with `variables` lacks; an empty text is none."""
        return tuple(name for name in self.required_inputs if _is_blank(variables.get(name)))

    def contact_view(
        self, contact: Mapping[str, Any], *, region: str | None = None, packs: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Return what templates see: the inputs, defaults applied, and the contact's phone, external_id and timezone.

        `contact` holds its variables and those three side by side; what the flow does not declare stays out. The
        notices are there as the law of the place asks for them: of `region`, such as US-FL, or that of the phone, and
        as the law packs `packs` do.
        """
        view = {name: _given(contact.get(name), wanted.default) for name, wanted in self.inputs.items()}
        view |= {name: contact.get(name) for name in CONTACT_FIELDS}
        if self.opt_out:
            view[FAREWELL] = farewell(self.language_for(view))
        return view | (self._notices(view, region, packs) if self.reads_notices else {})

    def notices_for(self, phone: str, region: str | None, *, packs: tuple[str, ...] = ()) -> tuple[Said, ...]:
        """Return the notices that the engine says to a person there, in the order in which they are said."""
        left = [notice for notice in NOTICES if notice in self.left_to_engine]
        return self.says.said_to(left, phone, region, packs=packs) if left else ()

    def language_for(self, contact: Mapping[str, Any]) -> str:
        """Return the language that the flow speaks with a contact, such as es-US; empty where nothing says it."""
        said = self.texts.language_for(contact) if self.texts else contact.get("language") or self.says.language
        return str(said or "")

    def _notices(self, view: Mapping[str, Any], region: str | None, packs: tuple[str, ...]) -> dict[str, str]:
        return self.says.heard_by(str(view.get("phone") or ""), region, self.language_for(view), packs=packs)


def _is_blank(value: Any) -> bool:
    return value is None or value == ""


def _given(value: Any, default: Any) -> Any:
    return default if _is_blank(value) else value
