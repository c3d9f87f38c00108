"""The Python client against the real API: its answers have the fields of their types, and what is lost happens once."""

from __future__ import annotations

import csv
import io
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import requests

from orchestrator.settings import Settings
from orchestrator_client import Client, Conflict, Invalid, NotFound, NotReached, Unavailable, models
from tests.support.api_over_http import options_for
from tests.support.either_client import Either
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply, reset
from tests.support.rest import AT_ANY_HOUR, CALLER_ID, FLOW, KEY, Rest, fresh_number
from tests.support.served import served

FOR_ANYBODY = "name: lost\nstart: bye\nsteps: {bye: {hangup: {}}}\n"
CAMPAIGN = {"name": "by the client", "caller_ids": [CALLER_ID], **AT_ANY_HOUR}


@pytest.fixture(params=["sync", "async"])
def either(request: pytest.FixtureRequest) -> Either:
    return Either(is_async=request.param == "async")


@pytest.fixture
def url(rest: Rest) -> Iterator[str]:
    with options_for(rest) as (_, url, _, _):
        yield url


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, KEY) as client:
        yield client


def losing_first_answer(url: str) -> Callable[[RawServer], Behaviour]:
    """Hand each request on to the API at `url`, and break the connection instead of the first answer."""

    def behave(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, request: Request) -> None:
            method, path, _ = request.line.split()
            sent = {name: value for name, value in request.headers.items() if name != "host"}
            answer = requests.request(
                method, url + path.removeprefix("/v2"), headers=sent, data=request.body, timeout=30
            )
            if len(server.requests) == 1:
                reset(connection)
            else:
                connection.sendall(reply(answer.status_code, answer.content))

        return act

    return behave


def has_its_fields(answer: Any, model: Any) -> bool:
    return model.__required_keys__ <= answer.keys() <= get_type_hints(model).keys()


def test_a_campaign_from_its_flow_to_its_results(either: Either, url: str, tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.csv"
    phones = [fresh_number() for _ in range(3)]
    contacts.write_text("\n".join(["phone,first_name", *(f"{phone},Ann" for phone in phones)]))
    flow = either.ask(url, lambda client: client.flows.create(FLOW.format(name="by-the-client")))

    campaign = either.ask(url, lambda client: client.campaigns.create(flow=flow["id"], **CAMPAIGN))
    imported = either.ask(url, lambda client: client.campaigns.import_contacts(campaign["id"], contacts))
    renamed = either.ask(url, lambda client: client.campaigns.update(campaign["id"], name="renamed"))
    stats = either.ask(url, lambda client: client.campaigns.stats(campaign["id"]))
    results = either.ask(url, lambda client: client.campaigns.results(campaign["id"], format="csv").read())
    either.ask(url, lambda client: client.campaigns.results(campaign["id"], format="jsonl").save(tmp_path / "r.jsonl"))

    assert has_its_fields(flow, models.FlowVersion)
    assert has_its_fields(campaign, models.CampaignView)
    assert has_its_fields(imported, models.ImportView) and imported["accepted"] == 3
    assert renamed["name"] == "renamed"
    assert has_its_fields(stats, models.StatsView) and stats["contacts"]["total"] == 3
    assert {row["phone"] for row in csv.DictReader(io.StringIO(results.decode("utf-8-sig")))} == set(phones)
    assert {json.loads(line)["phone"] for line in (tmp_path / "r.jsonl").read_text().splitlines()} == set(phones)


def test_a_list_comes_whole_however_small_its_pages_are(either: Either, url: str, client: Client) -> None:
    flow = client.flows.create(FLOW.format(name="pages"))
    made = [client.campaigns.create(**{**CAMPAIGN, "name": f"c{n}", "flow": flow["id"]})["id"] for n in range(5)]

    found = either.ask(url, lambda client: client.campaigns.list(limit=2))

    assert [campaign["id"] for campaign in found] == made[::-1]
    assert all(has_its_fields(campaign, models.ListedCampaign) for campaign in found)
    assert client.campaigns.list(limit=2).first()["next_cursor"] is not None
    assert [len(page["data"]) for page in client.campaigns.list(limit=2).pages()] == [2, 2, 1]


def test_refusals_are_exceptions_of_their_kind(either: Either, url: str, client: Client) -> None:
    flow = client.flows.create(FLOW.format(name="refused"))
    campaign = client.campaigns.create(flow=flow["id"], **CAMPAIGN)["id"]

    with pytest.raises(NotFound):
        either.ask(url, lambda client: client.campaigns.get("cmp_" + "0" * 26))
    with pytest.raises(Conflict) as conflict:
        either.ask(url, lambda client: client.campaigns.resume(campaign))
    with pytest.raises(Invalid) as invalid:
        either.ask(url, lambda client: client.campaigns.update(campaign, pacing={"calls_per_second": -1}))

    assert conflict.value.problem["allowed"]
    assert invalid.value.field == "/pacing/calls_per_second"


@pytest.mark.parametrize("kind", ["campaigns", "flows", "numbers", "lists"])
def test_an_answer_that_was_lost_leaves_one_effect(either: Either, url: str, client: Client, kind: str) -> None:
    flow = client.flows.create(FOR_ANYBODY)["id"]
    makes: dict[str, Callable[[Any], Any]] = {
        "campaigns": lambda client: client.campaigns.create(flow=flow, **CAMPAIGN),
        "flows": lambda client: client.flows.create(FLOW.format(name="lost-too")),
        "numbers": lambda client: client.numbers.create(number="+12125550147", flow=flow),
        "lists": lambda client: client.lists.create(name="x", kind="suppress"),
    }
    before = len(list(getattr(client, kind).list()))

    with raw_server(losing_first_answer(url)) as front:
        made = either.ask(front.url, makes[kind])

    assert len(front.requests) == 2
    found = list(getattr(client, kind).list())
    assert len(found) == before + 1 and made["id"] in {each["id"] for each in found}


def test_a_change_without_a_key_whose_answer_was_lost_is_not_repeated(either: Either, url: str, client: Client) -> None:
    with raw_server(losing_first_answer(url)) as front, pytest.raises(NotReached) as raised:
        either.ask(front.url, lambda client: client.keys.create(name="lost", role="viewer"))

    assert raised.value.was_sent
    assert [key["name"] for key in client.keys.list()] == ["lost"]


def test_an_api_whose_stores_are_away_is_unavailable(either: Either, settings: Settings, free_port: int) -> None:
    away = f"postgresql+psycopg://nobody@127.0.0.1:{free_port}/x"
    with served(database_url=away, redis_url=settings.redis_url) as server, pytest.raises((Unavailable, NotReached)):
        either.ask(server.url, lambda client: client.campaigns.list(), timeout_s=20)
