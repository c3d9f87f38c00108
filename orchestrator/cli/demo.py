"""`make demo`: calls two hundred simulated people with the sample flow, and reports; also on whom it did not call.

Five more are asked by a second campaign, which records what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.console import Console

from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.campaign_report import report
from orchestrator.cli.campaign_watch import watch_campaign
from orchestrator.cli.demo_people import people_in_the_night, people_on_the_list, people_to_ask, people_to_call
from orchestrator.cli.demo_reasons import show_reasons
from orchestrator.cli.upload import upload_flow
from orchestrator.clock import utc_now
from orchestrator.errors import OrchestratorError
from orchestrator.local_stack.banner import line_printer, print_banner
from orchestrator.local_stack.interrupts import Interrupts, count_interrupts, pause
from orchestrator.local_stack.options import StackOptions
from orchestrator.local_stack.ports import Ports
from orchestrator.local_stack.sign_in_links import page_address
from orchestrator.local_stack.stack import Stack
from orchestrator.local_stack.supervisor import Interrupted
from orchestrator.local_stack.up import keep_running
from orchestrator.policy.hold_reasons import Reason
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from orchestrator_client.models import CampaignView

_SAMPLES = Path(__file__).parents[1] / "flow" / "samples"
SAMPLE, _RECORDS = _SAMPLES / "appointment.yaml", _SAMPLES / "feedback.yaml"
_PEOPLE_ARE_FASTER = 8.0
_MOST_S = 85.0
# Detection that is not sure takes longer than two seconds, here as in life, and many simulated people opt out.
_BECAUSE = "a demonstration: only the simulator is called"
_BY_DAY: Any = {"windows": [{"days": ["mon-sun"], "start": "08:00", "end": "21:00"}]}
_UNTIL_TOMORROW = {Reason.OUTSIDE_HOURS, Reason.LAW_HOURS, Reason.NUMBER_DAY_LIMIT}

_NEXT = """
What to try next:
  make demo STAY=1                                            the same, left running: REST, its reference, Flower
  . .venv/bin/activate                                        then, of your own:
  orchestrator flow play examples/parcel-notice/flow.yaml --press 1     one call in text, offline
  orchestrator up                                             a stack with simulated people; it prints address and key
  ORCHESTRATOR_API_KEY=$(cat data/api_key) python examples/run_campaign.py examples/on-call-alert
  docs/first-call.md                                          a real phone rings"""


class DemoTooSlow(OrchestratorError):
    """Raised when the campaign does not end in time; the message says what is left."""


def run_demo(*, data: Path, port: int, settings: Settings, stay: bool) -> int:
    """Run the demo and return the exit status: 0 once every contact has its outcome and everything is stopped."""
    console = Console(highlight=False, soft_wrap=True)
    say, ports = line_printer(console), Ports()
    options = StackOptions(data=data, port=ports.near(port), fresh=True, flower=stay, time_scale=_PEOPLE_ARE_FASTER)
    with count_interrupts() as interrupts:
        stack = Stack(options, settings, interrupts=interrupts, say=say, ports=ports)
        try:
            say(f"starting a whole stack in {data} …")
            started = monotonic()
            addresses = stack.start()
            say(f"up after {monotonic() - started:.1f} s: {', '.join(stack.pids())}")
            _run_campaign(ApiClient(addresses.api, stack.api_key), stack, interrupts, console=console, stay=stay)
            if stay:
                keys = {"api_key": stack.api_key, "flower_password": stack.flower_password}
                page = page_address(addresses.api, stack.api_key)
                print_banner(console, options, addresses, page=page, **keys)
                keep_running(stack, interrupts)
        except Interrupted:
            return 130
        finally:
            say("stopping …")
            stack.stop()
            say(f"everything is stopped; what is left lies in {data}")
    say(_NEXT)
    return 0


def _run_campaign(api: ApiClient, stack: Stack, interrupts: Interrupts, *, console: Console, stay: bool) -> None:
    deadline = monotonic() + _MOST_S
    wait = _looking_after(stack, interrupts, deadline)
    asked = _ask_for_feedback(api)  # first: lists begin with the newest, which are the people of the reminders
    campaign = _create(api)
    total = api.campaigns.stats(campaign["id"])["contacts"]["total"]
    console.print(f"{total} people, {campaign['pacing']['calls_per_second']:g} calls a second")
    console.print(f"{asked} others are asked how their visit was, and recorded")
    if stay:
        page = page_address(api.base_url, stack.api_key, path=f"/campaigns/{campaign['id']}")
        console.print(f"watch it in a browser; this link signs you in once:\n  {page}", markup=False)
    seen = watch_campaign(api, campaign["id"], every_s=0.5, console=console, wait=wait, is_over=_is_over_for_today)
    report(console, f"{campaign['name']}: today's calls are made", seen.stats, peak_dials_per_s=seen.peak_dials_per_s)
    show_reasons(api, campaign["id"], console=console)
    api.close()


def _is_over_for_today(stats: Mapping[str, Any]) -> bool:
    """Return whether all are called but those who may not be called before tomorrow."""
    contacts = stats["contacts"]
    return not (contacts["waiting"] or contacts["calling"]) and set(stats["held_by_reason"]) <= _UNTIL_TOMORROW


def _create(api: ApiClient) -> CampaignView:
    flow = upload_flow(api, SAMPLE)
    unguarded: Any = {"pause": None, "because": _BECAUSE}
    campaign = api.campaigns.create(
        name="appointment reminders",
        flow=flow["id"],
        caller_ids=["+13125550100"],
        pacing={"calls_per_second": 20, "max_live_calls": 200},
        purpose="informational",
        calling_hours=_BY_DAY,
        retry={"max_attempts": 4, "on": {"busy": {"after": "4s"}, "no_answer": {"after": "4s"}}},
        number_gap="1s",
        guards={"abandon": unguarded, "opt_outs": unguarded},
    )
    now = utc_now()
    for contact in people_on_the_list(now):
        api.suppressions.create(phone=contact["phone"], reason="asked not to be called")
    people: Any = [*people_to_call(now), *people_in_the_night(now), *people_on_the_list(now)]
    api.campaigns.add_contacts(campaign["id"], contacts=people)
    api.campaigns.start(campaign["id"])
    return campaign


def _ask_for_feedback(api: ApiClient) -> int:
    """Start a campaign that records what people say; return how many it asks."""
    flow, people = upload_flow(api, _RECORDS), people_to_ask(utc_now())
    campaign = api.campaigns.create(
        name="visit feedback",
        flow=flow["id"],
        caller_ids=["+13125550100"],
        purpose="informational",
        calling_hours=_BY_DAY,
    )
    contacts: Any = people
    api.campaigns.add_contacts(campaign["id"], contacts=contacts)
    api.campaigns.start(campaign["id"])
    return len(people)


def _looking_after(stack: Stack, interrupts: Interrupts, deadline: float) -> Callable[[float], None]:
    """Return a pause that supervises the stack meanwhile; it ends the demo on Ctrl-C or after its time limit."""

    def wait(seconds: float) -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            if interrupts.stopping():
                raise Interrupted("stopped before the campaign was over")
            if monotonic() > deadline:
                raise DemoTooSlow(f"the campaign is not over after {_MOST_S:g} s; look into the logs")
            stack.tick()
            pause(0.1)

    return wait
