"""The notices that the law asks for and the flow does not write are said by the engine, once and before all else."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.flow import load_flow
from orchestrator.flow.templating.ssml import ssml_fault
from orchestrator.model.event import Event
from tests.support.flows import CONTROL_ID, Line, flow_text

AI, RECORDED = "You are hearing an artificial voice.", "This call is recorded."
BOTH = f"{AI} {RECORDED}"

SPEAKS = """
steps:
  first: {gather_using_speak: {payload: Hello, valid_digits: "1"}, on: {call.gather.ended: more}}
  more: {speak: {payload: More}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
RECORDS = """
steps:
  first: {record_start: {format: mp3, channels: dual}, goto: hello, timeout: {after: 30s, goto: bye}}
  hello: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
PLAYS = """
steps:
  first: {playback_start: {media_name: a}, on: {call.playback.ended: record}}
  record: {record_start: {format: mp3, channels: dual}, goto: bye}
  bye: {hangup: {}}
"""


def call(steps: str, *, detection: str = "", **replaced: str) -> Line:
    """Return a call to Illinois, where the law asks for both notices."""
    text = flow_text(steps)
    for old, new in {**replaced, **({"start: first": detection} if detection else {})}.items():
        text = text.replace(old, new)
    return Line(text, notices=True)


def words(line: Line) -> list[Any]:
    return [command.body["payload"] for command in line.sent if "payload" in command.body]


def test_the_first_words_of_a_call_say_that_the_voice_is_artificial_and_no_others() -> None:
    line = call(SPEAKS)

    line.answer()
    line.accept()
    line.press("1")

    assert words(line) == [f"{AI} Hello", "More"]
    assert line.call.notices_said


@pytest.mark.parametrize(
    ("fields", "phone", "first"),
    [
        ("ai_notice: always", "+4930901820", f"{AI} Hello"),
        ("ai_notice: never", "+13125550142", "Hello"),
        ("", "+4930901820", "Hello"),
        ("ai_notice: never\nrecording_notice: always", "+4930901820", f"{RECORDED} Hello"),
        ("recording_notice: always", "+13125550142", f"{BOTH} Hello"),
        ("recording_notice: auto", "+13125550142", f"{AI} Hello"),  # it records nothing
        ("dial: {record: record-from-answer}", "+13125550142", f"{BOTH} Hello"),
    ],
)
def test_a_notice_is_said_where_the_flow_or_the_law_of_the_place_wants_it(fields: str, phone: str, first: str) -> None:
    line = Line(flow_text(f"{fields}\n{SPEAKS.strip()}"), notices=True)
    line.call = line.call.model_copy(update={"notices": line.flow.notices_for(phone, None)})

    line.answer()

    assert words(line) == [first]


def test_a_notice_that_the_flow_writes_anywhere_is_left_to_it() -> None:
    line = call(SPEAKS.replace("payload: More", 'payload: "{{ ai_notice }} More"'))

    line.answer()
    line.accept()
    line.press("1")

    assert words(line) == ["Hello", f"{AI} More"]


def test_a_notice_in_a_text_is_one_that_the_flow_writes() -> None:
    texts = 'language: en\ntexts: {hi: {en: "{{ ai_notice }} Hi"}}\n'
    line = Line(flow_text(texts + SPEAKS.replace("payload: Hello", 'payload: "{{ texts.hi }}"').strip()), notices=True)

    line.answer()

    assert words(line) == [f"{AI} Hi"]


def test_an_included_flow_writes_its_notice_for_the_flow_that_includes_it() -> None:
    from orchestrator.flow.library import StoredFlow

    inner = flow_text(SPEAKS.replace("payload: More", 'payload: "{{ ai_notice }} More"'))
    outer = flow_text("steps: {first: {include: inner@1}}")
    flow = load_flow(outer, library=lambda *_: StoredFlow(inner, "application/yaml"))

    assert flow.notices_for("+13125550142", None) == ()


@pytest.mark.parametrize(
    ("language", "first"),
    [("es-MX", "Está escuchando una voz artificial. Hello"), ("de-DE", "Sie hören eine künstliche Stimme. Hello")],
)
def test_it_is_said_in_the_language_of_the_voice_that_says_it(language: str, first: str) -> None:
    line = call(SPEAKS.replace("payload: Hello", f"payload: Hello, language: {language}"))

    line.answer()

    assert words(line) == [first]


def test_it_stands_within_the_marks_of_ssml() -> None:
    written = "payload: '<speak version=\"1.0\"><p>Hello</p></speak>', payload_type: ssml"
    line = call(SPEAKS.replace("payload: Hello", written))

    line.answer()

    [said] = words(line)
    assert said == f'<speak version="1.0">{AI} <p>Hello</p></speak>'
    assert ssml_fault(said) is None


def test_a_text_that_leaves_no_room_is_said_behind_it() -> None:
    line = call(SPEAKS.replace("payload: Hello", f"payload: {'a' * 2990}"))

    line.answer()
    line.accept()
    line.hear("call.speak.ended", {"status": "completed"})

    assert [command.action for command in line.sent] == ["speak", "gather_using_speak"]
    assert words(line) == [AI, "a" * 2990]


# -- recordings, streams, sounds ---------------------------------------------------------------------------------------


def test_a_recording_begins_when_it_was_said() -> None:
    line = call(RECORDS)

    line.answer()
    assert (line.actions, words(line), line.sent[0].body["voice"]) == (["speak"], [BOTH], "female")
    line.accept()
    line.hear("call.speak.started")
    assert line.actions == ["speak"]
    line.hear("call.speak.ended", {"status": "completed"})
    line.accept()

    assert line.actions == ["speak", "record_start", "speak"]
    assert words(line) == [BOTH, "Hello"]


@pytest.mark.parametrize("kind", ["command.failed", "command.unknown"])
def test_without_the_notice_nothing_is_recorded(kind: str) -> None:
    line = call(RECORDS)
    line.answer()

    line.refuse(kind=kind)

    assert (line.actions, line.call.outcome) == (["speak", "hangup"], "error")


def test_a_flow_may_go_on_without_a_recording_that_could_not_be_announced() -> None:
    line = call(RECORDS.replace("goto: hello", "goto: hello, on: {command.failed: hello}"))
    line.answer()

    line.refuse()

    assert line.actions == ["speak", "speak"]
    assert words(line)[1] == f"{BOTH} Hello"


def test_who_hangs_up_during_the_notice_is_not_recorded() -> None:
    line = call(RECORDS)
    line.answer()
    line.accept()
    line.hear("call.speak.ended", {"status": "call_hangup"})
    line.hang_up()

    assert line.actions == ["speak"]


def test_a_flow_that_speaks_nothing_itself_says_it_before_its_first_sound() -> None:
    line = call(PLAYS)

    line.answer()
    line.accept()
    line.hear("call.speak.ended", {"status": "completed"})
    line.accept()
    line.hear("call.playback.ended", {"status": "completed"})

    assert line.actions == ["speak", "playback_start", "record_start"]
    assert dict(line.sent[0].body) == {"payload": RECORDED, "voice": "female", "language": "en-US"}


def test_a_flow_that_speaks_plays_a_sound_before_its_first_words_as_it_is() -> None:
    line = call("""
        steps:
          first: {playback_start: {media_name: a}, on: {call.playback.ended: hello}}
          hello: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)

    line.answer()
    line.accept()
    line.hear("call.playback.ended", {"status": "completed"})

    assert (line.actions, words(line)) == (["playback_start", "speak"], [f"{AI} Hello"])


