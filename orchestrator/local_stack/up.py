"""`orchestrator up`: the stack in the foreground until Ctrl-C."""

from __future__ import annotations

from rich.console import Console

from orchestrator.local_stack.banner import line_printer, print_banner
from orchestrator.local_stack.interrupts import Interrupts, count_interrupts, pause
from orchestrator.local_stack.options import StackOptions
from orchestrator.local_stack.sign_in_links import page_address
from orchestrator.local_stack.stack import Stack
from orchestrator.local_stack.supervisor import Interrupted
from orchestrator.settings import Settings

TICK_S = 0.2


def run_up(options: StackOptions, settings: Settings, *, console: Console) -> None:
    """Run the stack until a shutdown is requested; raises Misconfigured or DidNotStart if it cannot be started."""
    say = line_printer(console)
    with count_interrupts() as interrupts:
        stack = Stack(options, settings, interrupts=interrupts, say=say)
        try:
            say("starting …")
            addresses = stack.start()
            keys = {"api_key": stack.api_key, "flower_password": stack.flower_password}
            page = page_address(addresses.api, stack.api_key)
            print_banner(console, options, addresses, page=page, **keys)
            keep_running(stack, interrupts)
        except Interrupted:
            pass
        finally:
            say("stopping …")
            stack.stop()
            say("everything is stopped")


def keep_running(stack: Stack, interrupts: Interrupts) -> None:
    """Supervise the stack until a shutdown is requested."""
    while not interrupts.stopping():
        stack.tick()
        pause(TICK_S)
