"""The doctor names what is wrong and how to mend it, and finds nothing wrong where nothing is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from pydantic import SecretStr

from orchestrator.doctor.check_carrier import check_carrier
from orchestrator.doctor.check_services import (
    check_clock_rules,
    check_database,
    check_media,
    check_public_url,
    check_redis,
)
from orchestrator.doctor.findings import Finding, Verdict
from orchestrator.doctor.planned_dialing import Plans, read_plans
from orchestrator.doctor.public_address import why_out_of_reach
from orchestrator.policy.zones.clock_rules import rules_version
from orchestrator.settings import Settings
from orchestrator.telnyx.client import TelnyxClient
from tests.support.media_receiver import media_receiver
from tests.support.stub_http import Answer, stub_http

_WEBHOOKS = "https://dialer.example.com/webhooks/telnyx"
_OWN, _VERIFIED, _STRANGE = "+12025550100", "+12025550101", "+12025550102"


class Account:
    """A carrier's account, right in every point until a test bends one."""

    def __init__(self) -> None:
        self.application: dict[str, Any] | None = {
            "id": "17",
            "active": True,
            "outbound": {"outbound_voice_profile_id": "9"},
            "webhook_api_version": "2",
            "webhook_event_url": _WEBHOOKS,
        }
        self.key_status = 200

    def answer(self, path: str) -> Answer:
        if self.key_status != 200:
            return self.key_status, {"errors": [{"code": "10009", "title": "Authentication failed"}]}
        parts = urlsplit(path)
        if parts.path.endswith("/call_control_applications/17"):
            return (200, {"data": self.application}) if self.application else (404, {"errors": [{"code": "10005"}]})
        if parts.path.endswith("/outbound_voice_profiles/9"):
            return 200, {"data": {"id": "9", "name": "office", "enabled": True}}
        if parts.path.endswith("/public_key"):
            return 200, {"data": {"public": "right"}}
        if parts.path.endswith("/phone_numbers"):
            wanted = parse_qs(parts.query)["filter[phone_number]"]
            return 200, {"data": [{"phone_number": _OWN, "connection_id": 17}] if wanted == [_OWN[1:]] else []}
        return (200, {"data": {}}) if parts.path.endswith(_VERIFIED) else (404, {"errors": []})


@pytest.fixture
def account() -> Account:
    return Account()


def _settings(address: str, **more: Any) -> Settings:
    given = {
        "telnyx_api_key": SecretStr("k"),
        "telnyx_public_key": "right",
        "telnyx_connection_id": "17",
        "public_url": "https://dialer.example.com",
    }
    return Settings(**{**given, "telnyx_base_url": f"{address}/v2", **more})


def _carrier(address: str, *caller_ids: str, **more: Any) -> dict[str, Finding]:
    settings = _settings(address, **more)
    client = TelnyxClient(base_url=settings.telnyx_base_url, api_key=settings.telnyx_key())
    findings = {finding.subject: finding for finding in check_carrier(settings, client, caller_ids)}
    client.close()
    return findings


def _verdicts(findings: Iterable[Finding]) -> set[Verdict]:
    return {finding.verdict for finding in findings}


def test_an_account_in_good_order_is_found_to_be(account: Account) -> None:
    with stub_http(account.answer) as address:
        findings = _carrier(address, _OWN, _VERIFIED)

    assert _verdicts(findings.values()) == {Verdict.GOOD}
    assert {"API key", "clock", "public key", "connection", "webhook version"} <= findings.keys()


def test_a_refused_key_is_named_and_nothing_else_is_guessed(account: Account) -> None:
    account.key_status = 401

    with stub_http(account.answer) as address:
        findings = _carrier(address, _OWN)

    assert findings["API key"].verdict is Verdict.BAD
    assert "TELNYX_API_KEY" in findings["API key"].remedy
    assert "connection" not in findings


def test_a_carrier_that_is_not_there_is_named_with_its_address(free_port: int) -> None:
    findings = _carrier(f"http://127.0.0.1:{free_port}")

    assert findings["carrier"].verdict is Verdict.BAD
    assert "TELNYX_BASE_URL" in findings["carrier"].remedy


def test_a_connection_the_account_does_not_have_is_named(account: Account) -> None:
    account.application = None

    with stub_http(account.answer) as address:
        findings = _carrier(address)

    assert "no Voice API application 17" in findings["connection"].detail


def test_webhooks_of_version_1_are_found(account: Account) -> None:
    account.application = {"id": "17", "active": True, "webhook_api_version": "1"}

    with stub_http(account.answer) as address:
        findings = _carrier(address)

    assert findings["webhook version"].verdict is Verdict.BAD


def test_a_caller_id_of_somebody_else_is_found(account: Account) -> None:
    with stub_http(account.answer) as address:
        findings = _carrier(address, _STRANGE)

    assert findings[f"caller id {_STRANGE}"].verdict is Verdict.BAD


def test_the_accounts_public_key_may_stand_beside_another_one(account: Account) -> None:
    with stub_http(account.answer) as address:
        findings = _carrier(address, telnyx_public_key="older, right")

    assert findings["public key"].verdict is Verdict.GOOD


def test_another_accounts_public_key_is_found(account: Account) -> None:
    with stub_http(account.answer) as address:
        findings = _carrier(address, telnyx_public_key="wrong")

    assert findings["public key"].verdict is Verdict.BAD


def test_r25_a_clock_more_than_a_minute_off_is_found(account: Account) -> None:
    with stub_http(account.answer, clock_ahead_s=300) as address:
        findings = _carrier(address)

    assert findings["clock"].verdict is Verdict.BAD
    assert "off the carrier's" in findings["clock"].detail


