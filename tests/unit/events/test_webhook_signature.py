"""Signatures are those of Standard Webhooks, as its own library makes them."""

from __future__ import annotations

import pytest

from orchestrator.model.webhook_secret import is_secret
from orchestrator.operations.notify.webhook_signature import new_secret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_signature_is_the_one_that_the_library_makes() -> None:
    made = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at=1614265330, keys=[SECRET])

    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_signs() -> None:
    both = signed_headers("evt_1", b"{}", at=1, keys=[SECRET, new_secret()])["webhook-signature"].split(" ")
    alone = signed_headers("evt_1", b"{}", at=1, keys=[SECRET])["webhook-signature"]

    assert (len(both), both[0]) == (2, alone)


def test_a_new_secret_is_one_and_no_other() -> None:
    first, second = new_secret(), new_secret()

    assert is_secret(first) and is_secret(second)
    assert first != second


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (SECRET, True),
        ("", False),
        ("whsec_", False),
        ("whsec_c2hvcnQ=", False),
        ("whsec_not base64 at all, but long enough to be one", False),
        (SECRET.removeprefix("whsec_"), False),
        ("whsec_" + "QUFB" * 30, False),
        ("whsec_é" + "QUFB" * 10, False),
    ],
)
def test_a_secret_is_told_from_other_texts(text: str, is_one: bool) -> None:
    assert is_secret(text) == is_one
