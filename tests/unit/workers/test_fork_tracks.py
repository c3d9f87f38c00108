"""A direction of a fork becomes as much sound as was spoken, whatever else is sent between."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from orchestrator.clock import utc_now
from orchestrator.media.capture_files import Capture, list_captures
from orchestrator.media.companding import alaw_to_pcm, mulaw_to_pcm
from orchestrator.media.rtp import Rtp
from workers.media.fork_track import ForkTrack
from workers.media.recorder import Recorder
from workers.media.tally import Tally

CALL = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"
PCMU, PCMA, NOISE, KEYS, OPUS = 0, 8, 13, 101, 111
SOUND = b"\x80" * 160
SILENCE = b"\xff" * 160


class Line:
    """A fork whose packets are written by hand, 20 ms each; `now` is the receiver's clock."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tally, self.now = folder, Tally(), 1_000.0
        self.sequence, self.timestamp = 65_500, 0xFFFFFF00
        recorder = Recorder(folder, clock=utc_now, tally=self.tally)
        self.track = ForkTrack(lambda codec: recorder.open_fork(CALL, "a-received", codec=codec), tally=self.tally)

    def say(self, count: int = 1, *, kind: int = PCMU, sound: bytes = SOUND) -> None:
        for _ in range(count):
            rtp = Rtp(kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, 7, sound)
            self.track.push(rtp, self.now)
            self.pass_over()

    def pass_over(self, pieces: int = 1) -> None:
        """Let 20 ms pass for which a number is given out, but nothing comes."""
        self.sequence += pieces
        self.rest(pieces)

    def rest(self, pieces: int = 1) -> None:
        """Let 20 ms pass in which nothing is sent."""
        self.timestamp += 160 * pieces
        self.now += 0.02 * pieces

    def captures(self) -> list[Capture]:
        self.track.close()
        return sorted(list_captures(self.folder, CALL), key=lambda capture: capture.codec, reverse=True)

    def capture(self) -> Capture:
        (capture,) = self.captures()
        return capture

    def heard(self, capture: Capture) -> bytes:
        with wave.open(str(self.folder / CALL / capture.file)) as wav:
            return wav.readframes(wav.getnframes())


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


@pytest.mark.parametrize(("kind", "payload"), [(KEYS, b"\x05\x8a\x03\x20"), (NOISE, b"\x40"), (OPUS, b"")])
def test_a_track_that_begins_with_what_is_no_sound_is_kept_whole(line: Line, kind: int, payload: bytes) -> None:
    line.say(kind=kind, sound=payload)
    line.say(500)

    capture = line.capture()
    assert (capture.codec, capture.seconds, capture.received, capture.soundless) == ("PCMU", 10.0, 501, 1)
    assert line.heard(capture) == mulaw_to_pcm(SOUND * 500)
    assert line.tally["packets_without_sound"] == 1


def test_another_codec_for_good_is_another_file_and_nothing_is_lost(line: Line) -> None:
    line.say(50)
    line.say(500, kind=PCMA)

    first, second = line.captures()
    assert (first.codec, first.seconds, first.received, first.lost) == ("PCMU", 1.0, 50, 0)
    assert (second.codec, second.seconds, second.received, second.lost) == ("PCMA", 10.0, 500, 0)
    assert line.heard(second) == alaw_to_pcm(SOUND * 500)


def test_a_codec_that_comes_back_is_a_third_file(line: Line) -> None:
    for kind in (PCMU, PCMA, PCMU):
        line.say(20, kind=kind)

    assert [(capture.codec, capture.received) for capture in line.captures()] == [
        ("PCMU", 20),
        ("PCMU", 20),
        ("PCMA", 20),
    ]


def test_a_few_stray_packets_of_another_codec_are_counted_and_their_place_is_silence(line: Line) -> None:
    line.say(10)
    line.say(3, kind=PCMA)
    line.say(10)

    capture = line.capture()
    assert line.heard(capture) == mulaw_to_pcm(SOUND * 10 + SILENCE * 3 + SOUND * 10)
    assert (capture.received, capture.lost, capture.soundless) == (23, 0, 3)
    assert line.tally["packets_of_other_codecs"] == 3