def _simulated(**given: Any) -> Settings:
    return Settings(telnyx_base_url="http://127.0.0.1:1/v2", **given)


def test_the_public_url_is_believed_when_it_brings_our_own_word_back() -> None:
    with stub_http(
        lambda path: (200, {"status": "ok", "nonce": parse_qs(urlsplit(path).query)["nonce"][0]})
    ) as address:
        finding = check_public_url(_simulated(public_url=address))

    assert finding.verdict is Verdict.GOOD


def test_a_public_url_that_leads_to_somebody_else_is_found() -> None:
    with stub_http(lambda _: (200, {"status": "ok"})) as address:
        finding = check_public_url(_simulated(public_url=address))

    assert "somebody else answers" in finding.detail


def test_a_public_url_that_leads_nowhere_is_found(free_port: int) -> None:
    finding = check_public_url(_simulated(public_url=f"http://127.0.0.1:{free_port}"))

    assert finding.verdict is Verdict.BAD
    assert "tunnel" in finding.remedy


UNREACHABLE = [
    "http://127.0.0.1:8000",
    "https://127.8.9.1",
    "https://localhost:8000",
    "https://LOCALHOST",
    "https://[::1]:8000",
    "https://0.0.0.0",
    "https://10.0.0.5",
    "https://172.16.1.1:8443",
    "https://192.168.1.20",
    "https://169.254.169.254",
    "https://100.64.0.7",
    "https://[fe80::1]",
    "https://[fd00::1]",
    "https://dialer",
    "https://webhooks:8000",
    "https://dialer.local",
    "https://dialer.internal.",
    "ftp://dialer.example.com",
    "dialer.example.com",
    "https://",
    "https://dialer.example.com:notaport",
]


@pytest.mark.parametrize("url", UNREACHABLE)
def test_a_public_url_that_telnyx_cannot_reach_is_found_without_asking(url: str) -> None:
    finding = check_public_url(Settings(public_url=url))

    assert finding.verdict is Verdict.BAD
    assert url in finding.detail and "ORCHESTRATOR_PUBLIC_URL" in finding.remedy


@pytest.mark.parametrize("host", ["dialer.example.com", "8.8.8.8", "2001:4860:4860::8888", "tunnel.trycloudflare.com"])
def test_a_host_of_the_world_is_not_called_out_of_reach(host: str) -> None:
    assert why_out_of_reach(host) is None


def test_a_public_url_that_is_not_set_is_found() -> None:
    assert check_public_url(Settings(public_url=None)).verdict is Verdict.BAD


def _media(url: str | None) -> Finding:
    (finding,) = check_media(Settings(media_url=url))
    return finding


def test_a_media_receiver_that_answers_is_found_to_be_there(tmp_path: Path, redis_url: str) -> None:
    with media_receiver(tmp_path, redis_url=redis_url) as receiver:
        finding = _media(receiver.url)

    assert (finding.verdict, finding.detail) == (Verdict.GOOD, receiver.url)


def test_a_media_url_that_leads_elsewhere_is_found(free_port: int) -> None:
    with stub_http(lambda _: (200, {"status": "ok"})) as address:
        stranger = _media(address.replace("http", "ws"))
    nobody = _media(f"ws://127.0.0.1:{free_port}/")
    no_socket = _media("https://media.example.com")

    assert _verdicts([stranger, nobody, no_socket]) == {Verdict.BAD}
    assert "somebody else answers" in stranger.detail
    assert f"http://127.0.0.1:{free_port}/healthz" in nobody.detail and "orchestrator media" in nobody.remedy
    assert "wss://" in no_socket.remedy


def test_without_a_media_url_no_receiver_is_missed() -> None:
    assert list(check_media(Settings(media_url=None))) == []


def test_the_stores_in_good_order_are_found_to_be(redis_url: str, database_url: str) -> None:
    settings = Settings(redis_url=redis_url, database_url=database_url)

    findings = [*check_redis(settings), check_database(settings)]

    assert _verdicts(findings) == {Verdict.GOOD}
    assert read_plans(settings) == Plans()


def test_a_valkey_that_evicts_or_forgets_is_found(redis_url: str, redis_client: redis.Redis) -> None:
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    redis_client.config_set("appendfsync", "everysec")

    findings = list(check_redis(Settings(redis_url=redis_url)))

    redis_client.config_set("maxmemory-policy", "noeviction")
    redis_client.config_set("appendfsync", "always")
    assert _verdicts(findings) == {Verdict.BAD}


def test_stores_that_are_not_up_yet_are_no_fault(free_port: int) -> None:
    settings = Settings(
        redis_url=f"redis://127.0.0.1:{free_port}/0", database_url=f"postgresql+psycopg://x@127.0.0.1:{free_port}/x"
    )

    findings = [*check_redis(settings), check_database(settings)]

    assert _verdicts(findings) == {Verdict.UNSEEN}
    assert "orchestrator up" in findings[0].remedy


def test_an_old_schema_is_found(postgres_server: Any) -> None:
    bare = postgres_server.url.replace("/orchestrator?", "/postgres?")

    finding = check_database(Settings(database_url=bare))

    assert finding.verdict is Verdict.BAD
    assert "orchestrator migrate" in finding.remedy


def test_clock_rules_are_told_by_their_version_and_old_ones_are_to_be_renewed() -> None:
    fresh, old = (check_clock_rules(lambda year=year: datetime(year, 12, 31, tzinfo=UTC)) for year in (2026, 2028))

    assert (fresh.verdict, fresh.detail) == (Verdict.GOOD, f"tzdata {rules_version()}")
    assert old.verdict is Verdict.BAD and "install a newer version" in old.remedy
