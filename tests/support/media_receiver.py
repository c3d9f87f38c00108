"""The media receivers in a process of their own, for as long as a test needs them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from pydantic import SecretStr

from orchestrator.media.capture_files import FOLDER, Capture, list_captures
from orchestrator.media.stream_token import stream_path
from tests.support.poll import eventually

KEY = "key-of-the-tests"
_ROOT = Path(__file__).resolve().parents[2]
_TOLD = re.compile(r"(ws://\S+) and udp:(\S+)")


@dataclass(frozen=True)
class MediaReceiver:
    """A running receiver: where it listens, and where it writes."""

    url: str
    udp: tuple[str, int]
    data: Path
    process: subprocess.Popen[str]

    def stream_url(self, call_id: str) -> str:
        """Return the address of a call's stream."""
        return self.url + stream_path(SecretStr(KEY), call_id)

    def counts(self) -> dict[str, int]:
        """Return what it has seen."""
        return dict(requests.get(f"http{self.url[2:]}/healthz", timeout=30).json())

    def captures(self, call_id: str) -> list[Capture]:
        """Return what was captured of a call."""
        return list_captures(self.data / FOLDER, call_id)

    def finished(self, call_id: str, *, count: int = 1, within: float = 20.0) -> list[Capture]:
        """Return a call's captures once so many are complete."""

        def done() -> list[Capture]:
            found = [capture for capture in self.captures(call_id) if capture.is_complete]
            return found if len(found) >= count else []

        return eventually(done, within=within)

    def stop(self) -> None:
        """End it as its supervisor would: what is open is finished."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0

    def stop_after(self, packets: int) -> None:
        """End it once so many packets have come and every track they belong to is open."""
        eventually(lambda: self.counts().get("packets") == packets)
        eventually(lambda: "tracks" in self.counts())
        self.stop()

    def sound(self, call_id: str, capture: Capture) -> bytes:
        """Return a captured WAV's samples."""
        with wave.open(str(self.data / FOLDER / call_id / capture.file)) as wav:
            return wav.readframes(wav.getnframes())


@contextmanager
def media_receiver(data: Path, *, redis_url: str, rtp_from: str | None = None) -> Iterator[MediaReceiver]:
    """Start one on free ports and end it as its supervisor would."""
    argv = [sys.executable, "-m", "workers.media", "--port", "0", "--udp-port", "0", "--data", str(data)]
    argv += ["--rtp-from", rtp_from] if rtp_from else []
    env = {**os.environ, "ORCHESTRATOR_REDIS_URL": redis_url, "ORCHESTRATOR_API_KEY": KEY}
    process = subprocess.Popen(argv, cwd=_ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = _TOLD.search(process.stdout.readline())
        assert told is not None, "the receiver did not start"
        host, _, port = told[2].rpartition(":")
        receiver = MediaReceiver(url=told[1], udp=(host, int(port)), data=data, process=process)
        yield receiver
        if process.returncode is None:
            receiver.stop()
    finally:
        process.kill()
        process.wait(5)
        process.stdout.close()
