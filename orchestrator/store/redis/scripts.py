"""Runs the Lua files: one per atomic decision, loaded again whenever the server has forgotten them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import redis
from redis.exceptions import NoScriptError, ResponseError

from orchestrator.store.redis.pipeline import Command, Trip, round_trip

_FOLDER = Path(__file__).parent / "lua"
_SOURCES = {path.stem: path.read_text() for path in _FOLDER.glob("*.lua")}
_DIGESTS = {name: hashlib.sha1(source.encode()).hexdigest() for name, source in _SOURCES.items()}  # noqa: S324 Redis names scripts so

Arg = str | bytes | int | float


class ScriptCall(NamedTuple):
    """One run of a script: its file's name, KEYS and ARGV."""

    name: str
    keys: Sequence[str]
    args: Sequence[Arg]


def run_script(client: redis.Redis, call: ScriptCall) -> Any:
    """Run one script and return its answer; loads it first if the server has lost it."""
    [answer] = _pipelined(client, [call])
    if isinstance(answer, NoScriptError):
        [answer] = round_trip(client, [("EVAL", _SOURCES[call.name], len(call.keys), *call.keys, *call.args)])
    raise_errors([answer])
    return answer


def run_scripts(client: redis.Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    """Run many scripts in one round trip, in order; an answer may be a ResponseError of its own call.

    After a restart of the server every script meets NOSCRIPT; then they are loaded and replayed (R11).
    """
    return run_scripts_in_parts(client, [calls]) if calls else []


def run_scripts_in_parts(client: redis.Redis, parts: Iterable[Sequence[ScriptCall]]) -> list[Any]:
    """Run the scripts of all parts as `run_scripts` does: the server carries out one part while the next is being made.

    What `parts` raises is raised; the parts before it have been sent, and their answers are not known.
    """
    calls: list[ScriptCall] = []
    with Trip(client) as trip:
        for part in parts:
            trip.send(_evalshas(part))
            calls += part
        answers = trip.answers()
    missing = [n for n, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if missing:
        for name in {calls[n].name for n in missing}:
            client.script_load(_SOURCES[name])
        for n, answer in zip(missing, _pipelined(client, [calls[n] for n in missing]), strict=True):
            answers[n] = answer
    return answers


def write_though_full(client: redis.Redis, command: str, key: str, *rest: Arg) -> Any:
    """Make one write of those that drain: it is not refused when memory is full (R11)."""
    return run_script(client, ScriptCall("write_though_full", [key], [command, *rest]))


def raise_errors(answers: Sequence[Any]) -> None:
    """Raise the first error among the answers of a pipeline, if there is one."""
    for answer in answers:
        if isinstance(answer, ResponseError):
            raise answer


def _pipelined(client: redis.Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    return round_trip(client, _evalshas(calls))


def _evalshas(calls: Sequence[ScriptCall]) -> list[Command]:
    return [("EVALSHA", _DIGESTS[c.name], len(c.keys), *c.keys, *c.args) for c in calls]
