"""Three days of a person who runs campaigns, each told from top to bottom, on a whole stack and a simulated carrier.

The last two digits of a number say who answers there (docs/simulator.md, "Who answers"); each story calls people of an
area of its own, so that none depends on another.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.clock import utc_now
from tests.support.campaign_run import REMINDER
from tests.support.desk import Desk
from tests.support.page import Page
from tests.support.poll import stays
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import CALLER_ID, StackRun, stack_and_simulator

_AT_ANY_HOUR = '--always --law off --because "told at any hour"'
_DRAFT = f"--flow {REMINDER} --caller-id {CALLER_ID} --max-attempts 1"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackRun, SimulatorProcess]]:
    """Run the stack of these stories; at its carrier a number says who answers."""
    with stack_and_simulator(tmp_path_factory.mktemp("stories") / "data", cards=True) as pair:
        yield pair


@pytest.fixture
def desk(stack: StackRun, simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    return Desk(stack, simulator, tmp_path)


# -- a newcomer's spreadsheet, from its file to the finished report ----------------------------------------------------

_SPREADSHEET = """\
Kundennr.;Rufnummer privat;Vorname;Nachname;Termin
K-1;(212) 555-0101;Jörg;Müller;Montag um 9
K-2;212-555-0109;Zoë;O'Brien;"Dienstag; um 10"
K-3;212.555.0120;Ana;Çelik;Mittwoch – 11 Uhr
K-4;12;Falsch;Verbunden;nie
K-5;2125550142;Ida;Lund;Donnerstag
K-1;+1 212 555 0101;Jörg;Müller;Montag um 9
"""
_MAP = '--region US --map "phone:Rufnummer privat,first_name:Vorname,appointment:Termin"'
_CONFIRMS, _WANTS_NO_CALLS, _MACHINE, _NEVER_THERE = "+12125550101", "+12125550109", "+12125550120", "+12125550142"
_ALL = (_CONFIRMS, _WANTS_NO_CALLS, _MACHINE, _NEVER_THERE)
_MY_PHONE = "+14155550102"


def test_a_newcomer_brings_a_spreadsheet_and_goes_home_with_a_report(desk: Desk) -> None:
    desk.saves("patients.csv", _SPREADSHEET, encoding="windows-1252")
    desk.types(f'campaign create "autumn reminders" {_DRAFT} {_AT_ANY_HOUR}')

    _the_preview_says_how_the_file_is_read_and_proposes_the_columns(desk)
    _the_import_takes_the_four_good_rows_and_names_the_bad_one(desk)
    _the_preflight_says_that_all_of_them_may_be_called(desk)
    _a_test_call_rings_my_own_phone_and_is_counted_nowhere(desk)

    desk.types('campaign start "autumn reminders"')
    watched = desk.types('campaign watch "autumn reminders" --every 0.3')

    assert watched.splitlines()[-1].startswith("completed: 4 of 4 contacts done (completed 2 exhausted 2)")
    assert desk.rang(*_ALL) == dict.fromkeys(_ALL, 1)
    _the_report_counts_what_people_said(desk)
    for name in ("results.xlsx", "results.csv"):
        _what_is_exported_comes_back_as_it_was(desk, name)


def _the_preview_says_how_the_file_is_read_and_proposes_the_columns(desk: Desk) -> None:
    proposed = desk.types('campaign import "autumn reminders" {folder}/patients.csv --region US --preview', exits=1)
    shown = desk.types(f'campaign import "autumn reminders" {{folder}}/patients.csv {_MAP} --preview')

    assert "proposed: --map 'phone:Rufnummer privat,first_name:Vorname'" in proposed
    assert "the flow needs 'appointment'" in proposed
    assert "read as windows-1252, separated by ;, header in row 1" in shown
    [third] = [line for line in shown.splitlines() if line.startswith("row 4: ")]
    assert all(said in third for said in (_MACHINE, "Nachname Çelik", "appointment Mittwoch – 11 Uhr", "Kundennr. K-3"))
    assert "6 rows: 4 would be accepted, 1 duplicate, 1 invalid" in shown


def _the_import_takes_the_four_good_rows_and_names_the_bad_one(desk: Desk) -> None:
    imported = desk.types(f'campaign import "autumn reminders" {{folder}}/patients.csv {_MAP}')

    assert "6 rows, 4 accepted, 1 duplicate, 1 invalid" in imported
    assert "row 5: phone: '12' has the wrong number of digits" in imported
    assert desk.values_of("autumn reminders")[_WANTS_NO_CALLS] == {
        "external_id": None,
        "first_name": "Zoë",
        "appointment": "Dienstag; um 10",
        "Kundennr.": "K-2",
        "Nachname": "O'Brien",
    }


def _the_preflight_says_that_all_of_them_may_be_called(desk: Desk) -> None:
    assert "4 of 4 contacts may be called" in desk.types('campaign preflight "autumn reminders"')


def _a_test_call_rings_my_own_phone_and_is_counted_nowhere(desk: Desk) -> None:
    heard = f"--to {_MY_PHONE} --var first_name=Jörg --var appointment=tomorrow"
    call = desk.types(f'campaign test-call "autumn reminders" {heard}').strip()

    desk.sees(f"call show {call}", "status ended, disposition human")
    assert desk.rang(_MY_PHONE) == {_MY_PHONE: 1}
    assert "0 of 4 contacts done, 0 dialed" in desk.types("campaign list")


def _the_report_counts_what_people_said(desk: Desk) -> None:
    calls = desk.reads('campaign report "autumn reminders"')["calls"]

    assert calls["by_disposition"] == {"human": 2, "machine": 1, "no_answer": 1}
    assert calls["by_outcome"] == {"confirmed": 1, "opted_out": 1, "voicemail": 1}
    assert _WANTS_NO_CALLS in desk.types(f"suppress check {_WANTS_NO_CALLS}")


def _what_is_exported_comes_back_as_it_was(desk: Desk, name: str) -> None:
    desk.types(f'campaign results "autumn reminders" -o {{folder}}/{name}')
    desk.types(f"campaign create {name} {_DRAFT}")

    imported = desk.types(f"campaign import {name} {{folder}}/{name}")

    assert "4 rows, 4 accepted, 0 duplicates, 0 invalid" in imported
    assert desk.values_of(name) == desk.values_of("autumn reminders")


# -- "did Mrs Petrova get the reminder?" -----------------------------------------------------------------------------

_PEOPLE = """\
phone,first_name,last_name,appointment
+13135550143,Galina,Petrova,Monday at 9
+13135550101,Peter,Petersen,Monday at 10
"""
_MRS_PETROVA, _MR_PETERSEN = "+13135550143", "+13135550101"
_TIMES = {_MRS_PETROVA: 1, _MR_PETERSEN: 1}


def test_did_mrs_petrova_get_the_reminder_why_not_and_call_her_at_three(desk: Desk) -> None:
    desk.saves("people.csv", _PEOPLE)
    desk.types(f'campaign create "clinic monday" {_DRAFT} {_AT_ANY_HOUR}')
    desk.types('campaign import "clinic monday" {folder}/people.csv')
    desk.types('campaign start "clinic monday"')
    desk.sees_it_completed("clinic monday")

    her = _she_is_found_by_her_name_and_by_her_phone_as_people_write_it(desk)
    _she_did_not_get_it_because_nobody_answered_the_one_call(desk, her["id"])
    _she_is_to_be_called_at_three_tomorrow_and_not_before(desk, her)
    _she_would_rather_be_called_in_a_moment(desk, her)

    told = desk.sees(f"contact show {her['id']}", "completed (confirmed)")
    assert "answers.confirmed: True" in told
    assert desk.rang(*_TIMES) == {_MRS_PETROVA: 2, _MR_PETERSEN: 1}
    desk.sees_it_completed("clinic monday")


def _she_is_found_by_her_name_and_by_her_phone_as_people_write_it(desk: Desk) -> dict[str, str]:
    found = [desk.reads(f'contact find "{asked}"') for asked in ("petrova galina", "(313) 555-0143", "313.555.0143")]

    assert {each["id"] for each in found} == {found[0]["id"]}
    assert desk.types("contact find petrovna", exits=1) == "no contacts\n"
    return dict(found[0])


def _she_did_not_get_it_because_nobody_answered_the_one_call(desk: Desk, her_id: str) -> None:
    shown = desk.types(f"contact show {her_id}")
    explained = desk.types('campaign explain "clinic monday" --phone "(313) 555-0143"')

    assert "exhausted" in shown and "disposition: no_answer" in shown
    assert "The contact has been dialed as often as the retry rules allow." in shown
    assert "(313) 555-0143: never" in explained and "attempts 1, most 1" in explained


def _she_is_to_be_called_at_three_tomorrow_and_not_before(desk: Desk, her: dict[str, str]) -> None:
    three = f"{utc_now() + timedelta(days=1):%Y-%m-%d}T15:00-05:00"
    desk.types(f'call callback {her["last_call_id"]} --at {three} --note "her son asked"')

    waits = desk.types("contact find petrova")
    assert f"until {three[:10]}T20:00:00.000Z" in waits and "called back at this time, first in line" in waits
    assert "is running" in desk.types('campaign show "clinic monday"')
    stays(lambda: desk.rang(*_TIMES) == _TIMES, during=1.5)


def _she_would_rather_be_called_in_a_moment(desk: Desk, her: dict[str, str]) -> None:
    moved = desk.types(f"call callback {her['last_call_id']} --after 2s")

    assert f"{her['id']} is called back at " in moved
    assert desk.rang(*_TIMES) == _TIMES


# -- stop, explain, mend, go on -------------------------------------------------------------------------------------

_BUSY_AT_FIRST, _THERE = "+17135550141", ("+17135550101", "+17135550102")
_THREE = (_BUSY_AT_FIRST, *_THERE)
_NOT_OURS = "+13125550199"
_CLOSED_DRAFT = f"--flow {REMINDER} --caller-id {_NOT_OURS} --max-attempts 1 --law off --because test"


def test_all_is_stopped_explained_mended_and_goes_on_and_nobody_is_called_twice(desk: Desk) -> None:
    desk.saves("people.csv", "\n".join(["phone,first_name,appointment", *(f"{each},Ann,Monday" for each in _THREE)]))
    desk.saves("closed.yaml", _hours_of_another_day())
    desk.types(f"campaign create recall {_CLOSED_DRAFT} --settings {{folder}}/closed.yaml")
    desk.types("campaign import recall {folder}/people.csv")

    desk.types('dialing stop --by Ada --reason "wrong list"')
    desk.types("campaign start recall")
    _the_stop_is_seen_wherever_one_looks(desk)
    desk.types("dialing resume")

    _the_waiting_are_explained_by_the_hours_and_these_are_mended(desk)
    _a_number_that_is_not_ours_is_refused_by_the_carrier_and_mended(desk)

    desk.sees_it_completed("recall")
    assert desk.rang(*_THREE) == dict.fromkeys(_THREE, 1)

    _those_who_were_busy_are_called_once_more(desk)
    assert desk.rang(*_THREE) == {**dict.fromkeys(_THREE, 1), _BUSY_AT_FIRST: 2}


def _hours_of_another_day() -> str:
    """Return calling hours that are open on one day of the week alone, three days from now."""
    day = (utc_now() + timedelta(days=3)).strftime("%a").lower()
    window = f"{{days: [{day}], start: '09:00', end: '17:00'}}"
    return f"calling_hours: {{timezone: UTC, windows: [{window}]}}\n"


def _the_stop_is_seen_wherever_one_looks(desk: Desk) -> None:
    said = "by Ada: wrong list"
    for line in ("dialing status", "campaign show recall", "campaign list", "campaign explain recall"):
        assert said in " ".join(desk.types(line).split()), line
    assert said in desk.types("doctor", exits=1)
    checks = desk.stack.rest.get("/readyz")["checks"]
    assert [said in each["remedy"] for each in checks if each["name"] == "dialing"] == [True]
    assert "orchestrator_dialing_stopped 1.0" in desk.stack.rest.ask("GET", "/metrics").text
    assert desk.reads("campaign show recall")["status_reason"]["code"] == "dialing_stopped"


def _the_waiting_are_explained_by_the_hours_and_these_are_mended(desk: Desk) -> None:
    told = desk.sees("campaign explain recall", "outside_hours")
    assert "3  outside_hours" in told
    assert desk.rang(*_THREE) == dict.fromkeys(_THREE, 0)

    desk.saves("open.yaml", "calling_hours: {always: true, because: told at any hour}\n")
    desk.types("campaign edit recall --settings {folder}/open.yaml")


def _a_number_that_is_not_ours_is_refused_by_the_carrier_and_mended(desk: Desk) -> None:
    told = desk.sees("campaign show recall", "recall is paused")
    assert _NOT_OURS in told
    assert desk.rang(*_THREE) == dict.fromkeys(_THREE, 0)

    desk.types(f"campaign edit recall --caller-id {CALLER_ID}")
    desk.types("campaign resume recall")


def _those_who_were_busy_are_called_once_more(desk: Desk) -> None:
    assert desk.types("campaign redial recall --disposition busy --dry-run") == "1 contact would be called again\n"
    desk.types("campaign redial recall --disposition busy")
    desk.sees_it_completed("recall")
    assert desk.reads("campaign report recall")["calls"]["by_disposition"] == {"human": 3, "busy": 1}


# -- the page for whoever runs campaigns, read from top to bottom ------------------------------------------------------

_PAGE = Page.of("running-campaigns.md")
_PATIENTS = """\
Mobile,Given name,Surname,When
(248) 555-0143,Galina,Sokolova,Monday at 9
248-555-0101,Peter,Petersen,Monday at 10
"""
_RECORDED = """
name: reminder
inputs: {first_name: {}, appointment: {}}
answers: {confirmed: false}
outcomes: [confirmed, heard]
recording_notice: never
start: tape
steps:
  tape: {record_start: {channels: single, format: mp3}, goto: greet}
  greet:
    gather_using_speak:
      {payload: "{{ contact.first_name }}, come {{ contact.appointment }}.", voice: female, maximum_digits: 1}
    on:
      call.gather.ended:
        - {match: {digits: "1"}, set: {confirmed: true}, outcome: confirmed, goto: bye}
        - {outcome: heard, goto: bye}
  bye: {hangup: {}}
