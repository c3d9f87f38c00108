"""A proxy and a bundle of certificates are read from settings, and what is wrong with them is said by name."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest
from pydantic import SecretStr

from orchestrator.errors import Misconfigured
from orchestrator.settings import Settings, load_settings
from orchestrator.web.egress import DIRECT, Egress, read_egress


def egress(proxy: str | None = "http://proxy.test:3128", *, direct: str = "", ca_bundle: Path | None = None) -> Egress:
    return read_egress(proxy, direct=direct, ca_bundle=ca_bundle)


@pytest.mark.parametrize(
    ("setting", "address", "authorization"),
    [
        ("http://proxy.test:3128", "http://proxy.test:3128", None),
        ("http://proxy.test:3128/", "http://proxy.test:3128", None),
        ("http://proxy.test", "http://proxy.test:80", None),
        (" http://10.0.0.1:8080 ", "http://10.0.0.1:8080", None),
        ("http://[fd00::1]:8080", "http://[fd00::1]:8080", None),
        ("HTTP://Proxy.Test:3128", "http://proxy.test:3128", None),
        ("http://user:pass@proxy.test:3128", "http://proxy.test:3128", "Basic dXNlcjpwYXNz"),
        ("http://user:p%40ss%3A@proxy.test:3128", "http://proxy.test:3128", "Basic dXNlcjpwQHNzOg=="),
        ("http://user@proxy.test:3128", "http://proxy.test:3128", "Basic dXNlcjo="),
    ],
)
def test_a_proxy_is_read(setting: str, address: str, authorization: str | None) -> None:
    proxy = egress(setting).proxy

    assert proxy is not None
    assert (proxy.address, proxy.headers.get("Proxy-Authorization")) == (address, authorization)


@pytest.mark.parametrize(
    "setting",
    [
        "proxy.test:3128",
        "proxy.test",
        "https://user:hidden@proxy.test:3128",
        "socks5://user:hidden@proxy.test:1080",
        "http://",
        "http://:3128",
        "http://user:hidden@",
        "http://user:hidden@proxy.test:port",
        "http://user:hidden@proxy.test:99999",
        "http://user:hidden@proxy.test:3128/path",
        "http://user:hidden@proxy.test:3128?x=1",
        "http://user:hidden@[fd00::1:3128",
        "hidden",
    ],
)
def test_what_is_no_proxy_is_told_by_name_and_not_shown(setting: str) -> None:
    with pytest.raises(Misconfigured, match=r"^ORCHESTRATOR_HTTPS_PROXY is no address of a proxy") as refusal:
        egress(setting)

    assert "hidden" not in str(refusal.value)


def test_a_password_is_shown_nowhere() -> None:
    settings = Settings(outbound_proxy=SecretStr("http://user:hidden@proxy.test:3128"))

    assert "hidden" not in f"{settings!r} {settings.egress!r}" and "aGlkZGVu" not in repr(settings.egress)


@pytest.mark.parametrize(
    ("direct", "url", "is_direct"),
    [
        ("", "https://api.telnyx.com/v2", False),
        ("", "http://api.telnyx.com/v2", True),
        ("s3.corp", "https://s3.corp/calls", True),
        ("S3.Corp", "https://s3.corp./calls", True),
        ("s3.corp:9000", "https://s3.corp:9000/", True),
        ("s3.corp:9000", "https://s3.corp/", False),
        ("s3.corp", "https://other.s3.corp/", False),
        (".corp", "https://s3.corp/", True),
        ("*.corp", "https://s3.corp/", True),
        (".corp", "https://corp/", True),
        (".corp", "https://s3corp/", False),
        ("corp", "https://s3.corp/", False),
        ("a.test, 10.0.0.1 ,b.test", "https://10.0.0.1/", True),
        ("[fd00::1]:443", "https://[fd00::1]/", True),
        ("*", "https://api.telnyx.com/", True),
        (",,", "https://api.telnyx.com/", False),
    ],
)
def test_hosts_that_are_reached_without_it_are_listed(direct: str, url: str, is_direct: bool) -> None:
    assert (egress(direct=direct).proxy_for(url) is None) is is_direct


@pytest.mark.parametrize("direct", ["10.0.0.0/8", "https://s3.corp", "a.test b.test"])
def test_a_host_that_is_none_is_told(direct: str) -> None:
    with pytest.raises(Misconfigured, match=r"^ORCHESTRATOR_NO_PROXY"):
        egress(direct=direct)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "holds no certificate in PEM form"),
        (b"hello", "holds no certificate in PEM form"),
        (b"\x30\x82\x01\x0a", "holds no certificate in PEM form"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate in PEM form"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no certificate in PEM form"),
    ],
)
def test_a_bundle_that_is_none_is_told_by_name(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Misconfigured, match=f"^ORCHESTRATOR_CA_BUNDLE: .*ca.pem {said}"):
        egress(ca_bundle=path)
    with pytest.raises(Misconfigured, match=r"^ORCHESTRATOR_CA_BUNDLE: .* cannot be read"):
        egress(ca_bundle=tmp_path)


def test_what_is_wrong_ends_every_program_at_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_CA_BUNDLE", "/no/such/file.pem")
    load_settings.cache_clear()

    with pytest.raises(Misconfigured, match="ORCHESTRATOR_CA_BUNDLE"):
        load_settings()

    load_settings.cache_clear()


def test_without_settings_nothing_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.test:3128")

    assert Settings().egress == DIRECT


def test_a_bundle_is_believed_beside_the_public_authorities() -> None:
    public = len(DIRECT.new_tls().get_ca_certs())

    assert public > 50
    assert len(egress(None, ca_bundle=Path(certifi.where())).new_tls().get_ca_certs()) == public
