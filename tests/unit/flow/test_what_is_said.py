"""What a flow says of itself: who calls, notices where the law asks for them, and what sales calls lack."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.flow import check_flow, load_flow
from orchestrator.flow.notices import NOTICES, Said, sentence
from orchestrator.flow.what_is_said import check_what_is_said, first_spoken
from orchestrator.policy.purposes import Purpose, Voice
from tests.support.flows import Line, flow_text, only_problem, problems_of

FLOW = """
identify: "This is Elm Clinic, 312 555 0100."
opt_out: {digit: "9"}
FIELDS
steps:
  first:
    gather_using_speak: {payload: "PAYLOAD", valid_digits: "19"}
    on: {call.gather.ended: [{match: {digits: "9"}, goto: stop}, {goto: bye}]}
  stop: {suppress: {scope: global}, goto: bye}
  bye: {hangup: {}}
"""
GOOD = "{{ identify }} {{ ai_notice }} Press 9 to stop these calls."
FLORIDA, NEW_YORK, GERMANY = "+13055550123", "+12125550123", "+4930901820"


def flow(payload: str = GOOD, *, fields: str = "", **replaced: str) -> str:
    text = FLOW.replace("PAYLOAD", payload).replace("FIELDS", fields)
    for old, new in replaced.items():
        text = text.replace(old, new)
    return flow_text(text)


def said_to(text: str, phone: str, *, region: str | None = None, **contact: Any) -> str:
    """Return the first words of a call to this phone."""
    loaded = load_flow(text)
    line = Line(loaded, **contact)
    line.call = line.call.model_copy(
        update={"contact": loaded.contact_view({"phone": phone, **contact}, region=region)}
    )
    line.answer()
    return str(line.sent[0].body["payload"])


# -- what is said ------------------------------------------------------------------------------------------------------


def test_who_calls_is_said_where_it_stands() -> None:
    text = flow("Hello. {{ identify }} Press 9.")

    assert said_to(text, NEW_YORK) == "Hello. This is Elm Clinic, 312 555 0100. Press 9."


def test_who_calls_may_depend_on_the_contact() -> None:
    text = flow("{{identify}} Bye.", fields="inputs: {shop: {default: Elm}}").replace(
        "This is Elm Clinic", "{{ contact.shop }}"
    )

    assert said_to(text, NEW_YORK, shop="Oak") == "Oak, 312 555 0100. Bye."


@pytest.mark.parametrize(
    ("when", "phone", "region", "is_said"),
    [
        ("auto", FLORIDA, None, True),
        ("auto", NEW_YORK, None, False),
        ("auto", NEW_YORK, "US-FL", True),
        ("auto", FLORIDA, "US-NY", False),
        ("auto", GERMANY, None, False),
        ("always", GERMANY, None, True),
        ("never", FLORIDA, None, False),
    ],
)
def test_that_a_call_is_recorded_is_said_where_the_law_of_the_place_asks_for_it(
    when: str, phone: str, region: str | None, is_said: bool
) -> None:
    text = flow("{{ recording_notice }} Hello.", fields=f"recording_notice: {when}")

    assert said_to(text, phone, region=region) == ("This call is recorded. Hello." if is_said else " Hello.")


@pytest.mark.parametrize("state", ["CA", "CT", "DE", "FL", "IL", "MD", "MA", "MI", "MT", "NV", "NH", "OR", "PA", "WA"])
def test_in_fourteen_states_it_is_said_that_a_call_is_recorded(state: str) -> None:
    assert said_to(flow("{{ recording_notice }}!"), NEW_YORK, region=f"US-{state}") == "This call is recorded.!"


@pytest.mark.parametrize(
    ("when", "phone", "is_said"),
    [("auto", NEW_YORK, True), ("auto", GERMANY, False), ("always", GERMANY, True), ("never", NEW_YORK, False)],
)
def test_that_a_voice_is_artificial_is_said_where_the_law_of_the_place_asks_for_it(
    when: str, phone: str, is_said: bool
) -> None:
    text = flow("{{ ai_notice }} Hello.", fields=f"ai_notice: {when}")

    assert said_to(text, phone) == ("You are hearing an artificial voice. Hello." if is_said else " Hello.")


@pytest.mark.parametrize(
    ("fields", "contact", "words"),
    [
        ("inputs: {language: {default: en-US}}", {"language": "es-MX"}, "Esta llamada se graba."),
        ("inputs: {language: {default: de-DE}}", {}, "Dieses Gespräch wird aufgezeichnet."),
        ("inputs: {language: {default: en-US}}", {"language": "tlh"}, "This call is recorded."),
        ("inputs: {language: {default: en-US}}", {"language": "FR"}, "Cet appel est enregistré."),
        ("texts: {hi: {fr: Salut, en: Hi}}\nlanguage: fr", {}, "Cet appel est enregistré."),
        (
            "texts: {hi: {fr: Salut, en: Hi}}\nlanguage: fr\ninputs: {language: {default: en}}",
            {},
            "This call is recorded.",
        ),
    ],
)
def test_a_notice_is_said_in_the_language_of_the_call(fields: str, contact: dict[str, str], words: str) -> None:
    text = flow("{{ recording_notice }}.", fields=f"recording_notice: always\n{fields}")

    assert said_to(text, NEW_YORK, **contact) == f"{words}."


def test_a_notice_is_said_in_the_language_that_the_flow_speaks() -> None:
    text = flow("{{ recording_notice }}.", fields="recording_notice: always").replace(
        "speak: {voice: female}", "speak: {voice: female, language: it-IT}"
    )

    assert said_to(text, NEW_YORK) == "Questa chiamata viene registrata.."


def test_every_notice_is_there_in_the_same_languages() -> None:
    said = [sentence(notice, language) for notice in NOTICES for language in ("en", "es", "fr", "de", "it", "nl", "pt")]

    assert len(set(said)) == 14


def test_a_text_may_say_who_calls_and_a_notice() -> None:
    fields = 'language: en\ntexts: {hi: {en: "{{ identify }} {{ recording_notice }}", es: "¡{{ identify }}!"}}'
    text = flow("{{ texts.hi }} Bye.", fields=fields)

    assert said_to(text, FLORIDA) == "This is Elm Clinic, 312 555 0100. This call is recorded. Bye."
    assert load_flow(text).steps["first"].says == {Said.IDENTITY}  # the notice is not there in every language


def test_what_is_filled_into_ssml_is_escaped() -> None:
    payload = '<speak>{{ identify }} {{ ai_notice }}</speak>", payload_type: ssml, voice: "female'

    assert said_to(flow(payload), NEW_YORK).startswith("<speak>This is Elm Clinic, 312 555 0100. You are")


def test_a_flow_of_before_says_nothing_and_sees_nothing_new() -> None:
    plain = load_flow(
        flow_text("steps: {first: {speak: {payload: Hello}, on: {call.speak.ended: bye}}, bye: {hangup: {}}}")
    )

    assert plain.contact_view({"phone": FLORIDA}) == {"phone": FLORIDA, "external_id": None, "timezone": None}


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ("recording_notice: sometimes", "/recording_notice", "auto, always or never"),
        ("recording_notice: true", "/recording_notice", "is text"),
        ("ai_notice: [always]", "/ai_notice", "is text"),
        ("ai_notice: no", "/ai_notice", "auto, always or never"),
    ],
)
def test_a_wrong_notice_is_named(fields: str, pointer: str, words: str) -> None:
    problem = only_problem(flow(fields=fields))

    assert problem.pointer == pointer and words in problem.detail


@pytest.mark.parametrize(
    ("identify", "words"),
    [("5", "is text"), ('" "', "who calls"), ('"{{ contact.nobody }}"', "unknown: contact.nobody")],
)
def test_a_wrong_identity_is_named(identify: str, words: str) -> None:
    text = flow().replace('"This is Elm Clinic, 312 555 0100."', identify)

    assert any(each.pointer == "/identify" and words in each.detail for each in problems_of(text))


@pytest.mark.parametrize(
    ("opt_out", "pointer", "words"),
    [
        ("9", "/opt_out", "is a map"),
        ("{}", "/opt_out", "needs digit"),
        ("{digit: 9}", "/opt_out/digit", "is text"),
        ('{digit: "99"}', "/opt_out/digit", "one of 0 to 9"),
        ('{digit: ""}', "/opt_out/digit", "one of 0 to 9"),
        ('{digit: "9", key: "8"}', "/opt_out/key", "has no key"),
        ('{digit: "9", goto: nowhere}', "/opt_out/goto", "there is no step nowhere"),
    ],
)
def test_a_wrong_opt_out_is_named(opt_out: str, pointer: str, words: str) -> None:
    problems = problems_of(flow().replace('{digit: "9"}', opt_out))

    assert any(each.pointer == pointer and words in each.detail for each in problems), [str(each) for each in problems]


@pytest.mark.parametrize(
    "way",
    [
        '{match: {digits: ["9", "0"]}, goto: stop}',
        '{match: {digits: "9", status: valid}, goto: stop}',
        '{match: {digits: "99"}, goto: stop}',  # the engine carries 9 out
        "{when: \"event.digits == '9'\", goto: stop}",
        '{match: {digits: "9"}, set: {gone: true}, goto: keep}',
    ],
)
def test_an_opt_out_digit_leads_straight_to_a_suppression(way: str) -> None:
    text = flow(fields="answers: {gone: false}").replace('{match: {digits: "9"}, goto: stop}', way)
    keep = "  keep: {set: {gone: true}, goto: stop}\n" if "keep" in way else ""

    assert problems_of(text.replace("  stop:", f"{keep}  stop:")) == []


@pytest.mark.parametrize(
    "way",
    [
        '{match: {digits: "9"}, goto: sorry}',  # who hangs up on these words would be called again
        '{match: {digits: "9"}, goto: ended}',
    ],
)
def test_an_opt_out_digit_that_does_not_surely_suppress_is_refused(way: str) -> None:
    text = flow().replace('{match: {digits: "9"}, goto: stop}', way)
    words = {
        "sorry": "  sorry: {speak: {payload: Sorry}, on: {call.speak.ended: stop}}\n",
        "ended": "  ended: {gather_stop: {}, goto: stop}\n",
    }
    said = "".join(step for name, step in words.items() if name in way)

    assert only_problem(text.replace("  stop:", f"{said}  stop:")).pointer == "/opt_out"


def test_an_opt_out_may_be_pressed_at_any_time() -> None:
    text = flow(fields='on: {call.dtmf.received: [{match: {digit: "9"}, goto: stop}, {goto: bye}]}')

    assert problems_of(text.replace('{match: {digits: "9"}, goto: stop}, ', "")) == []


@pytest.mark.parametrize("payload", ["{{ ai_notice }}", "{{recording_notice}}", " {{ recording_notice }} "])
def test_a_payload_that_may_be_nothing_at_all_is_refused(payload: str) -> None:
    assert "may be nothing at all" in only_problem(flow(payload)).detail
    assert problems_of(flow(payload, fields="ai_notice: always\nrecording_notice: always")) == []


def test_an_identity_that_is_not_declared_is_unknown() -> None:
    text = flow(fields="").replace('identify: "This is Elm Clinic, 312 555 0100."\n', "")

    assert "unknown: identify" in only_problem(text).detail


# -- sales -------------------------------------------------------------------------------------------------------------


def lacks(
    text: str, *, purpose: Purpose = Purpose.SALES, voice: Voice | None = Voice.TTS
) -> list[tuple[str, str | None]]:
    found = check_what_is_said(load_flow(text), purpose, voice)
    return [(each.code, each.step) for each in found.problems]


NOBODY = flow_text("steps: {first: {speak: {payload: Buy!}, on: {call.speak.ended: bye}}, bye: {hangup: {}}}")
CONNECTS = flow_text("steps: {first: {enqueue: {queue_name: sales}, on: {call.dequeued: bye}}, bye: {hangup: {}}}")


def test_sales_calls_that_say_who_calls_and_take_an_opt_out_lack_nothing() -> None:
    assert lacks(flow()) == []
    assert lacks(flow("This is Elm Clinic, 312 555 0100. {{ ai_notice }} Press 9.")) == []  # word by word


@pytest.mark.parametrize("voice", [Voice.RECORDED, Voice.TTS, Voice.AI, None])
def test_sales_calls_without_identity_and_opt_out_are_refused(voice: Voice | None) -> None:
    assert lacks(NOBODY, voice=voice) == [("identity_missing", None), ("opt_out_missing", None)]


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.SALES])
def test_calls_for_other_purposes_lack_nothing(purpose: Purpose) -> None:
    assert lacks(NOBODY, purpose=purpose) == []


def test_without_a_word_the_voice_is_that_of_the_flow_also_of_an_ai_that_speaks_by_a_stream() -> None:
    stream = '{streaming_start: {stream_url: "wss://example.com/bot", stream_bidirectional_mode: rtp}'
    talks = flow_text(f"steps: {{first: {stream}, goto: bye}}, bye: {{hangup: {{}}}}}}")

    assert lacks(talks, voice=None) == lacks(talks, voice=Voice.AI) != []


def test_calls_that_people_make_lack_nothing() -> None:
    assert lacks(NOBODY, voice=Voice.AGENT) == []
    assert lacks(CONNECTS, voice=None) == []


def test_what_is_said_first_must_say_it() -> None:
    assert lacks(flow("Hello. {{ ai_notice }}")) == [("identity_missing", "first")]
    assert lacks(flow("{{ identify }}")) == []  # the engine says it
    late = flow("{{ identify }}").replace(
        "  stop:", '  late: {speak: {payload: "{{ ai_notice }} a"}, on: {call.speak.ended: bye}}\n  stop:'
    )
    late = late.replace("{goto: bye}]", "{goto: late}]")
    assert lacks(late) == [("notice_missing", "first")]
    assert lacks(late, voice=Voice.RECORDED) == []
    assert lacks(flow(fields="ai_notice: never")) == [("notice_missing", "first")]


def test_it_is_asked_of_whatever_somebody_may_hear_first() -> None:
    text = """\
