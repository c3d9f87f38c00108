"""An operator's Prometheus in a test's hands: scrapes of `/metrics`, held against the alert rules of `deploy/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from ruamel.yaml import YAML

from api.app import create_app
from orchestrator.services import Services
from orchestrator.store.redis.told_counts import CountTeller
from tests.support.rest import Rest
from tests.support.rule_evaluator import Scrape, fires, scrape
from tests.support.world import World

LATE_S = 90  # what came so long ago is late to every rule

RULES: list[dict[str, Any]] = YAML(typ="safe").load(
    (Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "alerts.yml").read_text()
)["groups"][0]["rules"]


@dataclass
class Watch:
    """What Prometheus would hold against the rules: one scrape before the fault, others behind it."""

    services: Services
    scrapes: list[Scrape] = field(default_factory=list)

    def look(self) -> None:
        """Scrape once, with everything that this process has counted."""
        CountTeller(self.services.redis, self.services.keys).tell()
        self.read()

    def read(self) -> None:
        """Scrape once."""
        self.scrapes.append(scrape(Rest(create_app(self.services)).get("/metrics").text))

    def read_from(self, url: str) -> None:
        """Scrape the server at this address once, which may not be there."""
        try:
            self.scrapes.append(scrape(requests.get(f"{url}/metrics", timeout=10).text))
        except requests.ConnectionError:
            self.scrapes.append({})

    def forget(self) -> None:
        """Keep the latest scrape alone, as if the time that the rules look back on were over."""
        self.scrapes = self.scrapes[-1:]

    def pending(self) -> set[str]:
        """Return the alerts that would be pending by all scrapes so far."""
        return {rule["alert"] for rule in RULES if fires(rule["expr"], self.scrapes)}


def watch_of(services: Services) -> Watch:
    """Return one that has looked at a healthy installation, of which no alert is pending."""
    watch = Watch(services)
    watch.look()
    watch.look()
    assert watch.pending() == set()
    return watch


def dial_some(world: World, number: int) -> list[str]:
    """Dial so many people of a new campaign; return their calls."""
    campaign_id = world.campaign()
    world.contacts(campaign_id, number)
    claimed = world.claim(campaign_id)
    for call_id in claimed:
        world.dialer.dial_call(call_id)
    world.advance()
    return claimed
