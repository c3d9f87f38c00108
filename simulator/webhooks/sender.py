"""Sends webhooks: signed again at every attempt, given up after the last one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import orjson

from simulator.clock import Clock
from simulator.seeded_random import SeededRandom
from simulator.state.counters import Counters
from simulator.state.faults import ActiveFaults, Faults
from simulator.state.leg import Leg, Webhook
from simulator.webhooks.client import WebhookClient
from simulator.webhooks.delivery_slots import DeliverySlots
from simulator.webhooks.signing import Signer

TIMEOUT_S = 2.0  # carrier's guide to fundamentals
RETRIES_MS = (1_000, 2_000, 4_000)  # assumed: not published

_REORDER_DELAY_S = 0.05
_REORDER_TIMEOUT_S = 2.0


class WebhookSender:
    """Delivers concurrently in no guaranteed order; retries run in real time.

    A webhook beyond the limits of its receiver is lost, and counted as `webhooks_lost`.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        counters: Counters,
        random: SeededRandom,
        signer: Signer,
        faults: ActiveFaults,
        slots: DeliverySlots,
        failover_url: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._failover_url = failover_url
        self._held: dict[Leg, tuple[Webhook, asyncio.TimerHandle]] = {}
        self._clock = clock
        self._counters = counters
        self._random = random
        self._faults = faults
        self._signer = signer
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = slots
        self._is_closed = False
        self._open = asyncio.Event()
        self._open.set()
        self._client = WebhookClient(timeout_s=timeout_s)

    def pause(self, paused: bool) -> None:
        """Pause or resume sending."""
        self._open.clear() if paused else self._open.set()

    def send(self, leg: Leg, webhook: Webhook) -> None:
        """Start delivery, with the faults of this leg; returns at once."""
        faults, key = self._faults.of(leg.far_end_number), (leg.key, webhook.type, leg.webhooks_created)
        self._counters.add("webhooks_created")
        if self._is_lost(leg, webhook, faults, key):
            self._lose(webhook)
            return
        late = self._random.happens(faults.webhook_delay, "delay", *key)
        delay_ms = self._random.between(0, faults.webhook_delay_ms, "how late", *key) if late else 0
        if leg not in self._held and self._random.happens(faults.webhook_reorder, "reorder", *key):
            self._hold_back(leg, webhook)
        else:
            self._start(leg, webhook, after_s=delay_ms / 1000)
            self._release(leg)
        if self._random.happens(faults.webhook_repeat, "repeat", *key):
            webhook.repeats += 1
            self._counters.add("webhooks_repeated")
            self._start(leg, webhook, after_s=(delay_ms + self._random.between(0, 500, "when again", *key)) / 1000)

    async def close(self, *, within_s: float = 1.0) -> None:
        """Accept no more, wait shortly for deliveries under way, then stop."""
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._client.close()

    @property
    def under_way(self) -> int:
        """The number of webhooks not yet delivered or given up."""
        return len(self._tasks) + len(self._held)

    def _is_lost(self, leg: Leg, webhook: Webhook, faults: Faults, key: tuple[object, ...]) -> bool:
        never_sent = webhook.type == "call.hangup" and self._random.happens(
            faults.never_tell_hangup, "never tell", leg.key
        )
        return never_sent or self._random.happens(faults.webhook_lose, "lose", *key)

    def _hold_back(self, leg: Leg, webhook: Webhook) -> None:
        """Hold the webhook back until the next one of its leg is sent, or for two seconds."""
        timer = asyncio.get_running_loop().call_later(_REORDER_TIMEOUT_S, self._release, leg)
        self._held[leg] = (webhook, timer)

    def _release(self, leg: Leg) -> None:
        held = self._held.pop(leg, None)
        if held is not None:
            webhook, timer = held
            timer.cancel()
            self._start(leg, webhook, after_s=_REORDER_DELAY_S)

    def _start(self, leg: Leg, webhook: Webhook, *, after_s: float) -> None:
        if self._is_closed:
            return
        addresses = leg.webhook_routing.urls_for(webhook.type)
        urls = [url for url in addresses if self._slots.admit(url)]
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
            self._slots.release(url)

    def _lose(self, webhook: Webhook) -> None:
        self._counters.add("webhooks_lost")
        if webhook.delivered_at is None:
            webhook.status = "lost"

    async def _deliver(self, leg: Leg, webhook: Webhook, urls: Sequence[str], after_s: float) -> None:
        if after_s:
            await asyncio.sleep(after_s)
        if len(urls) == 1:
            statuses = [await self._deliver_to(leg, webhook, urls[0])]
        else:
            statuses = await asyncio.gather(*(self._deliver_to(leg, webhook, url) for url in urls))
        status = next((each for each in statuses if not 200 <= each < 300), statuses[0])
        delivered = 200 <= status < 300
        self._settle(webhook, str(status) if status else "unreachable", delivered=delivered)

    async def _deliver_to(self, leg: Leg, webhook: Webhook, address: str) -> int:
        """Try a URL, then the failover URL; return the last status."""
        status, attempts = 0, 0
        for url in filter(None, (address, self._failover_url)):
            status, attempts = await self._try_until_final(leg, webhook, url, attempts)
            if not _is_retryable(status):
                break
        return status

    async def _try_until_final(self, leg: Leg, webhook: Webhook, url: str, attempts: int) -> tuple[int, int]:
        """Try one URL until a final status or the last retry; return the status and the attempts so far."""
        delays: Sequence[int] = leg.webhook_routing.retries_ms.get(webhook.type, RETRIES_MS)
        for delay_ms in (*delays, None):
            attempts += 1
            status = await self._try(webhook, url, attempts)
            if delay_ms is None or not _is_retryable(status):
                break
            await asyncio.sleep(delay_ms / 1000)
        return status, attempts

    async def _try(self, webhook: Webhook, url: str, attempt: int) -> int:
        """Return the receiver's status; 0 when none came in time."""
        await self._open.wait()
        async with self._slots.slot(url):
            body = b'{"data":%b,"meta":{"attempt":%d,"delivered_to":%b}}' % (webhook.data, attempt, orjson.dumps(url))
            now = self._clock.now()
            webhook.attempts += 1
            webhook.sent_at = webhook.sent_at or now
            self._counters.add("webhook_attempts")
            return await self._client.post(url, body, self._signer.headers(body, now=now))

    def _settle(self, webhook: Webhook, status: str, *, delivered: bool) -> None:
        if delivered:
            webhook.delivered_at = webhook.delivered_at or self._clock.now()
            webhook.status = status
            self._counters.add("webhooks_delivered")
        elif webhook.delivered_at is None:
            webhook.status = status
            self._counters.add("webhooks_given_up")


def _is_retryable(status: int) -> bool:
    return status == 0 or status >= 500 or status in (408, 429)
