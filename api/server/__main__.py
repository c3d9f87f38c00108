"""Runs a service: `python -m api.server --host H --port P --threads N --workers N MODULE:NAME`."""

from __future__ import annotations

import argparse
import asyncio
import socket
from importlib import import_module

import uvloop

from api.server.listener import bind, serve
from api.server.processes import run_in_processes
from api.server.service import Service
from orchestrator.garbage import collect_rarely
from orchestrator.logs import log_to_stderr
from orchestrator.settings import load_settings


def main() -> None:
    """Read the command line, listen, answer."""
    parser = argparse.ArgumentParser(prog="python -m api.server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--threads", type=int, default=8, help="threads of each process for usual requests")
    parser.add_argument("service", help="MODULE:NAME of what returns the service")
    given = parser.parse_args()
    collect_rarely()  # before the service is imported, of which nothing is garbage
    settings = load_settings()
    log_to_stderr(settings.log_format, settings.log_level)
    listener = bind(given.host, given.port)
    run_in_processes(lambda: _run(given.service, listener, given.threads), count=given.workers)


def _run(name: str, listener: socket.socket, threads: int) -> None:
    module, _, attribute = name.partition(":")
    service: Service = getattr(import_module(module), attribute)()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(service, listener=listener, threads=threads))


if __name__ == "__main__":
    main()
