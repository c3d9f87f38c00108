"""Everything of ours that leaves goes through the proxy that is set, and believes the authorities that are set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.api_errors import ApiUnreachable
from orchestrator.clock import boot_seconds
from orchestrator.errors import CarrierUnavailable, StoreUnavailable
from orchestrator.operations.calls.send_http_step import HttpStepClient
from orchestrator.recordings.bucket import Bucket
from orchestrator.recordings.download import Bounds, Downloaded, Downloader, NotDownloaded
from orchestrator.telnyx.answers import Accepted, Ambiguous, Unavailable
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.web.egress import Egress, read_egress
from orchestrator.web.session import open_session
from tests.support.connect_proxy import ConnectProxy, connect_proxy
from tests.support.private_ca import Authority, TlsServer, make_authority, tls_server
from tests.support.sounds import wav

SOMEWHERE = "93.184.216.34"  # in the open internet; the proxy of the tests leads to this machine all the same
IDS = {"data": {"call_control_id": "v3:leg", "call_leg_id": "leg", "call_session_id": "s"}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: Authority) -> Iterator[TlsServer]:
    with tls_server(authority, json.dumps(IDS).encode()) as running:
        yield running


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with connect_proxy("user:hidden") as running:
        yield running


def egress(
    authority: Authority | None, proxy: ConnectProxy | None = None, user: str = "user:hidden", **more: str
) -> Egress:
    direct, bundle = more.get("direct", ""), authority.bundle if authority else None
    return read_egress(proxy.url(user) if proxy else None, direct=direct, ca_bundle=bundle)


def client(server: TlsServer, chosen: Egress, host: str = "carrier.test") -> TelnyxClient:
    return TelnyxClient(base_url=f"https://{host}:{server.port}/v2", api_key=SecretStr("K"), egress=chosen)


def loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_command_goes_through_the_proxy_which_finds_the_name(
    server: TlsServer, authority: Authority, proxy: ConnectProxy
) -> None:
    carrier = client(server, egress(authority, proxy))

    answers = [carrier.dial({"to": "+12125550100"}) for _ in range(2)]

    assert all(isinstance(answer, Accepted) for answer in answers)
    assert set(proxy.asked) == {f"CONNECT carrier.test:{server.port}"}
    assert server.asked == [f"POST /v2/calls carrier.test:{server.port}"] * 2
    assert "Bearer" not in proxy.heads[0]


def test_a_command_that_the_proxy_lets_not_through_was_surely_not_sent(
    server: TlsServer, authority: Authority, proxy: ConnectProxy
) -> None:
    answer = client(server, egress(authority, proxy, "user:wrong-hidden")).dial({"to": "+12125550100"})

    assert isinstance(answer, Unavailable), answer
    assert "407" in answer.detail and "hidden" not in answer.detail
    assert server.asked == []


def test_a_command_without_a_proxy_at_the_address_was_surely_not_sent(
    server: TlsServer, authority: Authority, free_port: int
) -> None:
    chosen = read_egress(f"http://user:hidden@127.0.0.1:{free_port}", direct="", ca_bundle=authority.bundle)

    answer = client(server, chosen).dial({"to": "+12125550100"})

    assert isinstance(answer, Unavailable)
    assert "hidden" not in answer.detail


def test_a_command_that_was_sent_through_a_proxy_and_not_answered_may_have_arrived(
    server: TlsServer, authority: Authority, proxy: ConnectProxy
) -> None:
    server.answer = b"not JSON"

    assert isinstance(client(server, egress(authority, proxy)).dial({"to": "+12125550100"}), Ambiguous)


@pytest.mark.parametrize("is_proxied", [True, False])
def test_a_private_authority_is_believed_only_where_it_is_set(
    server: TlsServer, authority: Authority, proxy: ConnectProxy, is_proxied: bool
) -> None:
    through = proxy if is_proxied else None

    trusting = client(server, egress(authority, through), "localhost").public_key()
    with pytest.raises(CarrierUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        client(server, egress(None, through), "localhost").public_key()

    assert trusting is None
    assert len(server.asked) == 1


def test_a_certificate_of_another_name_is_not_believed(
    server: TlsServer, authority: Authority, proxy: ConnectProxy
) -> None:
    with pytest.raises(CarrierUnavailable, match=r"(?i)certificate"):
        client(server, egress(authority, proxy), "stranger.test").public_key()

    assert server.asked == []


def test_a_host_that_is_listed_is_reached_directly(
    server: TlsServer, authority: Authority, proxy: ConnectProxy
) -> None:
    client(server, egress(authority, proxy, direct="localhost"), "localhost").public_key()

    assert (proxy.asked, len(server.asked)) == ([], 1)


def test_the_proxies_of_the_environment_have_no_say(
    server: TlsServer, authority: Authority, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    client(server, egress(authority), "localhost").public_key()
    open_session(egress(authority)).get(f"https://localhost:{server.port}/", timeout=5)

    assert len(server.asked) == 2


def test_a_recording_comes_through_the_proxy_from_the_address_that_was_checked(
    server: TlsServer, authority: Authority, proxy: ConnectProxy, tmp_path: Path
) -> None:
    server.answer = wav(1)
    chosen = egress(authority, proxy)
    downloader = Downloader(bounds=Bounds(), trusted=(), resolve=lambda *_: [SOMEWHERE], egress=chosen)

    found = downloader.download(f"https://media.test:{server.port}/1.wav", tmp_path / "draft")

    assert isinstance(found, Downloaded)
    assert proxy.asked == [f"CONNECT {SOMEWHERE}:{server.port}"]
    assert server.asked == [f"GET /1.wav media.test:{server.port}"]


def test_a_proxy_leads_nowhere_that_the_guard_refuses(
    server: TlsServer, authority: Authority, proxy: ConnectProxy, tmp_path: Path
) -> None:
    downloader = Downloader(bounds=Bounds(), trusted=(), resolve=loopback, egress=egress(authority, proxy))

    found = downloader.download(f"https://media.test:{server.port}/1.wav", tmp_path / "draft")

    assert isinstance(found, NotDownloaded) and found.code == "address_refused"
    assert (proxy.asked, server.asked) == ([], [])


def test_a_host_that_is_trusted_is_found_by_the_proxy(
    server: TlsServer, authority: Authority, proxy: ConnectProxy, tmp_path: Path
) -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name here")

    server.answer = wav(1)
    chosen = egress(authority, proxy)
    downloader = Downloader(bounds=Bounds(), trusted=("media.test",), resolve=unknown, egress=chosen)

    found = downloader.download(f"https://media.test:{server.port}/1.wav", tmp_path / "draft")

    assert isinstance(found, Downloaded)
    assert proxy.asked == [f"CONNECT media.test:{server.port}"]


@pytest.mark.parametrize(("trusted", "host"), [(("media.test",), "media.test"), (("127.0.0.1",), "127.0.0.1")])
def test_a_flows_request_goes_through_the_proxy(
    server: TlsServer, authority: Authority, proxy: ConnectProxy, trusted: tuple[str, ...], host: str
) -> None:
    asker = HttpStepClient(trusted=trusted, resolve=loopback, egress=egress(authority, proxy))
    asked = {"url": f"https://{host}:{server.port}/crm", "method": "POST", "json": {"a": 1}, "timeout_s": 5.0}

    told = asker.ask(asked, command_id="c-1", send_before=boot_seconds() + 5)

    assert told is not None and told[1]["body"] == IDS
    assert proxy.asked == [f"CONNECT {host}:{server.port}"]


def test_a_flows_request_that_the_proxy_lets_not_through_has_failed(
    server: TlsServer, authority: Authority, proxy: ConnectProxy
) -> None:
    asker = HttpStepClient(
        trusted=("media.test",), resolve=loopback, egress=egress(authority, proxy, "user:wrong-hidden")
    )
    asked = {"url": f"https://media.test:{server.port}/", "method": "GET", "timeout_s": 5.0}

    told = asker.ask(asked, command_id="c-1", send_before=boot_seconds() + 5)

    assert told is not None and (told[1]["reason"], "hidden" in str(told)) == ("unreachable", False)
    assert server.asked == []


def test_an_upload_goes_through_the_proxy(
    server: TlsServer, authority: Authority, proxy: ConnectProxy, tmp_path: Path
) -> None:
    draft = tmp_path / "draft"
    draft.write_bytes(wav(1))

    def bucket(chosen: Egress) -> Bucket:
        url = f"https://media.test:{server.port}"
        return Bucket("calls", url=url, region="r", key_id="k", secret=SecretStr("s"), egress=chosen)

    bucket(egress(authority, proxy)).remove("1.wav")
    with pytest.raises(StoreUnavailable):
        bucket(egress(None, proxy)).put(draft, "1.wav")

    assert set(proxy.asked) == {f"CONNECT media.test:{server.port}"}
    assert server.asked == [f"DELETE /calls/1.wav media.test:{server.port}"]


def test_the_command_line_reaches_its_api_by_the_same_way(
    server: TlsServer, authority: Authority, proxy: ConnectProxy
) -> None:
    def ask(chosen: Egress) -> object:
        return ApiClient(f"https://carrier.test:{server.port}", SecretStr("k"), egress=chosen).dialing.get()

    found = ask(egress(authority, proxy))
    with pytest.raises(ApiUnreachable):
        ask(egress(None, proxy))

    assert found == IDS
    assert set(proxy.asked) == {f"CONNECT carrier.test:{server.port}"}
    assert len(server.asked) == 1
