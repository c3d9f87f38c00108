"""Gathers: collect digits with prompts, tries and timeouts, and send the result."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from simulator.call.callee_behavior import react_to_gather
from simulator.state.leg import Leg
from simulator.state.leg_activities import GatherPlan, Sound
from simulator.webhook_events import emit
from simulator.world import World


class RunningGather:
    """One gather on one leg, from the first prompt to `call.gather.ended`."""

    def __init__(self, world: World, leg: Leg, plan: GatherPlan) -> None:
        self._world = world
        self._leg = leg
        self._plan = plan
        self._tries_left = plan.tries
        self._digits = ""
        self._prompts: tuple[Sound, ...] = ()

    def begin(self) -> None:
        """Start the first try; an earlier gather on the leg is cancelled."""
        if self._leg.gather is not None:
            self._leg.gather.close("cancelled")
        self._leg.gather = self
        self._leg.timers.set("gather timeout", self._plan.timeout_s, self._time_out)
        self._ask()

    def press(self, digit: str) -> None:
        """Take a digit; the first one ends the prompt."""
        self._stop_prompts()
        self._leg.timers.cancel("gather")
        if digit == self._plan.terminating_digit:
            self._conclude()
        elif digit not in self._plan.valid_digits:
            self._digits += digit
            self._fail("invalid")
        else:
            self._take(digit)

    def close(self, status: str) -> None:
        """End the gather with this status and the digits so far."""
        self._stop_prompts()
        self._leg.timers.cancel("gather", "gather timeout", "keys")
        self._leg.gather = None
        facts = {"digits": self._digits, "gather_id": self._plan.gather_id, "status": status}
        emit(self._world, self._leg, "call.gather.ended", **facts)

    def _ask(self, *, after: Callable[[], Sound] | None = None) -> None:
        """Play `after` (the invalid prompt), then the prompt; a digit pressed during either ends both."""
        self._digits = ""
        if self._plan.prompt is None:
            react_to_gather(self._world, self._leg, self._plan, prompt_s=0)
            self._listen()
            return
        prompt = self._plan.prompt()
        prompt.on_start = partial(react_to_gather, self._world, self._leg, self._plan, prompt_s=prompt.seconds)
        prompt.on_end = self._listen
        self._prompts = (prompt,) if after is None else (after(), prompt)
        for sound in self._prompts:
            self._leg.player.queue(sound)

    def _listen(self) -> None:
        self._prompts = ()
        self._leg.timers.set("gather", self._plan.first_digit_s, partial(self._fail, "timeout"))

    def _take(self, digit: str) -> None:
        self._digits += digit
        if len(self._digits) >= self._plan.max_digits:
            self.close("valid")
        else:
            self._leg.timers.set("gather", self._plan.inter_digit_s, self._conclude)

    def _conclude(self) -> None:
        if len(self._digits) >= self._plan.min_digits:
            self.close("valid")
        else:
            self._fail("invalid")

    def _fail(self, status: str) -> None:
        self._tries_left -= 1
        if self._tries_left > 0:
            self._ask(after=self._plan.invalid_prompt)
        else:
            self.close(status)

    def _time_out(self) -> None:
        self.close("valid" if self._plan.min_digits <= len(self._digits) else "timeout")

    def _stop_prompts(self) -> None:
        prompts, self._prompts = self._prompts, ()
        for sound in reversed(prompts):  # last first: stopping the current one would start the next
            self._leg.player.interrupt(sound)
