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
    "A carrier on your desk: the Call Control API, signed webhooks and people who answer, are busy or press keys."
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the simulator with these arguments until SIGTERM or SIGINT."""
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
    add("--port", type=int, help="port to listen on; 0 takes a free one and prints it (0)")
    add("--public-url", help="how others reach it, for links to recordings (its own address)")
    add("--webhook-url", help="where webhooks go when a dial names no webhook_url")
    add("--webhook-failover-url", help="where a webhook goes when its own address has failed at every try")
    add("--webhook-timeout", type=float, help="seconds a receiver has for its answer, at most 30 (2)")
    add("--time-scale", type=float, help="ringing, talking and hanging up run so many times faster (1)")
    add("--seed", type=int, help="what all luck is drawn from (1)")
    add("--api-key", help="the key to ask for; better: SIMULATOR_API_KEY (without either any bearer key will do)")
    add("--connection-id", help="the connection to accept; without it any will do")
    add(
        "--caller-id",
        dest="caller_ids",
        action="append",
        help="a number that may be dialed from; may be repeated (all)",
    )
    add("--channels", type=int, help="calls at once before 403 D1 (no limit)")
    add("--dials-per-5s", type=int, help="dials in any trailing 5 real seconds before 429 90103; 0 for no limit (150)")
    add("--mix", type=_mix, help="who answers: human=45,machine=20,busy=10,no_answer=15,rejected=5,not_found=5")
    add(
        "--cards",
        action="store_true",
        default=None,
        help="numbers +1AAA55501XX choose the callee by their last two digits",
    )
    add("--call-cost", action="store_true", default=None, help="send call.cost after every hangup")
    add("--stream-frames", choices=("today", "older"), help="form of the frames on a stream's websocket (today)")
    add("--first-command-timeout", type=float, help="seconds until a caller nobody deals with is hung up on (never)")
    add("--keep-bodies", action="store_true", default=None, help="keep the bodies of commands in the ledger")
    add("--keep-calls", type=int, help="ended calls to remember, for at most ten minutes (20000)")
    add(
        "--signing-seed", help="32 bytes in hex that fix the signing key; better: SIMULATOR_SIGNING_SEED (drawn afresh)"
    )
    add("--faults", type=_faults, help="what goes wrong: JSON, or the name of a file with it")
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
