"""Twenty people who look at the page of a campaign while it dials: their share of a core, with PostgreSQL's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from statistics import median
from typing import NamedTuple

import requests
from sqlalchemy import create_engine

from benchmarks.beside_textbook import PACE
from benchmarks.measures import Measure, Target
from benchmarks.running_stack import STORES, Campaign, RunningStack, running_stack
from benchmarks.waiting_contacts import WaitingContacts
from benchmarks.windows import PausableCampaign
from orchestrator.clock import utc_now
from orchestrator.operations.access.sign_in import create_sign_in_link
from orchestrator.policy.roles import Role

VIEWERS = 20
_EVERY_S = 2.0  # as the script of the pages does
_WINDOW_S = 20.0
_SETTLED_S = 5.0
_CONTACTS = 20_000
_CHANNELS = 2_000


def measure_viewers(*, rounds: int) -> list[Measure]:
    """Measure with viewers and without, in turns, while one campaign dials on."""
    alone: list[_Shares] = []
    watched: list[_Shares] = []
    with running_stack(calls_per_second=PACE, max_live_calls=_CHANNELS) as stack:
        campaign = PausableCampaign(stack, stack.create(Campaign(0, PACE, _CHANNELS)))
        with closing(WaitingContacts(stack.stores[0], campaign.campaign_id)) as waiting:
            waiting.fill_up_to(_CONTACTS)
            with campaign.dialing():
                stack.run_for(_SETTLED_S)
                for _ in range(rounds):
                    alone.append(_shares_of_a_core(stack))
                    with _looked_at(stack, campaign.campaign_id):
                        watched.append(_shares_of_a_core(stack))
    api = [some.api - none.api for some, none in zip(watched, alone, strict=True)]
    asked = [some.asked - none.asked for some, none in zip(watched, alone, strict=True)]
    stores = [some.stores - none.stores for some, none in zip(watched, alone, strict=True)]
    both = [page + store for page, store in zip(api, asked, strict=True)]
    what = f"{VIEWERS} viewers of a campaign that dials {PACE:g} a second"
    return [
        Measure(f"{what}: API", median(api), "% of a core", None, None, _each(api)),
        Measure(f"{what}: PostgreSQL, for the API", median(asked), "% of a core", None, None, _each(asked)),
        Measure(f"{what}: both", median(both), "% of a core", None, Target("most", 5), _each(both)),
        # What the stores spend on the calls differs by more from window to window.
        Measure(f"{what}: all that the stores do", median(stores), "% of a core", None, None, _each(stores)),
    ]


def _each(shares: list[float]) -> str:
    return f"each round: {', '.join(f'{share:.1f}' for share in shares)}"


class _Shares(NamedTuple):
    """Percent of a core within a window: the API, PostgreSQL at the API's connections, and both stores whole."""

    api: float
    asked: float
    stores: float


def _shares_of_a_core(stack: RunningStack) -> _Shares:
    before, asked_before = stack.cpu_s(), stack.backends_cpu_s("api")
    stack.run_for(_WINDOW_S)
    after, asked_after = stack.cpu_s(), stack.backends_cpu_s("api")
    asked = sum(spent - asked_before.get(pid, 0.0) for pid, spent in asked_after.items())
    spent = {name: (after[name] - before[name]) * 100 / _WINDOW_S for name in ("api", *STORES)}
    return _Shares(spent["api"], asked * 100 / _WINDOW_S, sum(spent[name] for name in STORES))


@contextmanager
def _looked_at(stack: RunningStack, campaign_id: str) -> Iterator[None]:
    """Let all of them look until the block ends, one after the other within two seconds."""
    stop = threading.Event()
    path = f"/campaigns/{campaign_id}"
    with ExitStack() as opened:
        viewers = [opened.enter_context(_signed_in(stack)) for _ in range(VIEWERS)]
        tags = [""] * VIEWERS

        def look() -> None:
            turn = 0
            while not stop.wait(_EVERY_S / VIEWERS):
                headers = {"If-None-Match": tags[turn]} if tags[turn] else {}
                shown = viewers[turn].get(f"{stack.url}{path}/live", params={"on": path}, headers=headers, timeout=10)
                shown.raise_for_status()
                tags[turn] = shown.headers.get("ETag", "")
                turn = (turn + 1) % VIEWERS

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            stop.set()
            looking.join()


@contextmanager
def _signed_in(stack: RunningStack) -> Iterator[requests.Session]:
    engine = create_engine(stack.stores[0])
    try:
        link = f"{stack.url}/sign-in/link/{create_sign_in_link(Role.VIEWER, by='bench', now=utc_now(), sql=engine)}"
    finally:
        engine.dispose()
    with requests.Session() as viewer:
        viewer.post(link, headers={"Origin": stack.url}, timeout=10).raise_for_status()
        yield viewer
