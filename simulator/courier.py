"""Brings webhooks to their receiver: signed anew at every try, given up after the last."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp
import orjson

from simulator.clock import Clock
from simulator.counters import Counters
from simulator.dice import Dice
from simulator.faults import FaultSwitch
from simulator.leg import Leg, Notice
from simulator.signing import Signer

TIMEOUT_S = 2.0  # docs: fundamentals
RETRIES_MS = (1_000, 2_000, 4_000)  # not published; assumed
AT_ONCE = 256

_TIMEOUT = aiohttp.ClientTimeout(total=TIMEOUT_S)


class Courier:
    """Delivers concurrently and promises no order; redelivery runs in real time, whatever the time scale."""

    def __init__(self, *, clock: Clock, counters: Counters, dice: Dice, signer: Signer, faults: FaultSwitch) -> None:
        self._clock = clock
        self._counters = counters
        self._dice = dice
        self._faults = faults
        self._signer = signer
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._is_closed = False
        self._open = asyncio.Event()
        self._open.set()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=60),
            timeout=_TIMEOUT,
            headers={"Content-Type": "application/json", "User-Agent": "telnyx-webhooks"},
        )

    def hold(self, held: bool) -> None:
        """Stop sending, or send on."""
        self._open.clear() if held else self._open.set()

    def send(self, leg: Leg, notice: Notice) -> None:
        """Start to deliver, with whatever goes wrong for this leg; returns at once."""
        faults, about = self._faults.of(leg.party), (leg.key, notice.type, len(leg.notices))
        self._counters.add("webhooks_created")
        if notice.type == "call.hangup" and self._dice.hits(faults.never_tell_hangup, "never tell", leg.key):
            self._drop(notice)
            return
        if self._dice.hits(faults.webhook_lose, "lose", *about):
            self._drop(notice)
            return
        late = self._dice.hits(faults.webhook_delay, "delay", *about)
        delay_ms = self._dice.between(0, faults.webhook_delay_ms, "how late", *about) if late else 0
        self._start(leg, notice, after_s=delay_ms / 1000)
        if self._dice.hits(faults.webhook_repeat, "repeat", *about):
            notice.repeats += 1
            self._counters.add("webhooks_repeated")
            self._start(leg, notice, after_s=(delay_ms + self._dice.between(0, 500, "when again", *about)) / 1000)

    async def close(self, *, within_s: float = 1.0) -> None:
        """Take nothing more, give what is under way a moment, then stop."""
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    @property
    def under_way(self) -> int:
        """How many webhooks are not yet delivered or given up."""
        return len(self._tasks)

    def _drop(self, notice: Notice) -> None:
        notice.status = "lost"
        self._counters.add("webhooks_lost")

    def _start(self, leg: Leg, notice: Notice, *, after_s: float) -> None:
        if self._is_closed:
            return
        task = asyncio.create_task(self._deliver(leg, notice, after_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, leg: Leg, notice: Notice, after_s: float) -> None:
        if after_s:
            await asyncio.sleep(after_s)
        url = leg.destination.of(notice.type)
        delays: Sequence[int] = leg.destination.retries_ms.get(notice.type, RETRIES_MS)
        for attempt, delay_ms in enumerate((*delays, None), start=1):
            status = await self._try(notice, url, attempt)
            if 200 <= status < 300:
                self._settle(notice, str(status), delivered=True)
                return
            if delay_ms is None or not _worth_a_retry(status):
                break
            await asyncio.sleep(delay_ms / 1000)
        self._settle(notice, str(status) if status else "unreachable", delivered=False)

    async def _try(self, notice: Notice, url: str, attempt: int) -> int:
        """Return the receiver's status; 0 when no answer came within two seconds."""
        await self._open.wait()
        async with self._room:
            body = b'{"data":%b,"meta":{"attempt":%d,"delivered_to":%b}}' % (notice.data, attempt, orjson.dumps(url))
            now = self._clock.now()
            notice.attempts += 1
            notice.sent_at = notice.sent_at or now
            self._counters.add("webhook_attempts")
            try:
                async with self._session.post(
                    url, data=body, headers=self._signer.headers(body, now=now), allow_redirects=False
                ) as answer:
                    return answer.status
            except (aiohttp.ClientError, TimeoutError, OSError):
                return 0

    def _settle(self, notice: Notice, status: str, *, delivered: bool) -> None:
        if delivered:
            notice.delivered_at = notice.delivered_at or self._clock.now()
            notice.status = status
            self._counters.add("webhooks_delivered")
        elif notice.delivered_at is None:
            notice.status = status
            self._counters.add("webhooks_given_up")


def _worth_a_retry(status: int) -> bool:
    return status == 0 or status >= 500 or status in (408, 429)
