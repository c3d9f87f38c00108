"""What follows a campaign, a call, a command or an import outlives an API that is away for a while."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console

from orchestrator.cli.action import send_command
from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.api_errors import ApiError, ApiUnreachable
from orchestrator.cli.call_timeline import follow_call
from orchestrator.cli.campaign_watch import watch_campaign
from orchestrator.cli.polling import GIVE_UP_AFTER_S, ApiPoller
from orchestrator.cli.upload import import_contacts
from orchestrator_client.requests import Request

AWAY, BROKEN, BUSY = ApiUnreachable("no API answers at x"), ApiError(503, {}), ApiError(429, {})
STATS = {"status": "completed", "rate": {"dials_per_s": 3.0}}


class Script(ApiClient):
    """An API that answers what the test has written down, one after another; an error is raised."""

    def __init__(self, *answers: Any) -> None:
        super().__init__("http://api", SecretStr("k"))
        self._answers: Iterator[Any] = iter(answers)
        self.transport.send = self._send  # type: ignore[method-assign]

    def _send(self, request: Request) -> Any:
        if request.method == "POST":
            return {"id": "imp_1", "status": "running"} if request.content else {"command_id": "c1"}
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def told(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_watch_says_once_that_the_api_is_away_and_goes_on(console: Console) -> None:
    rest = Script({"name": "mine"}, AWAY, BROKEN, BUSY, STATS)

    seen = watch_campaign(rest, "cmp_1", every_s=0.0, console=console, wait=lambda _s: None)

    assert seen.stats == STATS
    assert told(console).count("no answer") == 1 and told(console).count("answers again") == 1


def test_following_a_call_goes_on_when_one_look_fails(console: Console) -> None:
    ended = {"id": "call_1", "status": "ended", "timeline": []}

    assert follow_call(Script(AWAY, ended), "call_1", console=console, every_s=0.0)


def test_a_withdrawn_call_is_followed_by_the_one_that_is_dialed_instead(console: Console) -> None:
    withdrawn = {"id": "call_1", "status": "withdrawn", "contact_id": "con_1", "withdrawn_reason": "redis"}
    waiting = {"status": "held", "until": "2031-01-01T00:00:00Z"}
    ended = {"id": "call_2", "status": "ended", "timeline": []}
    rest = Script(withdrawn, waiting, withdrawn, {"status": "calling"}, {**withdrawn, "next_call_id": "call_2"}, ended)

    assert follow_call(rest, "call_1", console=console, every_s=0.0)
    assert "call_1: withdrawn, redis; call_2 follows it" in told(console)


@pytest.mark.parametrize("contact", [{"status": "suppressed", "until": None}, {"status": "held", "until": None}])
def test_a_withdrawn_call_that_nothing_follows_is_over(console: Console, contact: dict[str, Any]) -> None:
    withdrawn = {"id": "call_1", "status": "withdrawn", "contact_id": "con_1", "withdrawn_reason": "suppressed"}

    assert not follow_call(Script(withdrawn, contact), "call_1", console=console, every_s=0.0)
    assert "withdrawn_reason suppressed" in told(console)


def test_following_a_command_goes_on_when_one_look_fails(console: Console) -> None:
    accepted = {"status": "accepted", "timeline": [{"id": "c1", "type": "command.accepted"}]}

    assert send_command(
        Script(BROKEN, accepted), "call_1", "hangup", fields=[], document=None, console=console, wait=True
    )


def test_following_an_import_goes_on_when_one_look_fails(console: Console, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("phone\n")
    done = {"id": "imp_1", "status": "completed", "rows": 1, "accepted": 1, "duplicates": 0, "invalid": 0}

    import_contacts(Script(AWAY, done), "cmp_1", tmp_path / "list.csv", options={}, console=console)

    assert "1 accepted" in told(console)


def test_a_definite_no_ends_the_following_at_once(console: Console) -> None:
    api = Script(ApiError(404, {"detail": "There is no such campaign."}))

    with pytest.raises(ApiError, match="no such campaign"):
        ApiPoller(console).ask(lambda: api.campaigns.stats("x"))


def test_an_api_that_stays_away_ends_the_following_after_the_stated_time(console: Console) -> None:
    moments = iter([0.0, GIVE_UP_AFTER_S - 1, GIVE_UP_AFTER_S + 1])
    api, follower = Script(AWAY, AWAY, AWAY), ApiPoller(console, clock=lambda: next(moments))

    waited = [follower.ask(api.dialing.get), follower.ask(api.dialing.get)]

    assert waited == [None, None]
    with pytest.raises(ApiUnreachable):
        follower.ask(api.dialing.get)
