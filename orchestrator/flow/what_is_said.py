"""Holds a flow against what calls for a purpose must say in a voice: who calls, and how to be called no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from orchestrator.flow.actions import Command, Suppress
from orchestrator.flow.definition import Flow, Step
from orchestrator.flow.notices import Said, When
from orchestrator.flow.vocabulary import CONNECTING
from orchestrator.flow.voices import voice_of
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law
from orchestrator.policy.purposes import SYNTHETIC, Purpose, Voice

_READ_OUT = frozenset({"speak", "gather_using_speak"})
_PLAYED = frozenset({"playback_start", "gather_using_audio"})
_BY_MACHINE = frozenset({Voice.RECORDED, Voice.TTS, Voice.AI})
_OPT_OUT_MISSING = "opt_out_missing"
_OFFER_OPT_OUT = (
    'sales calls offer a way to be called no more: write opt_out: {digit: "9"}, or let a digit lead to suppress'
)
_ABANDONED_AFTER_S = 2.0  # 47 CFR 64.1200(a)(7)(i)(A), 16 CFR 310.4(b)(4)(iii)


@dataclass(frozen=True)
class SpokenProblem:
    """Something that must be said and is not; `step` is None where it concerns the whole flow."""

    code: str
    step: str | None
    detail: str

    def __str__(self) -> str:
        return f"step {self.step}: {self.detail}" if self.step else self.detail


@dataclass(frozen=True)
class SpokenFindings:
    """`problems` refuse the flow for a purpose and a voice, `warnings` do not."""

    problems: list[SpokenProblem] = field(default_factory=list)
    warnings: list[SpokenProblem] = field(default_factory=list)


def check_what_is_said(flow: Flow, purpose: Purpose | None, voice: Voice | None) -> SpokenFindings:
    """Return what sales calls by a machine's voice lack: their identity first, and a way to be called no more.

    47 CFR 64.1200(b)(1)-(3); that an artificial voice says so first is asked for by state acts, and held for all. Calls
    for other purposes and by people lack nothing here. Without a voice, it is the flow's own.
    """
    found = SpokenFindings()
    if purpose is not Purpose.SALES:
        return found
    found.warnings.extend(_silence(flow))
    first = first_spoken(flow)
    if (voice or voice_of(flow)) not in _BY_MACHINE:
        return found
    if flow.says.identify is None:
        detail = "sales calls begin with who calls and the number to call back: say it as identify"
        found.problems.append(SpokenProblem("identity_missing", None, detail))
    for step in first:
        found.problems.extend(_lacking(flow, step, voice))
        found.warnings.extend(_unheard(step))
    if not _can_opt_out(flow):
        found.problems.append(SpokenProblem(_OPT_OUT_MISSING, None, _OFFER_OPT_OUT))
    return found


def warn_before_start(
    flow: Flow, purpose: Purpose | None, voice: Voice | None, laws: Iterable[Law]
) -> list[SpokenProblem]:
    """Return what to look at before people are called whose places have these laws.

    The flow of an older campaign may lack what a new one is refused for.
    """
    found = check_what_is_said(flow, purpose, voice)
    bound = tuple(laws)
    _name_who_asks_for_an_opt_out(found, flow, bound)
    asking = sorted({rule.pack.upper() for law in bound for rule in law.of(Kind.RECORDING)})
    if asking and (why := records_unannounced(flow)):
        detail = f"{why}; the law asks for it in {', '.join(asking)}"
        found.warnings.append(SpokenProblem("recording_unannounced", None, detail))
    return [*found.problems, *found.warnings]


def _name_who_asks_for_an_opt_out(found: SpokenFindings, flow: Flow, laws: Iterable[Law]) -> None:
    """Let the warning of a flow without a way to opt out name the rules of the law that ask for a key."""
    asking = {rule.row.source for law in laws for rule in law.of(Kind.OPT_OUT) if rule.row.value.by_keypress}
    if asking and not _can_opt_out(flow):
        found.problems[:] = [each for each in found.problems if each.code != _OPT_OUT_MISSING]
        detail = f"{_OFFER_OPT_OUT} ({'; '.join(sorted(asking))})"
        found.problems.append(SpokenProblem(_OPT_OUT_MISSING, None, detail))


def _can_opt_out(flow: Flow) -> bool:
    return any(isinstance(step.action, Suppress) for step in flow.steps.values())


def first_spoken(flow: Flow) -> list[Step]:
    """Return the steps that somebody, or their machine, may hear first in a call of ours."""
    start = flow.start
    starts = [start.entry, start.answered, start.timeout_goto]
    starts += [step for result, step in start.by_result.items() if result != "fax"]
    heard: dict[str, Step] = {}
    seen: set[str] = set()
    waiting = [name for name in starts if name]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in flow.steps:
            continue
        seen.add(name)
        step = flow.steps[name]
        if _speaks(step):
            heard[name] = step
        elif not _connects(step):
            waiting.extend(step.targets())
    return [heard[name] for name in sorted(heard)]


def records_unannounced(flow: Flow) -> str | None:
    """Return why a person may be recorded before the call says so; None where nothing is recorded, or it is said."""
    if flow.dial.get("record"):
        return "dial.record records from the answer on, before anything can be said: use record_start behind the notice"
    if flow.says.recording_notice is When.NEVER:
        return "it records and never says so" if any(map(_records, flow.steps.values())) else None
    if Said.RECORDING_NOTICE in flow.left_to_engine:
        return None
    recording = {name for name, step in flow.steps.items() if _records(step)}
    if recording & _reached(flow, without=Said.RECORDING_NOTICE):
        return (
            "it records before it says so: let {{ recording_notice }} stand before record_start, or nowhere in the flow"
        )
    return None


def _lacking(flow: Flow, step: Step, voice: Voice | None) -> Iterator[SpokenProblem]:
    if _action_of(step) in _PLAYED:
        return
    if flow.says.identify is not None and Said.IDENTITY not in step.says:
        detail = "what is said first says who calls: let {{ identify }} stand in its payload"
        yield SpokenProblem("identity_missing", step.name, detail)
    if voice not in (None, *SYNTHETIC):
        return
    if flow.says.ai_notice is When.NEVER:
        detail = "an artificial voice says so first: ai_notice: never is not for sales"
        yield SpokenProblem("notice_missing", step.name, detail)
    elif Said.AI_NOTICE not in step.says and Said.AI_NOTICE not in flow.left_to_engine:
        detail = "an artificial voice says so first: let {{ ai_notice }} stand in its payload, or nowhere in the flow"
        yield SpokenProblem("notice_missing", step.name, detail)


def _unheard(step: Step) -> Iterator[SpokenProblem]:
    if _action_of(step) in _PLAYED:
        detail = "nobody here can hear what is played: it must begin with what identify says"
        yield SpokenProblem("recording_unheard", step.name, detail)


def _silence(flow: Flow) -> Iterator[SpokenProblem]:
    start = flow.start
    if start.entry is None and start.answered is None and start.by_result and start.timeout_s > _ABANDONED_AFTER_S:
        detail = (
            f"a person may hear nothing for {start.timeout_s:g} s while detection listens, and a call without words "
            f"for 2 s counts as abandoned: begin with answered: in start, which speaks at once"
        )
        yield SpokenProblem("silent_start", None, detail)


def _reached(flow: Flow, *, without: Said) -> set[str]:
    """Return the steps of a call of ours that may be reached without passing one that says so."""
    reached: set[str] = set()
    waiting = [*flow.start.targets(), *(branch.goto for on in flow.on.values() for branch in on if branch.goto)]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in flow.steps:
            continue
        reached.add(name)
        if without not in flow.steps[name].says:
            waiting.extend(flow.steps[name].targets())
    return reached


def _action_of(step: Step) -> str | None:
    return step.action.action if isinstance(step.action, Command) else None


def _speaks(step: Step) -> bool:
    return _action_of(step) in _READ_OUT | _PLAYED


def _connects(step: Step) -> bool:
    return _action_of(step) in CONNECTING


def _records(step: Step) -> bool:
    return _action_of(step) == "record_start"