def test_codecs_that_change_without_end_fill_no_folder(line: Line) -> None:
    for turn in range(100):
        line.say(5, kind=(PCMU, PCMA)[turn % 2])

    captures = line.captures()
    assert len(captures) == 20
    assert sum(capture.received for capture in captures) == 500
    assert line.tally["packets_of_other_codecs"] > 0


def test_keys_in_the_middle_leave_silence_in_their_place(line: Line) -> None:
    line.say(10)
    pressed = line.timestamp
    for _ in range(5):
        line.timestamp = pressed  # every packet of a key bears the moment at which it was pressed
        line.say(kind=KEYS, sound=b"\x01\x0a\x00\xa0")
    line.timestamp = pressed + 5 * 160
    line.say(10)

    capture = line.capture()
    assert line.heard(capture) == mulaw_to_pcm(SOUND * 10 + SILENCE * 5 + SOUND * 10)
    assert (capture.received, capture.lost, capture.soundless) == (25, 0, 5)


def test_silence_that_was_not_sent_is_in_the_file_all_the_same(line: Line) -> None:
    line.say(10)
    line.say(kind=NOISE, sound=b"\x40")
    line.rest(200)
    line.say(10)

    capture = line.capture()
    assert line.heard(capture) == mulaw_to_pcm(SOUND * 10 + SILENCE * 201 + SOUND * 10)
    assert (capture.lost, capture.loss) == (0, 0.0)


def test_lost_packets_are_silence_once(line: Line) -> None:
    line.say(10)
    line.pass_over(4)
    line.say(10)

    capture = line.capture()
    assert line.heard(capture) == mulaw_to_pcm(SOUND * 10 + SILENCE * 4 + SOUND * 10)
    assert (capture.received, capture.lost) == (20, 4)


def test_an_empty_packet_before_a_loss_does_not_shorten_it(line: Line) -> None:
    line.say(10)
    line.say(sound=b"")
    line.pass_over(4)
    line.say(10)

    assert line.heard(line.capture()) == mulaw_to_pcm(SOUND * 10 + SILENCE * 5 + SOUND * 10)


def test_a_sender_whose_timestamps_stand_still_loses_no_sound_and_no_silence(line: Line) -> None:
    for count in (10, 10):
        for _ in range(count):
            line.timestamp = 5
            line.say()
        line.sequence += 4

    assert line.heard(line.capture()) == mulaw_to_pcm(SOUND * 10 + SILENCE * 4 + SOUND * 10)


def test_timestamps_that_leap_do_not_fill_the_disk(line: Line) -> None:
    line.say(50)
    for _ in range(100):
        line.timestamp += 8_000 * 3_600
        line.say()

    capture = line.capture()
    assert (capture.received, capture.seconds) == (150, 3.0)
    assert line.tally["timestamps_leapt"] == 100


def test_no_more_silence_is_written_than_time_has_passed(line: Line) -> None:
    line.say(50)
    for _ in range(1_000):
        line.timestamp += 8_000
        line.say()

    assert line.capture().seconds == pytest.approx(21.0 + 10.0, abs=1.1)


def test_a_sender_that_begins_anew_goes_on_in_the_same_file(line: Line) -> None:
    line.say(50)
    line.timestamp = 77
    line.say(50)
    line.rest(50)
    line.say(50)

    assert line.heard(line.capture()) == mulaw_to_pcm(SOUND * 100 + SILENCE * 50 + SOUND * 50)


def test_another_codec_is_kept_as_it_came_and_has_no_silence(line: Line) -> None:
    line.say(4, kind=OPUS, sound=b"abcdef")
    line.pass_over(2)
    line.say(kind=OPUS, sound=b"xyz")

    capture = line.capture()
    assert (capture.codec, capture.received, capture.lost) == ("RTP-111", 5, 2)
    assert (line.folder / CALL / capture.file).read_bytes() == b"abcdef" * 4 + b"xyz"


def test_a_folder_that_takes_no_file_costs_the_sound_and_nothing_else(line: Line) -> None:
    (line.folder / CALL).write_text("a file where the folder should be")
    line.say(100)
    line.say(100, kind=PCMA)
    line.track.close()

    assert (line.tally["tracks_unwritten"], line.tally["pieces"]) == (2, 200)


def test_a_direction_that_never_speaks_leaves_no_file(line: Line) -> None:
    line.say(100, kind=NOISE, sound=b"\x40")

    assert line.captures() == []
    assert line.tally["packets_without_sound"] == 100
