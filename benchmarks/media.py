"""Streams and forks that one core sustains without loss, against a bare asyncio receiver that only counts bytes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import requests
from pydantic import SecretStr

from benchmarks.cpu import cpu_s
from benchmarks.ground import API_KEY, Ground, carrier_env
from benchmarks.measures import Measure, Sample, Side, Target, in_turns
from benchmarks.media_load import FIRST_WORDS, PIECE_S, Speakers, fork, frame_bytes
from benchmarks.webhooks import PUBLIC_KEY
from orchestrator.ids import new_id
from orchestrator.media.captured import FOLDER, list_captures
from orchestrator.media.stream_token import stream_path
from orchestrator.stack import command_lines
from orchestrator.stack.child import Child
from orchestrator.stack.interrupts import pause
from orchestrator.stack.ports import free_port
from orchestrator.stack.program import Program
from orchestrator.store.keys import Keys

_STREAMS = 250
_SECONDS = 6
_PIECES = int(_SECONDS / PIECE_S)
_WITHIN_S = 30.0
_LEGS = [str(UUID(int=number)) for number in range(_STREAMS)]
_LEAST = Target("least", 0.6)


def measure_media(ground: Ground, *, rounds: int = 3) -> list[Measure]:
    """Return how many streams and forks fill a core, by the CPU time they take at a load that loses nothing."""
    with _receivers(ground) as (ours, bare):
        sides = {"streams": _streams(ours), "bare streams": _bare_streams(bare)}
        streams = in_turns(sides, rounds=rounds)
        forks = in_turns({"forks": _forks(ours), "bare forks": _bare_forks(bare)}, rounds=rounds)
    note = f"measured with {_STREAMS}, none of their pieces lost"
    return [
        _measure("media streams", streams["streams"], streams["bare streams"], note),
        _measure("media forks", forks["forks"], forks["bare forks"], note),
    ]


def _measure(name: str, ours: Sample, bare: Sample, note: str) -> Measure:
    return Measure(name, _a_core(ours), "streams/core", _a_core(bare), _LEAST, note)


def _a_core(sample: Sample) -> float:
    return 1000 * PIECE_S / sample.cpu_ms


@dataclass(frozen=True)
class _Receiver:
    ground: Ground
    child: Child
    port: int
    udp_port: int

    def counts(self) -> dict[str, int]:
        return dict(requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=10).json())

    def wait(self, name: str, count: int) -> None:
        """Wait until it has counted so many; fail where they do not come: that would be loss."""
        for _ in range(int(_WITHIN_S / 0.1)):
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
        sample = _speak(receiver, urls, "frames", 1)
        receiver.wait("pieces", receiver.counts()["frames"])
        folder = receiver.ground.folder / "sound" / FOLDER
        captures = [capture for call in calls for capture in list_captures(folder, call)]
        if sum(capture.received for capture in captures) != _STREAMS * (FIRST_WORDS + _PIECES):
            raise AssertionError("pieces are lost")
        shutil.rmtree(folder)
        return sample

    return run


def _bare_streams(receiver: _Receiver) -> Side:
    return lambda: _speak(receiver, [("127.0.0.1", receiver.port, "/")] * _STREAMS, "tcp_bytes", None)


def _speak(receiver: _Receiver, urls: list[tuple[str, int, str]], counted: str, each: int | None) -> Sample:
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
    fork(address, _LEGS, pieces=_PIECES, start=FIRST_WORDS)
    receiver.wait("packets", seen + _STREAMS * (FIRST_WORDS + _PIECES))
    return _sample(receiver, before)


def _sample(receiver: _Receiver, before: float) -> Sample:
    spent = cpu_s(receiver.child.pid) - before
    pieces = _STREAMS * _PIECES
    return Sample(pieces / _SECONDS, spent * 1000 / pieces)
