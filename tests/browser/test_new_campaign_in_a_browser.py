"""A campaign in five steps in a real browser, from a file of a spreadsheet to running."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.support.browser import check_everybody_can_use
from tests.support.rest import FLOW, fresh_number
from tests.support.stack_run import CALLER_ID, StackRun
from tests.support.workbooks import workbook


def _sheet(rows: list[list[str]]) -> bytes:
    cells = ("".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) for row in rows)
    return workbook("".join(f"<row>{each}</row>" for each in cells))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_campaign_in_five_steps_from_a_spreadsheet_file_to_running(
    open_page: OpenPage, stack: StackRun, tmp_path: Path, *, script: bool
) -> None:
    page = open_page("/", java_script_enabled=script)
    flow = FLOW.format(name=f"by hand {script}".lower().replace(" ", "-"))
    file = tmp_path / "people.xlsx"
    file.write_bytes(_sheet([["Rufname", "Anschluss"], ["Ann", fresh_number()], ["Bob", fresh_number()], ["Cy", "x"]]))

    def looks_right() -> None:
        if not script:
            return
        check_everybody_can_use(page)

    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Name of the campaign").fill("Five steps")
    page.get_by_label("Numbers that people see").fill(CALLER_ID)
    page.get_by_label("What it calls for").select_option("survey")
    page.locator("summary", has_text="Write or upload a flow").click()
    page.get_by_label("The flow, YAML or JSON").fill(flow.replace(": bye}", ": nowhere}"))
    page.get_by_role("button", name="Check and rehearse").click()
    expect(page.get_by_text("This flow is not accepted yet")).to_be_visible()
    looks_right()
    page.get_by_label("The flow, YAML or JSON").fill(flow)
    page.get_by_role("button", name="Check and rehearse").click()
    expect(page.get_by_text("Hello first name")).to_be_visible()
    looks_right()
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_label("File", exact=True)).to_be_visible()
    looks_right()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_label("Anschluss")).to_have_value("phone")
    page.get_by_label("Rufname").select_option("first_name")
    page.get_by_role("button", name="Look at it again").click()
    expect(page.get_by_text("3 rows: 2 can be called")).to_be_visible()
    looks_right()
    page.get_by_role("button", name="Import it so").click()
    expect(page.get_by_role("heading", name="The file is imported")).to_be_visible()
    looks_right()
    page.get_by_role("link", name="Go on", exact=True).click()

    page.get_by_label("Language").fill("en-GB")
    looks_right()
    page.get_by_role("button", name="Go on").click()
    first = page.get_by_role("group", name="Window 1")
    expect(first.get_by_label("Sun")).to_be_visible()
    first.get_by_label("Sun").check()
    first.get_by_label("From").fill("00:00")
    first.get_by_label("To").fill("12:00")
    page.get_by_text("More windows").click()
    second = page.get_by_role("group", name="Window 2")
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        second.get_by_label(day).check()
    second.get_by_label("From").fill("12:00")
    second.get_by_label("To").fill("24:00")
    looks_right()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="What would happen now")).to_be_visible()
    looks_right()
    for box in page.locator("input[name=accept]").all():
        box.check()
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_role("status").filter(has_text="It runs.")).to_be_visible()
    campaign = page.url.rpartition("/")[2]
    stored = stack.rest.get(f"/v1/campaigns/{campaign}")
    assert stored["status"] in ("running", "completed") and stored["variables"] == {"language": "en-GB"}
    assert stored["purpose"] == "survey" and len(stored["calling_hours"]["windows"]) == 2


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_file_is_added_and_its_refused_rows_are_downloaded(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun, tmp_path: Path, *, script: bool
) -> None:
    page = open_page(f"/campaigns/{campaigns['waiting']}/add", java_script_enabled=script)
    file, phone = tmp_path / "people.csv", fresh_number()
    file.write_text(f"Rufname;Anschluss\nAnn;{phone}\nCy;x\n")

    page.get_by_role("link", name="Add a file of contacts instead").click()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_label("Rufname").select_option("first_name")
    if script:
        check_everybody_can_use(page)
    page.get_by_role("button", name="Import it so").click()
    expect(page.get_by_role("heading", name="The file is imported")).to_be_visible()
    if script:
        check_everybody_can_use(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()

    assert "Cy" in download.value.path().read_text()
    [added] = stack.rest.get(f"/v1/contacts?campaign_id={campaigns['waiting']}&phone={phone.replace('+', '%2B')}")[
        "data"
    ]
    assert added["variables"]["first_name"] == "Ann"


def test_a_flow_is_drawn_and_listed(open_page: OpenPage, campaigns: dict[str, str]) -> None:
    page = open_page("/flows")
    check_everybody_can_use(page)

    page.get_by_role("link", name="reminder", exact=True).click()

    expect(page.get_by_role("img", name="The steps of reminder")).to_be_visible()
    check_everybody_can_use(page)
