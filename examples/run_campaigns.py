"""`python examples/run_campaigns.py FOLDER FOLDER` runs campaigns at once; where the API is, see run_campaign.py."""

import asyncio
import json
import sys
from pathlib import Path

from orchestrator_client import ApiError, AsyncClient


async def run(client: AsyncClient, folder: Path) -> None:
    flow = (await client.flows.create(folder / "flow.yaml"))["id"]
    settings = json.loads((folder / "campaign.json").read_text())
    campaign = (await client.campaigns.create(**settings | {"flow": flow}))["id"]
    added = await client.campaigns.import_contacts(campaign, folder / "contacts.csv")
    print(f"{folder.name}: {added['accepted']} people, {added['invalid']} rows refused")
    await client.campaigns.start(campaign)
    while (stats := await client.campaigns.stats(campaign))["status"] == "running":  # noqa: ASYNC110
        await asyncio.sleep(1)
    print(f"{folder.name}: {stats['contacts']}")
    async for call in client.calls.list(campaign_id=campaign):
        print(f"{folder.name}: {call['to']} {call['disposition']} {call['outcome']}")
    await client.campaigns.results(campaign).save(folder / "results.csv")


async def run_all(folders: list[Path]) -> None:
    async with AsyncClient() as client, asyncio.TaskGroup() as group:
        for folder in folders:
            group.create_task(run(client, folder))


if __name__ == "__main__":
    try:
        asyncio.run(run_all([Path(folder) for folder in sys.argv[1:]]))
    except* ApiError as errors:
        sys.exit("\n".join(map(str, errors.exceptions)))
