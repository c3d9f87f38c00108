"""The command line of the simulator."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from simulator.server import run
from simulator.settings import Settings, parse_mix, secrets_of
from simulator.state.faults import Faults, InvalidFaults, parse_faults

_DESCRIPTION = (
    "A simulated carrier: the Call Control API, signed webhooks, and callees who answer, are busy or press keys."
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the simulator with these arguments until SIGTERM or SIGINT."""
    # Not on uvloop: it rounds timers to milliseconds, and at a time scale of 50 that swaps what lies 50 ms apart.
    asyncio.run(run(parse(argv)))


def parse(argv: Sequence[str] | None = None) -> Settings:
    """Return the settings for these arguments; exits with a usage message when they are invalid."""
    parser = _parser()
    given = {name: value for name, value in vars(parser.parse_args(argv)).items() if value is not None}
    try:
        return Settings.model_validate({**secrets_of(os.environ), **given})
    except ValidationError as err:
        parser.error("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in err.errors()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description=_DESCRIPTION)
    add = parser.add_argument
    add("--host", help="address to listen on (127.0.0.1)")
    add("--port", type=int, help="port to listen on; 0 chooses a free one and prints it (0)")
    add("--public-url", help="its address for others, used in links to recordings (the listening address)")
    add("--webhook-url", help="URL for webhooks when a dial has no webhook_url")
    add("--webhook-failover-url", help="URL for webhooks whose own URL has failed at every attempt")
    add("--webhook-timeout", type=float, help="seconds a receiver may take to respond, at most 30 (2)")
    add("--time-scale", type=float, help="factor by which ringing, talking and timeouts run faster than real time (1)")
    add("--seed", type=int, help="seed of all random values (1)")
    add(
        "--api-key",
        help="the required API key; better set SIMULATOR_API_KEY (without either, any bearer key is accepted)",
    )
    add("--connection-id", help="the only accepted connection_id (any)")
    add(
        "--caller-id",
        dest="caller_ids",
        action="append",
        help="an allowed caller id; may be repeated (any)",
    )
    add("--channels", type=int, help="concurrent calls before 403 D1 (no limit)")
    add("--dials-per-5s", type=int, help="dials in any 5 seconds of real time before 429/90103; 0 for no limit (150)")
    add(
        "--mix",
        type=_mix,
        help="weights of the kinds of callee: human=45,machine=20,busy=10,no_answer=15,rejected=5,not_found=5",
    )
    add(
        "--cards",
        action="store_true",
        default=None,
        help="test numbers: the last two digits of +1AAA55501XX choose the callee",
    )
    add("--patience", type=float, help="seconds of silence after which a person hangs up (10 to 30, by the number)")
    add("--call-cost", action="store_true", default=None, help="send call.cost after every hangup")
    add("--stream-frames", choices=("today", "older"), help="format of the frames on a stream's websocket (today)")
    add(
        "--first-command-timeout",
        type=float,
        help="seconds until an incoming call without any command is hung up (never)",
    )
    add("--keep-bodies", action="store_true", default=None, help="keep the bodies of commands in the ledger")
    add("--keep-calls", type=int, help="ended calls to keep, for at most ten minutes (20000)")
    add(
        "--signing-seed", help="32 bytes in hex that fix the signing key; better set SIMULATOR_SIGNING_SEED (a new key)"
    )
    add("--faults", type=_faults, help="injected faults: JSON, or the name of a file with it")
    return parser


def _mix(text: str) -> dict[str, float]:
    try:
        return {str(kind): weight for kind, weight in parse_mix(text).items()}
    except ValueError as err:
        raise argparse.ArgumentTypeError(str(err)) from err


def _faults(text: str) -> Faults:
    try:
        raw = text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8")
        return parse_faults(raw)
    except (OSError, InvalidFaults) as err:
        raise argparse.ArgumentTypeError(str(err)) from err
