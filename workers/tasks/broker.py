"""Lets a Celery worker live through an outage of its broker, and spend less on each message."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kombu.transport.redis import Channel, QoS

log = logging.getLogger(__name__)


class PatientQoS(QoS):
    """Drops messages when their channel is gone; a sweeper issues again what was not done.

    kombu 5.7 would acknowledge or restore them on the torn-down connection, and its AttributeError ends the worker.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message on the channel it came by."""
        if not self._is_gone:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Put a message back, or away, on the channel it came by."""
        if not self._is_gone:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """Put back what was not acknowledged."""
        if not self._is_gone:
            super().restore_unacked_once(stderr)  # type: ignore[no-untyped-call]
            return
        self._on_collect.cancel()
        if self._delivered:
            log.warning("the broker went away with %s messages under way", len(self._delivered))

    @property
    def _is_gone(self) -> bool:
        connection = self.channel.connection
        return connection is None or connection.client is None


def survive_outages() -> None:
    """Let every channel that this process opens to the broker be patient."""
    Channel.QoS = PatientQoS


def keep_clients(create: Callable[..., Any]) -> Callable[..., Any]:
    """Let a channel keep its client: kombu 5.7 makes one for every message it takes and acknowledges.

    A client holds nothing but its pool, is safe for threads, and costs a sixth of what the worker does for a task.
    """

    def create_client(channel: Channel, asynchronous: bool = False) -> Any:
        if asynchronous:
            return create(channel, asynchronous)
        kept = vars(channel).get("kept_client")
        if kept is None or kept.connection_pool is not channel.pool:
            kept = vars(channel)["kept_client"] = create(channel)
        return kept

    return create_client


def spare_clients() -> None:
    """Let every channel that this process opens to the broker keep its client."""
    Channel._create_client = keep_clients(Channel._create_client)  # type: ignore[method-assign]