@pytest.mark.parametrize(
    ("stream", "actions"),
    [
        ('{stream_url: "wss://ai.example.com/", stream_bidirectional_mode: rtp}', ["speak"]),
        ('{stream_url: "wss://ears.example.com/"}', ["streaming_start"]),
    ],
)
def test_a_stream_in_which_an_ai_talks_begins_when_it_was_said(stream: str, actions: list[str]) -> None:
    line = call(f"""
        ai_notice: always
        steps:
          first: {{streaming_start: {stream}, on: {{streaming.stopped: bye, streaming.failed: bye}}}}
          bye: {{hangup: {{}}}}
    """)

    line.answer()
    line.accept()
    line.hear("call.speak.ended", {"status": "completed"})

    assert line.actions == list(dict.fromkeys([*actions, "streaming_start"]))


# -- whatever happens --------------------------------------------------------------------------------------------------


def test_the_same_event_gives_the_same_notice_again() -> None:
    line = call(RECORDS)
    before = line.call
    event = Event(
        id="e", type="call.answered", occurred_at=line.now, call_id="call_1", leg="A", call_control_id=CONTROL_ID
    )

    once = line.take(event)
    line.call = before

    assert line.take(event) == once


def test_a_notice_of_a_step_that_was_left_before_it_was_accepted_is_said_again() -> None:
    line = call("""
        steps:
          first: {speak: {payload: Hello}, on: {call.speak.ended: more, call.dtmf.received: more}}
          more: {speak: {payload: More}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)

    line.answer()
    line.hear("call.dtmf.received", {"digit": "1"})
    line.accept(line.sent[0])
    assert not line.call.notices_said
    line.accept()

    assert (words(line), line.call.notices_said) == ([f"{AI} Hello", f"{AI} More"], True)


def test_a_message_on_a_machine_says_it_although_its_greeting_has_heard_it() -> None:
    line = call(
        """
        dial: {answering_machine_detection: premium}
        steps:
          first: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
          leave: {speak: {payload: Message}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
        """,
        detection="start: {answered: first, machine: leave}",
    )

    line.answer()
    line.accept()
    line.detect("machine")

    assert words(line) == [f"{AI} Hello", f"{AI} Message"]


def test_what_the_carrier_cuts_off_for_a_machine_is_said_again() -> None:
    line = call(
        """
        dial: {answering_machine_detection: premium}
        steps:
          first: {speak: {payload: Hello}, on: {call.speak.ended: [{match: {status: cancelled_amd}, goto: leave}, bye]}}
          leave: {speak: {payload: Message}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
        """.replace(", bye]", ", {goto: bye}]"),
        detection="start: {human: first}",
    )

    line.answer()
    line.detect("human")
    line.accept()
    line.hear("call.speak.ended", {"status": "cancelled_amd"})

    assert words(line) == [f"{AI} Hello", f"{AI} Message"]


def test_a_recording_whose_notice_the_carrier_cut_off_waits_until_it_was_said() -> None:
    line = call("dial: {answering_machine_detection: premium}\n" + RECORDS.strip(), detection="start: {human: first}")

    line.answer()
    line.detect("human")
    line.accept()
    line.hear("call.speak.ended", {"status": "cancelled_amd"})
    assert line.actions == ["speak", "speak"]
    line.accept()
    line.hear("call.speak.ended", {"status": "completed"})
    line.accept()

    assert line.actions == ["speak", "speak", "record_start", "speak"]
    assert words(line) == [BOTH, BOTH, "Hello"]
    assert len({command.command_id for command in line.sent}) == 4


def test_a_call_that_was_live_before_this_was_known_goes_on_as_it_began() -> None:
    line = call(RECORDS)
    line.call = line.call.model_copy(update={"notices": ()})

    line.answer()

    assert line.actions == ["record_start"]


def test_a_requested_transfer_that_nobody_takes_leaves_the_notice_its_place() -> None:
    line = call(RECORDS)
    line.answer()
    line.accept()
    line.own("action.requested", {"action": "transfer", "command_id": "t", "body": {"to": "+13125550100"}})
    line.own("command.failed", {"command_id": "t", "action": "transfer", "code": "x", "title": "no"})
    assert line.actions == ["speak", "transfer"]

    line.hear("call.speak.ended", {"status": "completed"})

    assert line.actions == ["speak", "transfer", "record_start"]
