"""Builds every Redis key; each contains the hash tag of the partition, so that sharding stays possible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

GROUP = "engine"


@dataclass(frozen=True)
class Keys:
    """The keys of one partition; one partition is enough for what one carrier account can dial."""

    partition: int = 0

    @cached_property
    def _tag(self) -> str:
        return f"{{p{self.partition}}}"

    def _key(self, *parts: str) -> str:
        return ":".join((self._tag, *parts))

    @cached_property
    def epoch(self) -> str:
        """Name the mark that Redis still knows what SQL believes it knows (R20)."""
        return self._key("epoch")

    @cached_property
    def probe(self) -> str:
        """Name what is written to see whether anything can be written."""
        return self._key("probe")

    @cached_property
    def events(self) -> str:
        """Name the stream of everything that happened to calls."""
        return self._key("events")

    @cached_property
    def unmatched(self) -> str:
        """Name the stream of events whose call Redis does not know; its key is `strays`. No timer waits for it."""
        return self._key("strays")

    @cached_property
    def ended(self) -> str:
        """Name the stream of calls whose record is to be written."""
        return self._key("ended")

    @cached_property
    def answers_wanted(self) -> str:
        """Name the mark that somebody wants to be told of answers at once; its key is `answers`."""
        return self._key("answers")

    @cached_property
    def dead(self) -> str:
        """Name the stream of entries that failed for good, each with its error."""
        return self._key("dead")

    @cached_property
    def unmatched_webhooks(self) -> str:
        """Name the bounded stream of webhooks that match no call; its key is named `orphans`."""
        return self._key("orphans")

    @cached_property
    def failures(self) -> str:
        """Name the hash that counts an entry's own failures (R19)."""
        return self._key("failures")

    @cached_property
    def timers(self) -> str:
        """Name the sorted set of timers: member `<call id>|<name>`, score its due time in ms."""
        return self._key("timers")

    @cached_property
    def wakes(self) -> str:
        """Name the sorted set of calls with a full outbox: score the time in ms at which the sweeper wakes it."""
        return self._key("wakes")

    @cached_property
    def put_off(self) -> str:
        """Name the sorted set of calls to be woken at a time in ms for which no message stands in the queue.

        Their command is to be sent again then, or their sender's lease lapses: it has died.
        """
        return self._key("put_off")

    def ready(self, queue: str) -> str:
        """Name the list of calls that are ready for the workers of a queue that are on shift, the oldest first."""
        return self._key("ready", queue)

    def shift(self, queue: str) -> str:
        """Name the mark that a worker of a queue is on shift: it takes ready calls."""
        return self._key("shift", queue)

    @cached_property
    def rewrites(self) -> str:
        """Name the sorted set of rewrites that are owed to the server's own file: score the time in ms from when."""
        return self._key("rewrites")

    @cached_property
    def rewriting(self) -> str:
        """Name the mark of the newest rewrite that was begun: its time in ms, and the run of the server."""
        return self._key("rewriting")

    @cached_property
    def latency(self) -> str:
        """Name the bounded list of the newest event-to-command times in ms."""
        return self._key("latency")

    @cached_property
    def hops(self) -> str:
        """Name the hash of how long commands took from the webhook to the answer: `<hop>|<bucket>` to a count."""
        return self._key("hops")

    @cached_property
    def counts(self) -> str:
        """Name the hash of what all processes have counted: `<metric>|<labels>` to a count."""
        return self._key("counts")

    def counted_by(self, process: str) -> str:
        """Name the newest turn in which a process has told its counts; its key is `counted`."""
        return self._key("counted", process)

    @cached_property
    def processes(self) -> str:
        """Name the hash of engines and workers: a name to what the process says of itself."""
        return self._key("processes")

    @cached_property
    def processes_heard(self) -> str:
        """Name the sorted set of engines and workers: score the time in ms at which it was heard."""
        return self._key("processes", "heard")

    def latency_of(self, campaign_id: str) -> str:
        """Name the bounded list of a campaign's newest event-to-command times in ms."""
        return self._key("latency", campaign_id)

    def call(self, call_id: str) -> str:
        """Name the hash of a live call: `v` version, `s` state, `cc` control id, `e:<event id>` for each event seen."""
        return self._key("call", call_id)

    def log(self, call_id: str) -> str:
        """Name the list of a live call's timeline."""
        return self._key("log", call_id)

    def outbox(self, call_id: str) -> str:
        """Name the list of a call's commands that are still to be sent."""
        return self._key("outbox", call_id)

    def lease(self, call_id: str) -> str:
        """Name the lease of the one sender a call has at a time (R13)."""
        return self._key("lease", call_id)

    def leg(self, leg: str) -> str:
        """Name the call of a leg, by control id or leg id, for webhooks without a client_state."""
        return self._key("leg", leg)

    def partners(self, call_id: str) -> str:
        """Name the hash of the calls bridged with this one, which are notified of its events: call id to leg letter."""
        return self._key("partners", call_id)

    def stream(self, call_id: str) -> str:
        """Name the mark that a receiver holds an open stream of this call."""
        return self._key("stream", call_id)

    def sounds(self, call_id: str) -> str:
        """Name the list of sounds that wait to be played on a call's stream."""
        return self._key("sounds", call_id)

    def sound(self, sound_id: str) -> str:
        """Name the mark that a sound was left for its call before: it is played once."""
        return self._key("sound", sound_id)

    def silence(self, call_id: str) -> str:
        """Name the wish that what is being played on a call's stream ends at once."""
        return self._key("silence", call_id)

    def gcra(self, scope: str) -> str:
        """Name the theoretical arrival time of a connection's or campaign's next dial."""
        return self._key("gcra", scope)

    def slots(self, scope: str) -> str:
        """Name the leases of a connection's or campaign's channels: member call id, score expiry in ms (R8)."""
        return self._key("slots", scope)

    def sends(self, connection_id: str) -> str:
        """Name the log of sends in the trailing 5 s, the law on dialing (R7)."""
        return self._key("sends", connection_id)

    def health(self, connection_id: str) -> str:
        """Name the hash of how the carrier has answered lately: rate, failures in a row, closed, reason."""
        return self._key("health", connection_id)

    def tries(self, scope: str) -> str:
        """Name the count of somebody's tries to sign in within a minute; the login stands in it as a digest."""
        return self._key("tries", scope)
