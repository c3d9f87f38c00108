"""`orchestrator flow check | play`: checks a flow and dry-runs it offline, before anybody is called."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.action import check_action
from orchestrator.cli.api_access import connect
from orchestrator.cli.arguments import parse_pairs, parse_time
from orchestrator.cli.gate_preview import why_not_called
from orchestrator.cli.output import print_json
from orchestrator.cli.upload import ProblemInFile
from orchestrator.clock import utc_now
from orchestrator.errors import FieldError, InvalidFlow, InvalidInput
from orchestrator.flow.check import check_flow, load_flow
from orchestrator.flow.definition import Flow
from orchestrator.flow.dry_run.dialogue import DialogueLine
from orchestrator.flow.dry_run.dry_run import DryRun, stand_ins
from orchestrator.flow.dry_run.scripted_callee import Callee, CalleeKind
from orchestrator.flow.library import Library, StoredFlow
from orchestrator.flow.notices import When
from orchestrator.flow.parsing.opt_out import is_of_opt_out
from orchestrator.flow.syntax.document import parse_flow
from orchestrator.flow.syntax.problem import FlowProblem
from orchestrator.flow.voices import voice_of
from orchestrator.model.live_call import Direction
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.purposes import Purpose, Voice

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Check a flow or dry-run it offline; store flows, list and show them. "
    "Finds the API like `orchestrator campaign`.",
)

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The flow, YAML or JSON.")]
_With = Annotated[
    list[Path] | None,
    typer.Option("--with", exists=True, dir_okay=False, help="An included flow; it is used for every version."),
]
_STYLES = {"line": "dim", "callee": "cyan", "flow": "", "agent": "magenta", "refusal": "bold red"}
_MARKS = {"flow": "→", "refusal": "✗"}
_AT = "When the call is made, for the flow's hours: 2027-03-01T09:00-05:00, or 2027-03-01T09:00 in UTC. Default: now."
_DEMO_PHONE = "+12025550123"


@app.command()
def check(
    file: _File,
    with_: _With = None,
    purpose: Annotated[
        Purpose | None, typer.Option(help="Check what calls for this purpose must say, too; sales asks for most.")
    ] = None,
    voice: Annotated[Voice | None, typer.Option(help="Whose voice is heard. Default: as the flow speaks.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what `POST /v1/flows/check` answers.")] = False,
) -> None:
    """Check whether a flow would be accepted; every problem names its line and step. Exit status 1 if there is one.

    A warning is about what is accepted and yet hardly intended, such as an outcome that is set before its message was
    played; warnings leave the exit status at 0.
    """
    console = Console(highlight=False, soft_wrap=True)
    library = _library(with_ or [])
    problems, warnings = check_flow(
        file.read_bytes(), _content_type(file), library=library, purpose=purpose, voice=voice
    )
    if as_json:
        told = [[_problem(each) for each in kind] for kind in (problems, warnings)]
        print_json({"ok": not problems, "errors": told[0], "warnings": told[1]})
        raise typer.Exit(1 if problems else 0)
    for mark, found in (("✗", problems), ("!", warnings)):
        for each in found:
            console.print(f"{mark} {file}, {each}", markup=False)
    if problems:
        raise typer.Exit(1)
    _print_summary(load_flow(file.read_bytes(), _content_type(file), library=library), console)


@app.command()
def play(
    file: _File,
    *,
    with_: _With = None,
    as_: Annotated[CalleeKind, typer.Option("--as", help="Who or what answers.")] = CalleeKind.HUMAN,
    press: Annotated[
        list[str] | None,
        typer.Option(help="The keys that the callee presses: the first --press for the first question, and so on."),
    ] = None,
    var: Annotated[
        list[str] | None,
        typer.Option(help="An input of the flow, name=value; may be repeated. Default: the input's name."),
    ] = None,
    hangs_up_after: Annotated[
        float | None, typer.Option(min=0, help="Seconds after answering at which the callee hangs up.")
    ] = None,
    agent: Annotated[bool, typer.Option(help="Whether the target of a transfer answers.")] = True,
    inbound: Annotated[bool, typer.Option("--inbound", help="Dry-run an inbound call.")] = False,
    http_status: Annotated[
        int, typer.Option(min=100, max=599, help="The status with which every HTTP request of the flow is answered.")
    ] = 200,
    http_body: Annotated[str, typer.Option(help="The JSON body of these answers.")] = "{}",
    at: Annotated[str | None, typer.Option(metavar="TIME", help=_AT)] = None,
    to: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Who is called; also says whether the call would be made then.")
    ] = None,
    blocked: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="A suppressed number: nobody there is called, by a transfer either."),
    ] = None,
    refuse: Annotated[
        list[str] | None,
        typer.Option(metavar="COMMAND", help="A command that the carrier refuses, such as transfer; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the conversation as one document.")] = False,
) -> None:
    """Dry-runs a flow offline, with the engine that runs real calls, and prints the conversation.

    The clock jumps from event to event, so a call takes no time:

        orchestrator flow play appointment.yaml --as human --press 1

        orchestrator flow play appointment.yaml --as machine --hangs-up-after 9

        orchestrator flow play lead.yaml --press 1 --var agent_1=+12025550150

        orchestrator flow play lead.yaml --press 1 --refuse transfer

    ✗ says what is refused: a call that would not be made, a command that is not sent, a transfer to a blocked number.

    Exit status 1 if the flow is not acceptable, the call would not be made, or the carrier would refuse a command as it
    is filled in. What --refuse and --blocked let fail is the flow's to answer.
    """
    console = Console(highlight=False, soft_wrap=True)
    flow = _load(file, _library(with_ or []))
    for action in refuse or ():
        check_action(action, option="--refuse")
    numbers = frozenset(_number(each, option="--blocked") for each in blocked or ())
    callee = Callee(
        as_,
        tuple(press or ()),
        hangs_up_after,
        agent,
        http_status,
        _json(http_body),
        refused_actions=frozenset(refuse or ()),
        blocked_numbers=numbers,
    )
    began = parse_time(at, option="--at", or_utc=True) if at is not None else utc_now()
    direction: Direction = "incoming" if inbound else "outgoing"
    phone = _number(to, option="--to") if to else _DEMO_PHONE
    dry_run = DryRun(flow, callee, phone, _variables(flow, var or []), began, direction)
    if at is not None and not as_json:
        console.print(f"the call is made at {began:%Y-%m-%d %H:%M:%S} UTC")
    gate = None
    if to and not inbound:
        gate = why_not_called(phone, began, purpose=None, voice=voice_of(flow), blocked=phone in numbers)
    if as_json:
        print_json(_played(dry_run, gate))
        raise typer.Exit(1 if dry_run.refused or gate else 0)
    if gate:
        console.print(f"✗ {gate} It is played all the same:", style=_STYLES["refusal"], markup=False)
    for line in dry_run.play():
        _print_line(line, console)
    outcome = dry_run.call.outcome
    console.print(f"outcome {outcome or 'none'}" + "".join(f", {n} {v}" for n, v in dry_run.call.answers.items()))
    if dry_run.refused:
        console.print(f"the carrier would refuse {', '.join(dry_run.refused)}: see ✗ above", markup=False)
    if dry_run.refused or gate:
        raise typer.Exit(1)


def _played(dry_run: DryRun, gate: str | None) -> dict[str, Any]:
    """Return what was said, and how it ended; `not_called` is why no call would be made."""
    lines = [asdict(line) for line in dry_run.play()]
    ended = {"outcome": dry_run.call.outcome, "answers": dict(dry_run.call.answers)}
    return {"not_called": gate, "lines": lines, **ended, "refused": list(dry_run.refused)}


def _load(file: Path, library: Library) -> Flow:
    """Return the flow of a file; raise InvalidFlow, by file and line."""
    try:
        return load_flow(file.read_bytes(), _content_type(file), library=library)
    except InvalidFlow as err:
        found = [ProblemInFile(file, each.step, each.line, each.pointer, each.detail) for each in err.problems]
        raise InvalidFlow(found) from err


def _number(text: str, *, option: str) -> str:
    read = read_phone(text)
    if isinstance(read, PhoneProblem):
        raise InvalidInput([FieldError(option, read.code, read.detail)])
    return read


def _problem(problem: FlowProblem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("step", "line", "pointer", "detail")}


def _library(files: list[Path]) -> Library:
    """Return the flows of these files by name; a file counts as every version."""
    stored = [StoredFlow(file.read_text(encoding="utf-8"), _content_type(file)) for file in files]
    by_name = {str(parse_flow(*each).root.value["name"].value): each for each in stored}
    return lambda name, _version: by_name.get(name)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as err:
        raise InvalidInput([FieldError("--http-body", "not_json", f"{text[:200]!r} is no JSON: {err}")]) from err


def _variables(flow: Flow, words: list[str]) -> dict[str, str]:
    """Return the given inputs; a required one that is missing has its own name as its value."""
    given = parse_pairs(words, option="--var")
    unknown = [name for name in given if name not in flow.inputs]
    if unknown:
        known = ", ".join(flow.inputs) or "none"
        raise InvalidInput([FieldError("--var", "unknown", f"{n} is no input; there are: {known}") for n in unknown])
    return stand_ins(flow) | given


def _print_line(line: DialogueLine, console: Console) -> None:
    clock = str(timedelta(seconds=int(line.at_s)))[2:]
    console.print(f"{clock} {_MARKS.get(line.who, '←')} {line.text}", style=_STYLES[line.who], markup=False)


def _print_summary(flow: Flow, console: Console) -> None:
    steps = [name for name in flow.steps if not is_of_opt_out(name)]
    console.print(f"✓ {flow.name}: {len(steps)} steps", markup=False)
    for notice in sorted(flow.left_to_engine):
        when = "in every call" if flow.says.when(notice) is When.ALWAYS else "where the law of the place asks for it"
        console.print(f"  the engine says {notice} first, {when}: no step writes it", markup=False)
    if flow.opt_out:
        detail = "ends the calls to a person wherever no branch asks for it"
        console.print(f"  {flow.opt_out.digit} {detail}", markup=False)
    rows = {
        "a contact must carry": flow.required_inputs,
        "and may carry": flow.optional_inputs,
        "answers": tuple(flow.answers),
        "outcomes": tuple(sorted(flow.outcomes)),
    }
    for title, names in rows.items():
        if names:
            console.print(f"  {title}: {', '.join(names)}", markup=False)


def _content_type(file: Path) -> str:
    return "application/json" if file.suffix == ".json" else "application/yaml"
