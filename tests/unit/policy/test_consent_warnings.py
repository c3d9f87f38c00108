"""Where the law asks for a consent that the campaign does not ask for, it is said before the start."""

from __future__ import annotations

import pytest

from orchestrator.policy.consent_warnings import consent_warnings
from orchestrator.policy.consents import ConsentRule, RequiredConsent
from orchestrator.policy.law.law import law_for
from orchestrator.policy.purposes import Purpose, Voice

US, CT, GB = ("US",), ("US", "US-CT"), ("GB",)


@pytest.mark.parametrize(
    ("regions", "purpose", "voice", "required", "packs"),
    [
        (US, Purpose.SALES, Voice.RECORDED, "none", ["us", "us"]),
        (US, Purpose.SALES, Voice.TTS, "express", ["us"]),
        (US, Purpose.SALES, Voice.AI, "express", ["us"]),
        (US, Purpose.SALES, Voice.AI, "written", []),
        (US, Purpose.SALES, Voice.AGENT, "none", []),
        (US, Purpose.INFORMATIONAL, Voice.RECORDED, "none", ["us"]),
        (US, Purpose.INFORMATIONAL, Voice.RECORDED, "express", []),
        (US, Purpose.INFORMATIONAL, Voice.AGENT, "none", []),
        (US, Purpose.EMERGENCY, Voice.RECORDED, "none", []),
        (CT, Purpose.SALES, Voice.AGENT, "none", ["us-ct"]),
        (CT, Purpose.SALES, Voice.AGENT, "written", []),
        (GB, Purpose.INFORMATIONAL, Voice.AGENT, "none", []),
    ],
)
def test_a_campaign_that_asks_for_less_than_the_law_is_warned(
    regions: tuple[str, ...], purpose: Purpose, voice: Voice, required: str, packs: list[str]
) -> None:
    rule = ConsentRule(require=RequiredConsent(required))

    found = consent_warnings(rule, law_for(regions, purpose, voice))

    assert [warning.detail.split(" asks")[0].removeprefix("the law pack ") for warning in found] == packs
    assert {warning.pointer for warning in found} <= {"/consent/require"}


def test_the_strictest_is_said_first_with_its_source() -> None:
    first, *_ = consent_warnings(ConsentRule(), law_for(US, Purpose.SALES, Voice.RECORDED))

    assert "asks for written consent" in first.detail and "47 CFR 64.1200" in first.detail
