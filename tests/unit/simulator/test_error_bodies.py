"""The JSON of an error."""

from __future__ import annotations

import orjson

from simulator.schema.errors import call_ended, refused


def test_an_error_has_code_title_and_detail() -> None:
    body = orjson.loads(call_ended().body())

    assert body["errors"][0]["code"] == "90018"
    assert body["errors"][0].keys() == {"code", "title", "detail", "meta"}


def test_a_d_code_ends_the_detail_and_is_repeated_at_the_top_level() -> None:
    body = orjson.loads(refused("D1").body())

    assert body["errors"][0]["code"] == "10010"
    assert body["errors"][0]["detail"].endswith(" D1")
    assert body["telnyx_error"] == {"error_code": "D1"}
