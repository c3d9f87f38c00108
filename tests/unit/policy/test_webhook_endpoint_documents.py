"""A webhook endpoint as a document."""

from __future__ import annotations

import base64

import pytest
from pydantic import ValidationError

from orchestrator.model.told_event import ToldEvent
from orchestrator.model.webhook_secret import is_secret, key_of
from orchestrator.policy.webhook_endpoint import NewWebhookEndpoint, WebhookEndpointChanges

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


def test_an_endpoint_has_a_url_and_receives_all_unless_it_says_what() -> None:
    plain = NewWebhookEndpoint.model_validate({"url": "https://example.test/hook"})
    some = NewWebhookEndpoint.model_validate(
        {"url": "https://example.test", "events": ["call.ended"], "secret": SECRET}
    )

    assert (plain.events, plain.secret) == ((), None)
    assert some.events == (ToldEvent.CALL_ENDED,)
    assert some.secret is not None and some.secret.get_secret_value() == SECRET


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"url": ""},
        {"url": "https://example.test", "events": ["call.began"]},
        {"url": "https://example.test", "secret": "short"},
        {"url": "https://example.test", "secrets": SECRET},
    ],
)
def test_what_is_no_endpoint_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewWebhookEndpoint.model_validate(document)


def test_a_change_says_only_what_it_changes() -> None:
    assert WebhookEndpointChanges.model_validate({"enabled": False}).model_fields_set == {"enabled"}
    with pytest.raises(ValidationError):
        WebhookEndpointChanges.model_validate({"enabled": "no"})


def test_a_secret_stands_for_its_key() -> None:
    assert is_secret(SECRET) and key_of(SECRET) == bytes(32)
    assert not any(map(is_secret, ("", "whsec_", "whsec_c2hvcnQ=", "whsec_???", SECRET.removeprefix("whsec_"))))
