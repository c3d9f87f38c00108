"""Where a client asks: its arguments, the environment, or nowhere."""

from __future__ import annotations

import pytest

from orchestrator_client.target import find_target

LIMITS = {"timeout_s": 1.0, "retry_for_s": 2.0}
NAMED = {"ORCHESTRATOR_API_URL": "http://named:1/", "ORCHESTRATOR_API_KEY": "k"}


def test_arguments_come_before_the_environment_and_that_before_this_machine() -> None:
    given = find_target("https://calls.example/base/", "mine", environment=NAMED, **LIMITS)
    named = find_target(None, None, environment=NAMED, **LIMITS)
    neither = find_target(None, "mine", environment={}, **LIMITS)

    assert (given.base_url, given.api_key) == ("https://calls.example/base", "mine")
    assert (named.base_url, named.api_key) == ("http://named:1", "k")
    assert neither.base_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    "url", ["calls.example", "ftp://a.example", "https://", "https://a/?q=1", "https://a/#x", "/v1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url must be"):
        find_target(url, "k", environment={}, **LIMITS)


@pytest.mark.parametrize("key", [None, "", "a\r\nX: y", "é"])
def test_what_is_no_key_is_refused_and_not_shown(key: str | None) -> None:
    with pytest.raises(ValueError, match="API key") as raised:
        find_target(None, key, environment={}, **LIMITS)

    assert not key or key not in str(raised.value)


def test_other_limits_leave_the_rest() -> None:
    target = find_target(None, "k", environment={}, **LIMITS)

    assert target.with_limits(9.0, None).timeout_s == 9.0
    assert target.with_limits(None, 0.0).retry_for_s == 0.0
    assert target.with_limits(9.0, None).retry_for_s == 2.0


def test_a_target_does_not_show_its_key() -> None:
    assert "s3cret" not in repr(find_target(None, "s3cret", environment={}, **LIMITS))
