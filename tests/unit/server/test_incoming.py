"""A request on its way in: however it is cut, it is the same request, and only its end makes it whole."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.server.admission import Gate
from api.server.body import Store
from api.server.incoming_request import Incoming
from tests.support.front_here import ROUTES, limits
from tests.support.served import chunk, head

BODY = b'{"phone": "+493090182010"}'
WHOLE = [
    head("POST", "/small", {"Content-Length": len(BODY)}) + BODY,
    head("POST", "/small", {"Transfer-Encoding": "chunked"}) + chunk(BODY[:7]) + chunk(BODY[7:]) + b"0\r\n\r\n",
    head("POST", "/small", {"Transfer-Encoding": "chunked"}) + chunk(BODY) + b"0\r\nTrailer: x\r\n\r\n",
]


@pytest.fixture
def incoming() -> Incoming:
    return _incoming()


def _incoming() -> Incoming:
    return Incoming(Gate(ROUTES), Store(limits(Path("unused"))))


@given(sent=st.sampled_from(WHOLE), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_it_is_the_same_however_it_is_cut(sent: bytes, cuts: list[int]) -> None:
    incoming = _incoming()
    edges = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]

    for since, until in itertools.pairwise(edges):
        incoming.feed(sent[since:until])

    assert incoming.is_whole and incoming.refusal is None
    assert incoming.body.opened().read() == BODY


@given(sent=st.sampled_from(WHOLE), data=st.data())
def test_what_ends_early_is_never_whole(sent: bytes, data: st.DataObject) -> None:
    incoming = _incoming()

    incoming.feed(sent[: data.draw(st.integers(0, len(sent) - 1))])
    incoming.break_off()

    assert not incoming.is_whole
    assert incoming.refusal and incoming.refusal.code == "body_incomplete"


@given(st.binary(max_size=300), st.sampled_from([b"", *WHOLE]))
def test_no_bytes_at_all_make_it_fail_otherwise_than_by_refusing(garbage: bytes, before: bytes) -> None:
    incoming = _incoming()

    incoming.feed(before[:-1] + garbage)
    incoming.break_off()

    assert incoming.is_whole or incoming.refusal


def test_a_body_in_chunks_is_refused_as_soon_as_it_is_too_long(incoming: Incoming) -> None:
    incoming.feed(head("POST", "/small", {"Transfer-Encoding": "chunked"}))
    incoming.feed(chunk(b"x" * 1_000))
    assert incoming.refusal is None

    incoming.feed(chunk(b"x"))

    assert incoming.refusal and incoming.refusal.status == 413
    assert incoming.body.size <= 1_001


def test_a_body_announced_too_long_is_refused_with_its_head(incoming: Incoming) -> None:
    incoming.feed(head("POST", "/small", {"Content-Length": 1_001}))

    assert incoming.refusal and incoming.refusal.status == 413


@pytest.mark.parametrize(
    "pieces", [[b"/" + b"x" * 40_000], [b"/", *[b"x" * 1_000] * 40]], ids=["at once", "drop by drop"]
)
def test_a_head_without_end_is_refused(incoming: Incoming, pieces: list[bytes]) -> None:
    incoming.feed(b"GET ")
    for piece in pieces:
        incoming.feed(piece)

    assert incoming.refusal and incoming.refusal.status == 431


def test_a_head_that_is_too_long_is_refused_even_when_it_is_whole(incoming: Incoming) -> None:
    incoming.feed(head("GET", "/long", {f"X-{n}": "x" * 1_000 for n in range(40)}))

    assert incoming.refusal and incoming.refusal.status == 431


@pytest.mark.parametrize("noise", [b"1;" + b"x" * 999, b"0\r\n" + b"X: y\r\n" * 200], ids=["extensions", "trailers"])
def test_what_brings_the_body_no_further_is_bounded(incoming: Incoming, noise: bytes) -> None:
    incoming.feed(head("POST", "/large", {"Transfer-Encoding": "chunked"}) + noise)
    for _ in range(70):
        incoming.feed(b"X: " + b"y" * 996 + b"\r\n" if noise.startswith(b"0") else b"x" * 1_000)

    assert incoming.refusal and incoming.refusal.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": 3, "Upgrade": "h2c", "Connection": "Upgrade"},
        {"Content-Length": "3, 3"},
        {"Content-Length": "+3"},
        {"Content-Length": 3, "Content-Type": "a/b", "content-type": "a/c"},
        {"Content-Length": 3, "Authorization": "Bearer a", "authorization": "Bearer b"},
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(incoming: Incoming, headers: dict[str, object]) -> None:
    incoming.feed(head("POST", "/small", headers) + b"abc")

    assert incoming.refusal and incoming.refusal.status == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /long HTTP/1.1\r\n\r\n",
        b"POST /small HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["1.1 without a host", "1.0 with chunks"],
)
def test_what_its_version_of_http_does_not_allow_is_refused(incoming: Incoming, sent: bytes) -> None:
    incoming.feed(sent)

    assert incoming.refusal and incoming.refusal.code == "malformed"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [("http://x/long?q=/", b"/long", b"q=/"), ("https://x", b"/", b""), ("http://x?/long", b"/", b"/long")],
)
def test_an_address_with_its_host_is_read_as_what_follows_the_host(
    incoming: Incoming, target: str, path: bytes, query: bytes
) -> None:
    incoming.feed(head("GET", target, {}))

    assert incoming.head and (incoming.head.path, incoming.head.query) == (path, query)


def test_a_header_with_an_underscore_does_not_pass_for_another(incoming: Incoming) -> None:
    incoming.feed(head("POST", "/small", {"Content_Type": "text/csv", "Content-Length": 0}))

    assert (
        incoming.head and b"content-type" not in incoming.head.headers and b"content_type" not in incoming.head.headers
    )


@pytest.mark.parametrize("behind", [b"GARBAGE", b"GET /long HTTP/1.1\r\n\r\n"])
def test_what_follows_at_once_is_noticed_and_no_part_of_it(incoming: Incoming, behind: bytes) -> None:
    incoming.feed(WHOLE[0] + behind)

    assert incoming.is_whole and incoming.is_followed
    assert incoming.body.opened().read() == BODY
    assert incoming.head and incoming.head.path == b"/small"


def test_what_follows_with_a_body_of_its_own_is_not_added(incoming: Incoming) -> None:
    incoming.feed(WHOLE[0] + WHOLE[1])

    assert incoming.is_whole and incoming.is_followed
    assert incoming.body.opened().read() == BODY
