"""Texts of any length: each keeps a name of its own, short enough for an index."""

from __future__ import annotations

import json

import pytest

from orchestrator.telnyx.bounded_text import LONGEST, bounded
from orchestrator.telnyx.events import parse_webhook
from orchestrator.telnyx.timestamps import parse_timestamp


@pytest.mark.parametrize("text", ["", "call.answered", "x" * LONGEST, "ü" * LONGEST])
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    assert bounded(text) == text


@pytest.mark.parametrize("letter", ["x", "ü", "\U0001f600"])
def test_a_text_that_is_too_long_is_shortened_to_one_that_only_it_gets(letter: str) -> None:
    one, other = letter * 8000 + "1", letter * 8000 + "2"

    assert bounded(one) == bounded(one) != bounded(other)
    assert len(bounded(one)) == LONGEST
    assert bounded(one).startswith(letter * 100)


def test_a_text_that_was_shortened_stays_as_it_is() -> None:
    once = bounded("x" * 8000)

    assert bounded(once) == once


def test_a_webhook_of_any_id_and_type_is_read_with_short_ones() -> None:
    raw = json.dumps({"data": {"id": "i" * 8000, "event_type": "call." + "t" * 8000, "payload": {}}}).encode()

    webhook = parse_webhook(raw)

    assert (len(webhook.id), len(webhook.event_type)) == (LONGEST, LONGEST)


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_a_time_of_another_age_is_none(told: str) -> None:
    assert parse_timestamp(told) is None
