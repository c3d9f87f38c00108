"""A port that one stack has chosen is no other's, from the choice on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from orchestrator.local_stack.ports import Ports, free_port

_TAKES = "import sys; from orchestrator.local_stack.ports import Ports; print(Ports().take(int(sys.argv[1])))"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that die with their process")


def _another_process_takes(port: int) -> str:
    done = subprocess.run([sys.executable, "-c", _TAKES, str(port)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@linux
def test_a_port_is_kept_before_anybody_listens_on_it() -> None:
    ports, port = Ports(), free_port()

    assert ports.take(port)
    assert ports.take(port)
    assert _another_process_takes(port) == "False"
    ports.close()


def test_a_port_that_was_let_go_is_to_be_had() -> None:
    ports, port = Ports(), free_port()
    ports.take(port)

    ports.close()

    assert _another_process_takes(port) == "True"


@linux
def test_two_stacks_with_the_same_wish_get_two_ports() -> None:
    one, other, wish = Ports(), Ports(), free_port()

    chosen = [one.near(wish), other.near(wish)]

    assert chosen[0] == wish
    assert chosen[1] != wish
    one.close()
    other.close()
