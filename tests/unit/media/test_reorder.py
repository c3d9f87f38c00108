"""Pieces of a track come out in order, or are counted as what they were."""

from __future__ import annotations

import random

from orchestrator.media.reorder import RTP_MODULUS, Reorder


def played(numbers: list[int], **options: int) -> tuple[list[int | None], Reorder]:
    """Push the numbers, each as its own payload, and return what came out."""
    out: list[int | None] = []
    order = Reorder(lambda piece: out.append(None if piece is None else int(piece)), **options)
    for number in numbers:
        order.push(number, str(number).encode())
    order.flush()
    return out, order


def test_pieces_in_order_go_straight_through() -> None:
    out, order = played(list(range(1, 200)))

    assert out == list(range(1, 200))
    assert (order.arrival().received, order.arrival().loss) == (199, 0.0)


def test_swapped_pieces_come_out_in_order_and_are_no_loss() -> None:
    out, order = played([2, 1, 3, 4, 6, 5, 7, 10, 9, 8, 11])

    assert out == list(range(1, 12))
    assert order.arrival().lost == 0


def test_every_shuffle_within_the_window_is_undone() -> None:
    chance = random.Random(7)
    numbers = list(range(1, 2_001))
    for start in range(4, 2_000, 20):
        part = numbers[start : start + 20]
        chance.shuffle(part)
        numbers[start : start + 20] = part

    out, order = played(numbers)

    assert out == list(range(1, 2_001))
    assert order.arrival().late == 0


def test_a_piece_that_never_comes_is_a_gap_and_a_loss() -> None:
    out, order = played([1, 2, 3, 4, 5, 7, 8])

    assert out == [1, 2, 3, 4, 5, None, 7, 8]
    assert order.arrival().lost == 1
    assert order.arrival().loss == 1 / 8


def test_a_gap_is_waited_for_no_longer_than_the_window() -> None:
    out: list[bytes | None] = []
    order = Reorder(out.append, window=10)

    for number in [1, 2, 3, 4, *range(6, 17)]:
        order.push(number, b"x")

    assert len(out) == 4 + 1 + 11
    assert order.arrival().lost == 1


def test_a_piece_after_its_turn_is_late_and_one_that_came_twice_is_a_repeat() -> None:
    out, order = played([1, 2, 3, 4, 5, 3, 7, 7, 6, 8])

    assert out == list(range(1, 9))
    assert (order.arrival().late, order.arrival().repeated) == (1, 1)


def test_rtp_numbers_wrap_around_and_go_on() -> None:
    start = 65_530
    numbers = [(start + n) % RTP_MODULUS for n in range(70_000)]
    numbers[5], numbers[6] = numbers[6], numbers[5]

    out, order = played(numbers, modulus=RTP_MODULUS)

    assert out == [(start + n) % RTP_MODULUS for n in range(70_000)]
    assert order.arrival().lost == 0


def test_a_wrap_in_the_first_pieces_is_no_reason_to_lose_any() -> None:
    out, order = played([0, 65_535, 1, 65_534, 2, 3], modulus=RTP_MODULUS)

    assert out == [65_534, 65_535, 0, 1, 2, 3]
    assert order.arrival().lost == 0


def test_a_single_far_number_is_a_stray_and_makes_no_silence() -> None:
    out, order = played([1, 2, 3, 4, 50_000_000, 5, 6])

    assert out == [1, 2, 3, 4, 5, 6]
    assert order.arrival().outliers == 1


def test_a_sender_that_starts_anew_is_followed_from_its_second_piece() -> None:
    out, order = played([1, 2, 3, 4, 5, 40_000, 40_001, 40_002, 40_003])

    assert out == [1, 2, 3, 4, 5, 40_001, 40_002, 40_003]
    assert (order.arrival().outliers, order.arrival().lost) == (1, 0)


def test_a_track_of_fewer_pieces_than_the_opening_comes_out_at_its_end() -> None:
    out, order = played([3, 2])

    assert out == [2, 3]
    assert order.arrival().received == 2


def test_hostile_numbers_neither_raise_nor_take_memory() -> None:
    out, _ = played([1, 2, 3, 4, 10**40, -5, 0, 2**62, 5])

    assert [n for n in out if n is not None][:5] == [1, 2, 3, 4, 5]
    assert len(out) < 4_000
