"""A slow campaign of eight people, started by the commands a person types."""

from __future__ import annotations

from pathlib import Path

import requests

from orchestrator.cli.demo import SAMPLE
from tests.support.up import Up

PEOPLE = 8
AT_ANY_HOUR = ("--always", "--law", "off", "--because", "a test at any hour")


def start_campaign(up: Up, folder: Path) -> str:
    """Create it with one call a second, start it and return its id; its file of contacts is written to `folder`."""
    contacts = folder / "contacts.csv"
    contacts.write_text("\n".join(["phone,first_name,appointment", *(f"+1202555010{n},A,noon" for n in range(PEOPLE))]))
    words = ["--flow", str(SAMPLE), "--caller-id", "+13125550100", *AT_ANY_HOUR, "--max-attempts", "1"]
    campaign = up.run("campaign", "create", "slow", *words, "--calls-per-second", "1").stdout.strip()
    up.run("campaign", "import", campaign, str(contacts))
    assert up.run("campaign", "start", campaign).returncode == 0
    return campaign


def dialed(up: Up, campaign: str) -> int:
    """Return how many calls were dialed, as far as the API can say now; 0 while it cannot."""
    key = (up.folder / "api_key").read_text().strip()
    address = f"http://127.0.0.1:{up.port}/v1/campaigns/{campaign}/stats"
    try:
        answer = requests.get(address, headers={"Authorization": f"Bearer {key}"}, timeout=30)
    except requests.RequestException:
        return 0
    return int(answer.json()["calls"]["dialed"]) if answer.ok else 0
