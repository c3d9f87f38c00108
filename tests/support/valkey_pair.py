"""A Valkey primary, its replica and three Sentinels, as real servers behind one address that leads to the primary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from orchestrator.local_stack.ports import free_port
from orchestrator.local_stack.process import ChildProcess, end_session
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.valkey import answers, plan_valkey
from tests.support.network import Address, network
from tests.support.poll import eventually

PASSWORD = "password-of-both"
_MASTER = "campaigns"
_SENTINELS = ("sentinel-1", "sentinel-2", "sentinel-3")
_DOWN_AFTER_MS = 1_000


class ValkeyPair:
    """Two servers and who watches them; `url` leads to the one that the Sentinels call the primary."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {name: free_port() for name in ("first", "second", *_SENTINELS)}
        self._servers: dict[str, ChildProcess] = {}
        self._first_sentinel = _client(self._ports[_SENTINELS[0]], password=None)

    def start(self, *lines: str) -> None:
        """Start everything, with these lines in both configurations; return once the Sentinels know all of it."""
        self._start_server("first", *lines)
        self._start_server("second", *lines, f"replicaof 127.0.0.1 {self._ports['first']}")
        eventually(lambda: self.ask("second").info("replication")["master_link_status"] == "up")
        for name in _SENTINELS:
            self._start_sentinel(name)
        eventually(self._is_watched)

    def kill_primary(self) -> None:
        """Kill the first primary with -9."""
        end_session(self._servers["first"].pid)
        self._servers["first"].end()

    def start_first_again(self, *lines: str) -> None:
        """Start the server that was the primary again, on what is on its disk; the Sentinels make it a replica."""
        self._start_server("first", *lines)

    def fail_over(self, *how: str) -> None:
        """Let a Sentinel make the replica the primary while both run; COORDINATED lets the primary hand over."""
        self._first_sentinel.execute_command("SENTINEL", "FAILOVER", _MASTER, *how)

    def primary(self) -> Address:
        """Return the address that the Sentinels give for the primary."""
        host, port = self._first_sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", _MASTER)
        return host.decode(), int(port)

    def has_failed_over(self) -> bool:
        """Say whether the second server is the primary."""
        return self.primary() == ("127.0.0.1", self._ports["second"])

    def ask(self, name: str) -> redis.Redis:
        """Return a client of one of the servers."""
        return _client(self._ports[name])

    def stop(self) -> None:
        """Stop everything, the Sentinels first."""
        for name in sorted(self._servers, key=lambda name: name not in _SENTINELS):
            self._servers[name].end()
        self._first_sentinel.close()

    def _start_server(self, name: str, *lines: str) -> None:
        port = self._ports[name]
        plan = plan_valkey(self._folder / name, port=port)
        written = "".join(f"{line}\n" for line in (f"requirepass {PASSWORD}", f"masterauth {PASSWORD}", *lines))
        with (self._folder / name / "valkey.conf").open("a") as file:
            file.write(written)
        url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
        self._run(name, replace(plan.program, ready=lambda: answers(url)))

    def _start_sentinel(self, name: str) -> None:
        folder, port = self._folder / name, self._ports[name]
        folder.mkdir()
        watched = f"{_MASTER} 127.0.0.1 {self._ports['first']} 2"
        (folder / "sentinel.conf").write_text(
            f"bind 127.0.0.1\nport {port}\ndir .\nsentinel monitor {watched}\n"
            f"sentinel auth-pass {_MASTER} {PASSWORD}\nsentinel down-after-milliseconds {_MASTER} {_DOWN_AFTER_MS}\n"
            f"sentinel failover-timeout {_MASTER} 10000\n"
        )
        program = plan_valkey(folder / "unused", port=port).program
        argv = (program.argv[0], str(folder / "sentinel.conf"), "--sentinel")
        self._run(name, Program(name=name, argv=argv, cwd=folder, ready=lambda: answers(f"redis://127.0.0.1:{port}")))

    def _run(self, name: str, program: Program) -> None:
        self._servers[name] = ChildProcess(program, self._folder / f"{name}.log")
        self._servers[name].wait_until_ready()

    def _is_watched(self) -> bool:
        [found] = self._first_sentinel.execute_command("SENTINEL", "MASTERS")
        state = dict(zip(found[::2], found[1::2], strict=True)) if isinstance(found, list) else found
        known = {_text(key): _text(value) for key, value in state.items()}
        return known["num-slaves"] == "1" and known["num-other-sentinels"] == "2"


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _client(port: int, *, password: str | None = PASSWORD) -> redis.Redis:
    return redis.Redis(port=port, password=password, retry=Retry(NoBackoff(), 0), socket_timeout=5)


@contextmanager
def valkey_pair(folder: Path, *lines: str) -> Iterator[tuple[ValkeyPair, str]]:
    """Run the servers until the block ends; yield them and the one address that leads to the primary."""
    pair = ValkeyPair(folder)
    try:
        pair.start(*lines)
        with network({"valkey": pair.primary}) as between:
            yield pair, f"redis://:{PASSWORD}@127.0.0.1:{between.port('valkey')}/0"
    finally:
        pair.stop()