name: test
dial: {answering_machine_detection: detect}
start: {human: choose, machine: message, fax: fax, timeout: {after: 2s, goto: late}}
inbound: hello
steps:
  choose: {choose: [{when: "contact.phone == '1'", goto: one}, {goto: wait}]}
  wait: {wait_for: call.dtmf.received, on: {call.dtmf.received: two}, timeout: {after: 5s, goto: agent}}
  one: {speak: {payload: a, voice: female}, on: {call.speak.ended: three}}
  two: {playback_start: {media_name: a}, on: {call.playback.ended: three}}
  three: {speak: {payload: a, voice: female}, on: {call.speak.ended: bye}}
  message: {speak: {payload: a, voice: female}, on: {call.speak.ended: bye}}
  late: {speak: {payload: a, voice: female}, on: {call.speak.ended: bye}}
  fax: {speak: {payload: a, voice: female}, on: {call.speak.ended: bye}}
  hello: {speak: {payload: a, voice: female}, on: {call.speak.ended: bye}}
  agent: {transfer: {to: "+13125550142"}, on: {target.call.hangup: three}}
  bye: {hangup: {}}
"""
    loaded = load_flow(text)

    assert [step.name for step in first_spoken(loaded)] == ["late", "message", "one", "two"]
    warned = check_what_is_said(loaded, Purpose.SALES, None).warnings
    assert [(each.code, each.step) for each in warned] == [("recording_unheard", "two")]


@pytest.mark.parametrize(
    ("start", "warned"),
    [
        ("{human: first, machine: bye}", True),
        ("{human: first, machine: bye, timeout: {after: 3s, goto: first}}", True),
        ("{human: first, machine: bye, timeout: {after: 2s, goto: first}}", False),
        ("{answered: first, machine: bye}", False),
    ],
)
def test_silence_while_detection_listens_is_warned_of(start: str, warned: bool) -> None:
    text = flow(fields="dial: {answering_machine_detection: premium}").replace("start: first", f"start: {start}")

    found = check_what_is_said(load_flow(text), Purpose.SALES, Voice.TTS)

    assert (found.problems, [each.code for each in found.warnings]) == ([], ["silent_start"] * warned)
    assert check_what_is_said(load_flow(text), Purpose.SURVEY, Voice.TTS).warnings == []


def test_the_check_of_a_flow_names_what_sales_calls_lack_with_its_line() -> None:
    assert check_flow(NOBODY).problems == []

    problems = check_flow(NOBODY, purpose=Purpose.SALES).problems

    assert [(each.step, each.pointer) for each in problems] == [(None, ""), (None, "")]

    problems = check_flow(flow("Hello. {{ ai_notice }}"), purpose=Purpose.SALES).problems

    lines = flow().splitlines()
    assert [(each.step, each.pointer) for each in problems] == [("first", "/steps/first")]
    assert problems[0].line == lines.index(next(line for line in lines if "first:" in line)) + 1
