"""The folders of examples/ are campaigns that the API takes without a complaint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.flow.check import check_flow
from tests.support.rest import Rest

EXAMPLES = Path(__file__).parents[3] / "examples"
FOLDERS = sorted(flow.parent.name for flow in EXAMPLES.glob("*/flow.yaml"))


def read(folder: str, name: str) -> str:
    return (EXAMPLES / folder / name).read_text()


def stored_campaign(rest: Rest, folder: str) -> dict[str, Any]:
    flow = rest.request("POST", "/v1/flows", data=read(folder, "flow.yaml"), content_type="application/yaml").json
    created = rest.post("/v1/campaigns", {**json.loads(read(folder, "campaign.json")), "flow": flow["id"]})
    assert created.status_code == 201, created.text
    return dict(created.json)


def test_every_folder_is_complete_and_named_in_the_page() -> None:
    page = read(".", "README.md")

    assert len(FOLDERS) >= 4
    for folder in FOLDERS:
        assert {path.name for path in (EXAMPLES / folder).iterdir()} == {"campaign.json", "contacts.csv", "flow.yaml"}
        assert f"[{folder}]({folder})" in page


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_flow_is_accepted_without_a_warning(folder: str) -> None:
    problems, warnings = check_flow(read(folder, "flow.yaml"))

    assert (list(map(str, problems)), list(map(str, warnings))) == ([], [])


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_row_of_a_file_becomes_a_contact(rest: Rest, folder: str) -> None:
    campaign = stored_campaign(rest, folder)
    file = read(folder, "contacts.csv")

    done = rest.upload(campaign["id"], file).json

    assert (done["accepted"], done["problems"]) == (len(file.splitlines()) - 1, [])


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_people_of_an_example_are_nobody(rest: Rest, folder: str) -> None:
    campaign = stored_campaign(rest, folder)
    rest.upload(campaign["id"], read(folder, "contacts.csv"))

    phones = [contact["phone"] for contact in rest.get(f"/v1/contacts?campaign_id={campaign['id']}").json["data"]]

    assert phones
    assert all(phone[5:10] == "55501" for phone in phones)


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_example_starts(rest: Rest, folder: str) -> None:
    campaign = stored_campaign(rest, folder)
    rest.upload(campaign["id"], read(folder, "contacts.csv"))

    started = rest.post(f"/v1/campaigns/{campaign['id']}/start")

    assert (started.status_code, started.json["status"]) == (200, "running"), started.text


def test_the_script_is_thirty_lines_long() -> None:
    assert len(read(".", "run_campaign.py").splitlines()) <= 30
