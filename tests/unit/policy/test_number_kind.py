"""What kind of line a number leads to, and that the charged ones and the helpers are never dialed."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType, shortnumberinfo

from orchestrator.policy.phone.number_kind import (
    NEVER_DIALED,
    NumberKind,
    number_kind,
    why_never_dialed,
    why_never_shown,
)
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone

_KINDS = {
    "premium": [
        "+19005551212",
        "+19002345678",
        "+12129765551",  # 976 is the pay-per-call exchange of every area code
        "+13129761234",
        "+979123456789",
        "+449012345678",
        "+449098790123",
        "+448712345678",
        "+33899123456",
        "+499001234567",
        "+4990012345678",  # longer than 0900 numbers are: the exchange rings it all the same
        "+611902123456",
        "+61190212345678",
        "+39899123456",
        "+34803123456",
        "+41900123456",
        "+31909123456",
        "+81990123456",
        "+559001234567",
        "+6519001234567",
        "+64900123456",
        "+43900123456",
        "+4590123456",
        "+48701234567",
        "+420900123456",
        "+78091234567",
        "+9721919123456",
    ],
    "satellite": [
        "+870773123456",
        "+870301234567",
        "+881612345678",
        "+88162345678",
        "+882161234567",
        "+88213123456",
        "+883510012345",
        "+883510001234567",
        "+88812345678",
        "+871123456789",
    ],
    "shared_cost": [
        "+80812345678",
        "+491371234567",
        "+4918012345678",
        "+33810123456",
        "+39848123456",
        "+34902123456",
        "+41840123456",
        "+611300123456",
        "+43810123456",
        "+48801234567",
        "+27860123456",
        "+9118601234567",
        "+5530012345",
    ],
    "personal": ["+15005551234", "+15332345678", "+16225551234", "+447012345678", "+4970012345678", "+8781012345678"],
    "emergency": ["+19115550123", "+19112345678", "+49112", "+43122", "+82119", "+992101"],
    "toll_free": ["+18005551212", "+18885551212", "+80012345678", "+448001111111", "+78001234567"],
    "geographic": ["+12125550123", "+13125559760", "+14165550123", "+493012345678", "+39066981234"],
    "mobile": ["+4915123456789", "+447400123456", "+5511987654321", "+8801712345678", "+886912345678", "+6590012345"],
    "unknown": [
        "+447700900123",
        "+443001234567",
        "+445612345678",
        "+14115550123",
        "",
        "erased:con_1",
        "12125550123",
        "+999",
    ],
}


@pytest.mark.parametrize(("number", "kind"), [(number, kind) for kind, numbers in _KINDS.items() for number in numbers])
def test_the_kind_of_a_number_is_told(number: str, kind: str) -> None:
    assert number_kind(number) == kind


def test_no_country_lies_among_the_codes_of_satellites() -> None:
    countries = {code for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE if str(code).startswith(("87", "88"))}

    assert countries - {870, 878, 881, 882, 883, 888} == {880, 886}  # Bangladesh and Taiwan


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_each_country_may_be_dialed_but_for_its_charged_numbers(region: str) -> None:
    def example(kind: int) -> str | None:
        number = phonenumbers.example_number_for_type(region, kind)
        return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else None

    usual = [
        example(kind)
        for kind in (
            PhoneNumberType.FIXED_LINE,
            PhoneNumberType.MOBILE,
            PhoneNumberType.TOLL_FREE,
            PhoneNumberType.VOIP,
            PhoneNumberType.UAN,
        )
    ]
    charged = [
        example(kind)
        for kind in (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER)
    ]

    assert [number for number in usual if number and why_never_dialed(number)] == []
    assert [number for number in charged if number and not why_never_dialed(number)] == []


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_no_emergency_number_may_be_dialed_however_it_is_written(region: str) -> None:
    code = phonenumbers.country_code_for_region(region)
    emergency = [str(n) for n in range(10, 1000) if shortnumberinfo.is_emergency_number(str(n), region)]
    written = [(short, region) for short in emergency] + [(f"+{code}{short}", None) for short in emergency]

    read = [read_phone(text, where) for text, where in written]

    assert [number for number in read if not isinstance(number, PhoneProblem) and not why_never_dialed(number)] == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+19005551212", "premium-rate"),
        ("+881612345678", "satellite"),
        ("+80812345678", "shared-cost"),
        ("+447012345678", "personal"),
        ("+19115550123", "emergency"),
    ],
)
def test_who_is_refused_is_told_the_kind_in_words(number: str, words: str) -> None:
    assert words in (why_never_dialed(number) or "")


def test_every_kind_that_is_never_dialed_has_its_words() -> None:
    assert {kind for kind, numbers in _KINDS.items() if any(map(why_never_dialed, numbers))} == set(NEVER_DIALED)


def test_a_number_that_is_dear_to_call_back_is_no_caller_id() -> None:
    shown = {kind for kind, numbers in _KINDS.items() if not any(map(why_never_shown, numbers))}

    assert {NumberKind.PREMIUM, NumberKind.EMERGENCY} == set(NumberKind) - shown
