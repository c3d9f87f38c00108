"""Polls a campaign and renders its statistics until it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.live import Live

from orchestrator.cli.campaign_report import stats_line, stats_screen, stopped_line
from orchestrator.cli.output import print_json_line
from orchestrator.cli.polling import ApiPoller
from orchestrator.local_stack.interrupts import pause
from orchestrator.model.campaign_status import FINAL_CAMPAIGN

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

_LINE_EVERY_S = 5.0


@dataclass
class Watched:
    """The last statistics and the highest dial rate observed."""

    stats: Mapping[str, Any]
    peak_dials_per_s: float = 0.0


class StatsView:
    """A live screen in a terminal; otherwise a line every few seconds and on changes of status or reason."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._last_line_at, self._last_status = 0.0, ("", "")

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def draw(self, stats: Mapping[str, Any]) -> None:
        """Show these statistics."""
        if self._live:
            self._live.update(stats_screen(self._title, stats), refresh=True)
        elif (
            stats["status"],
            stopped_line(stats),
        ) != self._last_status or monotonic() - self._last_line_at > _LINE_EVERY_S:
            self._console.print(stats_line(stats), markup=False)
            self._last_line_at, self._last_status = monotonic(), (stats["status"], stopped_line(stats))


class JsonView(StatsView):
    """A line of JSON for each update."""

    def __init__(self) -> None:
        self._live = None

    def draw(self, stats: Mapping[str, Any]) -> None:
        """Print these statistics."""
        print_json_line(stats)


def _has_ended(stats: Mapping[str, Any]) -> bool:
    return stats["status"] in FINAL_CAMPAIGN


def watch_campaign(
    api: ApiClient,
    campaign: str,
    *,
    every_s: float,
    console: Console,
    as_json: bool = False,
    wait: Callable[[float], None] = pause,
    is_over: Callable[[Mapping[str, Any]], bool] = _has_ended,
) -> Watched:
    """Show a campaign until `is_over` says so of its statistics, completed or canceled; return the observation."""
    title, seen = api.campaigns.get(campaign)["name"], Watched({})
    follower = ApiPoller(Console(stderr=True, highlight=False, soft_wrap=True) if as_json else console)
    with JsonView() if as_json else StatsView(console, title) as view:
        while True:
            stats = follower.ask(lambda: api.campaigns.stats(campaign))
            if stats is None:
                wait(every_s)
                continue
            seen.stats = stats
            seen.peak_dials_per_s = max(seen.peak_dials_per_s, seen.stats["rate"]["dials_per_s"])
            view.draw(seen.stats)
            if is_over(seen.stats):
                return seen
            wait(every_s)
