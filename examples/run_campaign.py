"""Runs one example with the Python client: `python examples/run_campaign.py FOLDER`.

The API and its key are those of ORCHESTRATOR_API_URL and ORCHESTRATOR_API_KEY.
"""

import json
import sys
import time
from pathlib import Path

from orchestrator_client import ApiError, Client


def run(client: Client, folder: Path) -> None:
    flow = client.flows.create(folder / "flow.yaml")
    settings = json.loads((folder / "campaign.json").read_text())
    campaign = client.campaigns.create(**settings | {"flow": flow["id"]})["id"]
    imported = client.campaigns.import_contacts(campaign, folder / "contacts.csv")
    print(f"{imported['accepted']} people, {imported['invalid']} rows refused")
    client.campaigns.start(campaign)
    while (stats := client.campaigns.stats(campaign))["status"] == "running":
        print(stats["contacts"])
        time.sleep(1)
    for call in client.calls.list(campaign_id=campaign):
        print(call["to"], call["disposition"], call["outcome"])
    print(client.campaigns.results(campaign).read().decode())


if __name__ == "__main__":
    with Client() as client:
        try:
            run(client, Path(sys.argv[1]))
        except ApiError as err:
            sys.exit(str(err))
