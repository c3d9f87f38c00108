"""`python examples/run_campaign.py FOLDER`; ORCHESTRATOR_API_URL and ORCHESTRATOR_API_KEY say where the API is."""

import json
import sys
import time
from pathlib import Path

from orchestrator_client import ApiError, Client


def run(client: Client, folder: Path) -> None:
    flow = client.flows.create(folder / "flow.yaml")["id"]
    settings = json.loads((folder / "campaign.json").read_text())
    campaign = client.campaigns.create(**settings | {"flow": flow})["id"]
    added = client.campaigns.import_contacts(campaign, folder / "contacts.csv")
    print(f"{added['accepted']} people, {added['invalid']} rows refused")
    client.campaigns.start(campaign)
    while (stats := client.campaigns.stats(campaign))["status"] == "running":
        print(stats["contacts"])
        time.sleep(1)
    for call in client.calls.list(campaign_id=campaign):
        print(call["to"], call["disposition"], call["outcome"])
    print(client.campaigns.results(campaign).read().decode())


if __name__ == "__main__":
    try:
        run(Client(), Path(sys.argv[1]))
    except ApiError as err:
        sys.exit(str(err))