"""


def test_every_command_of_the_page_does_what_the_page_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    for name, text in (
        ("reminder.yaml", _RECORDED),
        ("patients.csv", _PATIENTS),
        ("blocked.csv", "phone\n+12025550198\n"),
    ):
        desk.saves(name, text)
    desk.saves("hours.yaml", _PAGE.blocks("yaml")[0])

    for line in _PAGE.commands:
        desk.types(_as_a_reader_types_it(desk, line))

    assert (desk.folder / "results.xlsx").is_file() and list(desk.folder.glob("rec_*.mp3"))


def _as_a_reader_types_it(desk: Desk, line: str) -> str:
    """Return a line of the page with ids and days for the placeholders, and calls at whatever hour this is run."""
    tomorrow = f"{utc_now() + timedelta(days=1):%Y-%m-%d}"
    hours = f" {_AT_ANY_HOUR}" if line.startswith("campaign create") else ""
    if "con_…" in line or "call_…" in line:
        her = desk.reads("contact find sokolova --campaign 'spring reminders'")
        line = line.replace("con_…", her["id"]).replace("call_…", her["last_call_id"] or "")
    if "rec_…" in line:
        desk.sees("recording list --status fetched --limit 1", "fetched")
        line = line.replace("rec_…", desk.reads("recording list --status fetched --limit 1")["id"])
    if "key_…" in line:
        line = line.replace("key_…", desk.reads("key list")["id"])
    return line.replace("2027-03-01", tomorrow) + hours
