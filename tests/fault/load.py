"""`make load`: a campaign for hours at the carrier's usual limit, and what grows meanwhile that is not stated to grow.

The pace of dialing is in real seconds: so many hours are so many hours. The simulator's time scale makes people answer
and talk faster, so that as many calls end each second as are begun, with fewer of them at the same time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice, product
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fault.growth_of_a_run import CALLS_OF_A_DAY, Growth, Look, growth_of, look_at
from tests.support.campaign_run import CampaignRun
from tests.support.stack_run import CALLS_PER_SECOND, stack_and_simulator

KEPT_S = 900  # for which the keys of a call stay behind its end: until then their number grows
_WAITING = 2_000
_AT_ONCE = 500
_AREAS = (212, 213, 305, 312, 404, 415, 503, 602, 617, 702, 713, 802)


def numbers() -> Iterator[str]:
    """Yield numbers that nobody was called at before: some 80 million."""
    return (f"+1{area}{line:07d}" for line, area in product(range(3_000_000, 9_999_999), _AREAS))


def main() -> None:
    """Run it, print what grew, and end with status 1 if something grew that was not to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--rate", type=float, default=CALLS_PER_SECOND, help="calls per second")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between looks")
    parser.add_argument("--settled", type=float, default=KEPT_S + 60.0, help="seconds after which looks count")
    parser.add_argument("--out", type=Path, help="a file for the looks, a line of JSON each")
    asked = parser.parse_args()
    looks = run(hours=asked.hours, rate=asked.rate, every_s=asked.every, out=asked.out)
    settled = [look for look in looks if look.seconds >= asked.settled]
    if len(settled) < 3:
        sys.exit(f"only {len(settled)} looks after {asked.settled:.0f} s: run it for longer")
    grown = growth_of(settled)
    tell(settled, grown)
    sys.exit(", ".join(each.name for each in grown if each.breaks_word) or 0)


def run(*, hours: float, rate: float, every_s: float, out: Path | None) -> list[Look]:
    """Dial for so long and return the looks."""
    looks: list[Look] = []
    pause, fresh = threading.Event(), numbers()
    with (
        tempfile.TemporaryDirectory(prefix="load-") as folder,
        stack_and_simulator(Path(folder) / "data") as (stack, _),
    ):
        campaign = CampaignRun(stack, 1, pacing={"calls_per_second": rate}, keep_open=True)
        campaign.act("start")
        began = time.monotonic()
        while (passed := time.monotonic() - began) < hours * 3600:
            if not looks or passed - looks[-1].seconds >= every_s:
                looks.append(look_at(stack, seconds=passed))
                print(f"{passed:6.0f} s {looks[-1].calls:>8} calls", file=sys.stderr, flush=True)
                if out:
                    with out.open("a") as file:
                        file.write(json.dumps(asdict(looks[-1])) + "\n")
            if campaign.stats()["contacts"]["waiting"] < _WAITING:
                _add(campaign, list(islice(fresh, _AT_ONCE)))
            pause.wait(2.0)
    return looks


def tell(looks: list[Look], grown: list[Growth]) -> None:
    """Print every quantity that is not still, the steepest of a day first."""
    calls, seconds = looks[-1].calls - looks[0].calls, looks[-1].seconds - looks[0].seconds
    title = (
        f"{calls:,} calls in {seconds:,.0f} s, {calls / seconds:.1f}/s: {calls / CALLS_OF_A_DAY:.2%} of a day at 29/s"
    )
    table = Table("", "first", "last", "each 1,000 calls", "a day at 29/s", "", title=title)
    for each in sorted(grown, key=lambda each: (not each.breaks_word, each.name)):
        if each.first or each.last:
            word = "GROWS" if each.breaks_word else "stated" if each.is_stated else ""
            figures = (each.first, each.last, each.per_1000_calls, each.of_a_day)
            table.add_row(each.name, *(f"{figure:,.1f}" for figure in figures), word)
    Console(width=150).print(table)


def _add(campaign: CampaignRun, phones: list[str]) -> None:
    variables = {"first_name": "Ada", "appointment": "Monday at 9"}
    contacts = [{"phone": phone, "variables": variables} for phone in phones]
    campaign.stack.rest.post(f"/v1/campaigns/{campaign.id}/contacts", {"contacts": contacts})


if __name__ == "__main__":
    main()
