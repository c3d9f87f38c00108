"""Whatever a stranger says, types or sends along with a call stays text on every page that shows it."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.app import create_app
from orchestrator.store.redis.event_streams import add_webhook
from tests.service.engine.conftest import carrier, world  # noqa: F401 a world for pages
from tests.support.incoming import OURS, mapped
from tests.support.personal_traces import ASKS
from tests.support.rest import CALLER_ID, KEY
from tests.support.strangers import PAYLOADS, check_nothing_is_planted, first_webhook, last_webhook, later_webhooks
from tests.support.visitor import Visitor
from tests.support.world import CONNECTION, World


@pytest.fixture
def admin(world: World, tmp_path: Path) -> Visitor:  # noqa: F811
    more = {"api_key": SecretStr(KEY), "data_dir": tmp_path, "caller_id": CALLER_ID}
    world.__dict__["settings"] = world.settings.model_copy(update=more)
    return Visitor(create_app(world.services), world.services)


def shown(admin: Visitor, path: str, words: str) -> str:
    """Open a page that says these words as text, and as nothing else; return what it says."""
    answer = admin.get(path)
    assert answer.status_code == 200, path
    check_nothing_is_planted(answer.text)
    assert words in unescape(answer.text), path
    assert words not in answer.text or not set(words) & set("<>'\""), path
    return unescape(answer.text)


def tell_all_but_the_end(world: World, words: str, call_id: str, leg: str) -> None:  # noqa: F811
    for raw in later_webhooks(words, call_id, leg=leg, to=OURS, connection=CONNECTION):
        add_webhook(world.redis, world.keys, raw)
        world.work(call_id)


def tell_the_end(world: World, words: str, call_id: str, leg: str) -> None:  # noqa: F811
    add_webhook(world.redis, world.keys, last_webhook(words, call_id, leg=leg, to=OURS, connection=CONNECTION))
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()


def test_strangers_who_call_us_write_nothing_but_text(world: World, admin: Visitor) -> None:  # noqa: F811
    mapped(world, ASKS)
    calls = {}
    for n, words in enumerate(PAYLOADS):
        leg = f"v3:stranger-{n}"
        add_webhook(world.redis, world.keys, first_webhook(words, leg=leg, to=OURS, connection=CONNECTION))
        world.advance()
        [(calls[words],)] = world.query("SELECT id FROM calls WHERE call_control_id = :leg", leg=leg)
        tell_all_but_the_end(world, words, calls[words], leg)
        shown(admin, f"/calls/{calls[words]}", words)
        tell_the_end(world, words, calls[words], leg)

    for words, call_id in calls.items():
        shown(admin, "/calls", words)
        page = shown(admin, f"/calls/{call_id}", words)
        heard, cause = page.partition("What was said")[2], page.partition("Ended because")[2]
        assert words in heard.partition("What happened")[0] and words in cause
    check_nothing_is_planted(admin.get("/recordings").text)


def test_people_we_call_write_nothing_but_text(world: World, admin: Visitor) -> None:  # noqa: F811
    campaign = world.campaign(flow=ASKS)
    world.contacts(campaign, len(PAYLOADS))
    calls = dict(zip(PAYLOADS, world.claim(campaign), strict=True))
    for words, call_id in calls.items():
        world.dialer.dial_call(call_id)
        tell_all_but_the_end(world, words, call_id, f"v3:{call_id}")
    for path in (f"/campaigns/{campaign}", f"/campaigns/{campaign}/live"):
        check_nothing_is_planted(admin.get(path).text)

    for words, call_id in calls.items():
        tell_the_end(world, words, call_id, f"v3:{call_id}")
        shown(admin, f"/calls/{call_id}", words)
        shown(admin, f"/people/{world.contact_of(call_id)['id']}", words)  # what was typed is an answer
    for path in ("/", "/people", "/calls", f"/campaigns/{campaign}", f"/campaigns/{campaign}/live"):
        check_nothing_is_planted(admin.get(path).text)


def test_what_belongs_to_no_call_or_cannot_be_read_stays_text(world: World, admin: Visitor) -> None:  # noqa: F811
    for words in PAYLOADS:
        add_webhook(world.redis, world.keys, first_webhook(words, leg=words, to="+12125550199", connection=CONNECTION))
        add_webhook(world.redis, world.keys, words.encode())
    world.advance()

    for words in PAYLOADS:
        shown(admin, "/operations/orphans", words)
        shown(admin, "/operations/dead", words)
    for path in ("/operations", "/operations/live"):
        check_nothing_is_planted(admin.get(path).text)
