"""Runs one example over REST: `python examples/run_campaign.py FOLDER`, with ORCHESTRATOR_API_KEY set."""

import json
import os
import sys
import time
from pathlib import Path

import requests

folder, api = Path(sys.argv[1]), os.environ.get("ORCHESTRATOR_API_URL") or "http://127.0.0.1:8000"
key = {"Authorization": f"Bearer {os.environ['ORCHESTRATOR_API_KEY']}"}


def ask(method, path, media=None, **body):
    headers = key | ({"Content-Type": media} if media else {})
    answer = requests.request(method, f"{api}/v1{path}", headers=headers, timeout=30, **body)
    return answer if answer.ok else sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")


flow = ask("POST", "/flows", "application/yaml", data=(folder / "flow.yaml").read_bytes()).json()
campaign = json.loads((folder / "campaign.json").read_text()) | {"flow": flow["id"]}
path = f"/campaigns/{ask('POST', '/campaigns', json=campaign).json()['id']}"
print(ask("POST", f"{path}/imports", "text/csv", data=(folder / "contacts.csv").read_bytes()).text)
ask("POST", f"{path}/start")
while (stats := ask("GET", f"{path}/stats").json())["status"] == "running":
    print(stats["contacts"])
    time.sleep(1)
print(ask("GET", f"{path}/results").text)
