"""Brings webhooks to their receiver: signed anew at every try, given up after the last."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import aiohttp
import orjson

from simulator.clock import Clock
from simulator.seeded_random import SeededRandom
from simulator.state.counters import Counters
from simulator.state.faults import ActiveFaults, Faults
from simulator.state.leg import Leg, Webhook
from simulator.webhooks.delivery_slots import DeliverySlots
from simulator.webhooks.signing import Signer

TIMEOUT_S = 2.0  # docs: fundamentals
RETRIES_MS = (1_000, 2_000, 4_000)  # not published; assumed

_CONNECTIONS = 768  # six receivers that never answer; a process has 1,024 files as a rule
_OVERTAKEN_S = 0.05
_NOTHING_FOLLOWS_S = 2.0


class WebhookSender:
    """Delivers concurrently and promises no order; redelivery runs in real time, whatever the time scale.

    What finds no room in its receiver's lane is lost, and counted as `webhooks_lost`.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        counters: Counters,
        random: SeededRandom,
        signer: Signer,
        faults: ActiveFaults,
        lanes: DeliverySlots,
        failover_url: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._failover_url = failover_url
        self._held: dict[Leg, tuple[Webhook, asyncio.TimerHandle]] = {}
        self._clock = clock
        self._counters = counters
        self._dice = random
        self._faults = faults
        self._signer = signer
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes = lanes
        self._is_closed = False
        self._open = asyncio.Event()
        self._open.set()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=60),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            headers={"Content-Type": "application/json", "User-Agent": "telnyx-webhooks"},
        )

    def hold(self, held: bool) -> None:
        """Stop sending, or send on."""
        self._open.clear() if held else self._open.set()

    def send(self, leg: Leg, webhook: Webhook) -> None:
        """Start to deliver, with whatever goes wrong for this leg; returns at once."""
        faults, about = self._faults.of(leg.far_end_number), (leg.key, webhook.type, leg.webhooks_created)
        self._counters.add("webhooks_created")
        if self._gets_lost(leg, webhook, faults, about):
            self._lose(webhook)
            return
        late = self._dice.hits(faults.webhook_delay, "delay", *about)
        delay_ms = self._dice.between(0, faults.webhook_delay_ms, "how late", *about) if late else 0
        if leg not in self._held and self._dice.hits(faults.webhook_reorder, "reorder", *about):
            self._hold_back(leg, webhook)
        else:
            self._start(leg, webhook, after_s=delay_ms / 1000)
            self._release(leg)
        if self._dice.hits(faults.webhook_repeat, "repeat", *about):
            webhook.repeats += 1
            self._counters.add("webhooks_repeated")
            self._start(leg, webhook, after_s=(delay_ms + self._dice.between(0, 500, "when again", *about)) / 1000)

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
        return len(self._tasks) + len(self._held)

    def _gets_lost(self, leg: Leg, webhook: Webhook, faults: Faults, about: tuple[object, ...]) -> bool:
        untold = webhook.type == "call.hangup" and self._dice.hits(faults.never_tell_hangup, "never tell", leg.key)
        return untold or self._dice.hits(faults.webhook_lose, "lose", *about)

    def _hold_back(self, leg: Leg, webhook: Webhook) -> None:
        """Keep the notice until the next one of its leg is out; it goes alone when none follows."""
        alone = asyncio.get_running_loop().call_later(_NOTHING_FOLLOWS_S, self._release, leg)
        self._held[leg] = (webhook, alone)

    def _release(self, leg: Leg) -> None:
        held = self._held.pop(leg, None)
        if held is not None:
            webhook, alone = held
            alone.cancel()
            self._start(leg, webhook, after_s=_OVERTAKEN_S)

    def _start(self, leg: Leg, webhook: Webhook, *, after_s: float) -> None:
        if self._is_closed:
            return
        addresses = leg.destination.of(webhook.type)
        urls = [url for url in addresses if self._lanes.admit(url)]
        if len(urls) < len(addresses):
            self._lose(webhook)
        if not urls:
            return
        task = asyncio.create_task(self._deliver(leg, webhook, urls, after_s))
        self._tasks.add(task)
        task.add_done_callback(partial(self._end, urls))

    def _end(self, urls: Sequence[str], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        for url in urls:
            self._lanes.leave(url)

    def _lose(self, webhook: Webhook) -> None:
        self._counters.add("webhooks_lost")
        if webhook.delivered_at is None:
            webhook.status = "lost"

    async def _deliver(self, leg: Leg, webhook: Webhook, urls: Sequence[str], after_s: float) -> None:
        if after_s:
            await asyncio.sleep(after_s)
        statuses = await asyncio.gather(*(self._tell(leg, webhook, url) for url in urls))
        status = next((each for each in statuses if not 200 <= each < 300), statuses[0])
        delivered = 200 <= status < 300
        self._settle(webhook, str(status) if status else "unreachable", delivered=delivered)

    async def _tell(self, leg: Leg, webhook: Webhook, address: str) -> int:
        """Try an address, and the failover after it; return the last status."""
        status, attempts = 0, 0
        for url in filter(None, (address, self._failover_url)):
            status, attempts = await self._exhaust(leg, webhook, url, attempts)
            if not _worth_a_retry(status):
                break
        return status

    async def _exhaust(self, leg: Leg, webhook: Webhook, url: str, attempts: int) -> tuple[int, int]:
        """Try one address until it answers for good or its retries are used up; return status and attempts so far."""
        delays: Sequence[int] = leg.destination.retries_ms.get(webhook.type, RETRIES_MS)
        for delay_ms in (*delays, None):
            attempts += 1
            status = await self._try(webhook, url, attempts)
            if delay_ms is None or not _worth_a_retry(status):
                break
            await asyncio.sleep(delay_ms / 1000)
        return status, attempts

    async def _try(self, webhook: Webhook, url: str, attempt: int) -> int:
        """Return the receiver's status; 0 when no answer came in time."""
        await self._open.wait()
        async with self._lanes.slot(url):
            body = b'{"data":%b,"meta":{"attempt":%d,"delivered_to":%b}}' % (webhook.data, attempt, orjson.dumps(url))
            now = self._clock.now()
            webhook.attempts += 1
            webhook.sent_at = webhook.sent_at or now
            self._counters.add("webhook_attempts")
            try:
                async with self._session.post(
                    url, data=body, headers=self._signer.headers(body, now=now), allow_redirects=False
                ) as answer:
                    return answer.status
            except (aiohttp.ClientError, TimeoutError, OSError):
                return 0

    def _settle(self, webhook: Webhook, status: str, *, delivered: bool) -> None:
        if delivered:
            webhook.delivered_at = webhook.delivered_at or self._clock.now()
            webhook.status = status
            self._counters.add("webhooks_delivered")
        elif webhook.delivered_at is None:
            webhook.status = status
            self._counters.add("webhooks_given_up")


def _worth_a_retry(status: int) -> bool:
    return status == 0 or status >= 500 or status in (408, 429)
