"""Streams and forks that one core sustains without loss, against a bare asyncio receiver that only counts bytes."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import requests
from pydantic import SecretStr

from benchmarks.climb import Step, climb, sustained
from benchmarks.cpu import cpu_s
from benchmarks.ground import API_KEY, Ground, carrier_env
from benchmarks.measures import Measure, Sample, Side, Target, in_turns
from benchmarks.media_load import FIRST_WORDS, PIECE_S, Speakers, fork, frame_bytes
from benchmarks.webhooks import PUBLIC_KEY
from orchestrator.ids import new_id
from orchestrator.local_stack import command_lines
from orchestrator.local_stack.interrupts import pause
from orchestrator.local_stack.ports import free_port
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.media.capture_files import FOLDER, list_captures
from orchestrator.media.stream_token import stream_path
from orchestrator.store.redis.keys import Keys
from workers.media.streams import MOST_STREAMS

_STREAMS = 250
_SECONDS = 6
_PIECES = int(_SECONDS / PIECE_S)
_WITHIN_S = 30.0
_LEGS = [str(UUID(int=number)) for number in range(_STREAMS)]
_LEAST = Target("least", 0.6)
_FULL_SECONDS = 4
_FULL_PIECES = int(_FULL_SECONDS / PIECE_S)
_FULL_WITHIN_S = 1.0
_LEGS_AT_ONCE = 200  # the size of the receiver's accept queue, and some


def measure_media(ground: Ground, *, rounds: int = 3) -> list[Measure]:
    """Return how many streams and forks fill a core, by the CPU time they take at a load that loses nothing.

    That is an estimate; how many of them are really carried at once is measured too.
    """
    with _receivers(ground) as (ours, bare):
        sides = {"streams": _streams(ours), "bare streams": _bare_streams(bare)}
        streams = in_turns(sides, rounds=rounds)
        forks = in_turns({"forks": _forks(ours), "bare forks": _bare_forks(bare)}, rounds=rounds)
        carried = [
            _carried("media streams at once", lambda count: _full_streams(ours, count), _a_core(streams["streams"])),
            _carried("media forks at once", lambda count: _full_forks(ours, count), _a_core(forks["forks"])),
        ]
    note = f"estimated from {_STREAMS}, none of their pieces lost"
    return [
        _measure("media streams", streams["streams"], streams["bare streams"], note),
        _measure("media forks", forks["forks"], forks["bare forks"], note),
        *carried,
    ]


def _carried(name: str, run: Callable[[int], Step], estimate: float) -> Measure:
    steps = climb(run, min(estimate, MOST_STREAMS))
    return Measure(name, sustained(steps), "streams", note=f"run in steps; {steps[-1]}")


def _measure(name: str, ours: Sample, bare: Sample, note: str) -> Measure:
    return Measure(name, _a_core(ours), "streams/core", _a_core(bare), _LEAST, note)


def _a_core(sample: Sample) -> float:
    return 1000 * PIECE_S / sample.cpu_ms


@dataclass(frozen=True)
class _Receiver:
    ground: Ground
    child: ChildProcess
    port: int
    udp_port: int

    def counts(self) -> dict[str, int]:
        return dict(requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=10).json())

    def wait(self, name: str, count: int, *, within_s: float = _WITHIN_S) -> None:
        """Wait until it has counted so many; fail where they do not come: that would be loss."""
        for _ in range(int(within_s / 0.1)):
            if (seen := self.counts().get(name, 0)) >= count:
                return
            pause(0.1)
        raise AssertionError(f"lost: {seen} of {count} {name}")


@contextmanager
def _receivers(ground: Ground) -> Iterator[tuple[_Receiver, _Receiver]]:
    ports = [free_port() for _ in range(4)]
    env = {**ground.env, **carrier_env("http://127.0.0.1:1/v2", PUBLIC_KEY), "ORCHESTRATOR_API_KEY": API_KEY}
    argv = command_lines.media(host="127.0.0.1", port=ports[0], udp_port=ports[1], data=ground.folder / "sound")
    bare_argv = (sys.executable, "-m", "benchmarks.bare_media", str(ports[2]), str(ports[3]))
    ours = Program(name="media", argv=argv, env=env, ready_line="media listens")
    bare = Program(name="bare-media", argv=bare_argv, env=env, ready_line="bare media listens")
    with ground.running(ours, bare) as children:
        yield (
            _Receiver(ground, children["media"], *ports[:2]),
            _Receiver(ground, children["bare-media"], *ports[2:]),
        )


def _streams(receiver: _Receiver) -> Side:
    def run() -> Sample:
        calls = [new_id("call") for _ in range(_STREAMS)]
        urls = [("127.0.0.1", receiver.port, stream_path(SecretStr(API_KEY), call)) for call in calls]
        sample = _print_line(receiver, urls, "frames", 1)
        receiver.wait("pieces", receiver.counts()["frames"])
        folder = receiver.ground.folder / "sound" / FOLDER
        captures = [capture for call in calls for capture in list_captures(folder, call)]
        if sum(capture.received for capture in captures) != _STREAMS * (FIRST_WORDS + _PIECES):
            raise AssertionError("pieces are lost")
        shutil.rmtree(folder)
        return sample

    return run


def _bare_streams(receiver: _Receiver) -> Side:
    return lambda: _print_line(receiver, [("127.0.0.1", receiver.port, "/")] * _STREAMS, "tcp_bytes", None)


def _print_line(receiver: _Receiver, urls: list[tuple[str, int, str]], counted: str, each: int | None) -> Sample:
    """Meter the streams while they run; files and connections are opened before, and closed after."""
    seen = receiver.counts().get(counted, 0)
    speakers = Speakers(urls, pieces=_PIECES)
    receiver.wait(counted, seen + _STREAMS * (each * FIRST_WORDS if each else frame_bytes(FIRST_WORDS)))
    before = cpu_s(receiver.child.pid)
    speakers.speak()
    whole = FIRST_WORDS + _PIECES
    receiver.wait(counted, seen + _STREAMS * (each * whole if each else frame_bytes(whole)))
    sample = _sample(receiver, before)
    speakers.close()
    return sample


def _forks(receiver: _Receiver) -> Side:
    def run() -> Sample:
        for leg in _LEGS:
            receiver.ground.redis.set(Keys().leg(leg), new_id("call"))
        return _fork(receiver)

    return run


def _bare_forks(receiver: _Receiver) -> Side:
    return lambda: _fork(receiver)


def _fork(receiver: _Receiver) -> Sample:
    seen = receiver.counts().get("packets", 0)
    address = ("127.0.0.1", receiver.udp_port)
    fork(address, _LEGS, pieces=FIRST_WORDS)
    receiver.wait("packets", seen + _STREAMS * FIRST_WORDS)
    before = cpu_s(receiver.child.pid)
    fork(address, _LEGS, pieces=_PIECES, starts=[FIRST_WORDS] * _STREAMS)
    receiver.wait("packets", seen + _STREAMS * (FIRST_WORDS + _PIECES))
    return _sample(receiver, before)


def _full_streams(receiver: _Receiver, count: int) -> Step:
    calls = [new_id("call") for _ in range(count)]
    seen = receiver.counts().get("frames", 0)
    urls = [("127.0.0.1", receiver.port, stream_path(SecretStr(API_KEY), call)) for call in calls]
    speakers = Speakers(urls, pieces=_FULL_PIECES)
    receiver.wait("frames", seen + count * FIRST_WORDS)
    step = _step(receiver, count, "frames", speakers.speak)
    speakers.close()
    return step


def _full_forks(receiver: _Receiver, count: int) -> Step:
    """Let some begin after the others, as in life: else all would write their second of sound at one moment."""
    legs = [str(uuid4()) for _ in range(count)]
    address, starts = ("127.0.0.1", receiver.udp_port), list[int]()
    for turn, begun in enumerate(range(0, count, _LEGS_AT_ONCE)):
        some = legs[begun : begun + _LEGS_AT_ONCE]
        for leg in some:
            receiver.ground.redis.set(Keys().leg(leg), new_id("call"))
        seen, first_words = receiver.counts().get("packets", 0), FIRST_WORDS + turn * 7 % 35
        fork(address, some, pieces=first_words)
        receiver.wait("packets", seen + len(some) * first_words)
        starts += [first_words] * len(some)
    return _step(receiver, count, "packets", lambda: fork(address, legs, pieces=_FULL_PIECES, starts=starts))


def _step(receiver: _Receiver, count: int, counted: str, send: Callable[[], float]) -> Step:
    """Meter so many at once; what has not come a second behind the last piece is lost."""
    seen, sent = receiver.counts()[counted], count * _FULL_PIECES
    spent, own, began = cpu_s(receiver.child.pid), time.process_time(), time.perf_counter()
    behind_s = send()
    seconds, own = time.perf_counter() - began, time.process_time() - own
    spent = cpu_s(receiver.child.pid) - spent
    with suppress(AssertionError):
        receiver.wait(counted, seen + sent, within_s=_FULL_WITHIN_S)
    return Step(
        count=count,
        seconds=_FULL_SECONDS,
        sent=sent,
        arrived=min(sent, receiver.counts()[counted] - seen),
        behind_s=behind_s,
        receiver=spent / seconds,
        senders=own / seconds,
    )


def _sample(receiver: _Receiver, before: float) -> Sample:
    spent = cpu_s(receiver.child.pid) - before
    pieces = _STREAMS * _PIECES
    return Sample(pieces / _SECONDS, spent * 1000 / pieces)
