"""A number that is not surely of one clock has all that it may lie on, and no number has one of another country."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberType
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.tzdata import TIMEZONE_DATA

from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.contact_zones import zones_for
from orchestrator.policy.zones.number_zones import zones_by_prefix
from orchestrator.policy.zones.zone_names import zone_info, zones_of
from tools.make_number_zones import WRITTEN_TO, make_table

LAW_REGIONS = Path(str(files("orchestrator.policy.law"))) / "number_regions.tsv"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
TWO_YEARS = [NOW + timedelta(days=5 * step) for step in range(150)]
EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"

# Geographic codes in service on 2026-09-21, by the report of the numbering plan's administrator.
IN_SERVICE = [
    code
    for line in (
        "201 202 203 204 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 226 227 228",
        "229 231 234 235 236 239 240 242 246 248 249 250 251 252 253 254 256 257 260 262 263 264 267 268 269",
        "270 272 274 276 279 281 283 284 289 301 302 303 304 305 306 307 308 309 310 312 313 314 315 316 317",
        "318 319 320 321 323 324 325 326 327 329 330 331 332 334 336 337 339 340 341 343 345 346 347 350 351",
        "352 353 354 357 360 361 363 364 365 367 368 369 380 382 385 386 401 402 403 404 405 406 407 408 409",
        "410 412 413 414 415 416 417 418 419 423 424 425 428 430 431 432 434 435 436 437 438 440 441 442 443",
        "445 447 448 450 457 458 463 464 465 468 469 470 471 472 473 474 475 478 479 480 483 484 501 502 503",
        "504 505 506 507 508 509 510 512 513 514 515 516 517 518 519 520 530 531 534 539 540 541 548 551 557",
        "559 561 562 563 564 567 570 571 572 573 574 575 579 580 581 582 584 585 586 587 601 602 603 604 605",
        "606 607 608 609 610 612 613 614 615 616 617 618 619 620 621 623 624 626 628 629 630 631 636 639 640",
        "641 645 646 647 649 650 651 656 657 658 659 660 661 662 664 667 669 670 671 672 678 679 680 681 682",
        "683 684 686 689 701 702 703 704 705 706 707 708 709 712 713 714 715 716 717 718 719 720 721 724 725",
        "726 727 728 729 730 731 732 734 737 738 740 742 743 747 748 753 754 757 758 760 762 763 765 767 769",
        "770 771 772 773 774 775 778 779 780 781 782 784 785 786 787 801 802 803 804 805 806 807 808 809 810",
        "812 813 814 815 816 817 818 819 820 821 825 826 828 829 830 831 832 835 837 838 839 840 843 845 847",
        "848 849 850 854 856 857 858 859 860 861 862 863 864 865 867 868 869 870 872 873 876 878 879 901 902",
        "903 904 905 906 907 908 909 910 912 913 914 915 916 917 918 919 920 924 925 928 929 930 931 934 936",
        "937 938 939 940 941 942 943 945 947 948 949 951 952 954 956 959 970 971 972 973 975 978 979 980 983",
        "984 985 986 989",
    )
    for code in line.split()
]

# Codes on two clocks, each with those laid over it.
SPLIT = {
    "208/986": {MOUNTAIN, PACIFIC},
    "219": {EASTERN, CENTRAL},
    "236/250/257/672/778": {"America/Vancouver", "America/Edmonton"},
    "270/364": {EASTERN, CENTRAL},
    "306/474/639": {"America/Regina", "America/Winnipeg"},
    "308": {CENTRAL, MOUNTAIN},
    "367/418/581": {"America/Toronto", "America/Halifax", "America/Blanc-Sablon"},
    "423/729": {EASTERN, CENTRAL},
    "448/850": {EASTERN, CENTRAL},
    "458/541": {MOUNTAIN, PACIFIC},
    "574": {EASTERN, CENTRAL},
    "605": {CENTRAL, MOUNTAIN},
    "606": {EASTERN, CENTRAL},
    "620": {CENTRAL, MOUNTAIN},
    "701": {CENTRAL, MOUNTAIN},
    "709/879": {"America/Halifax", "America/St_Johns"},
    "775": {MOUNTAIN, PACIFIC},
    "785": {CENTRAL, MOUNTAIN},
    "807": {"America/Toronto", "America/Winnipeg"},
    "812/930": {EASTERN, CENTRAL},
    "867": {"America/Whitehorse", "America/Inuvik", "America/Rankin_Inlet", "America/Iqaluit"},
    "906": {EASTERN, CENTRAL},
    "907": {"America/Anchorage", "America/Adak"},
    "915": {CENTRAL, MOUNTAIN},
    "928": {MOUNTAIN, "America/Phoenix"},
    "931": {EASTERN, CENTRAL},
}

PLACES = [
    ("+12192002000", {EASTERN, CENTRAL}),  # a new exchange: Gary or the Eastern county
    ("+12199312000", {EASTERN, CENTRAL}),  # phonenumbers takes ten exchanges together
    ("+12198362000", {CENTRAL}),  # Munster, listed by itself
    ("+12702002000", {EASTERN, CENTRAL}),
    ("+12704422000", {CENTRAL}),  # Paducah
    ("+14234212000", {EASTERN}),  # Chattanooga
    ("+15418892000", {MOUNTAIN}),  # Ontario, Oregon
    ("+15412002000", {MOUNTAIN, PACIFIC}),
    ("+16063872000", {CENTRAL}),  # Albany, Kentucky
    ("+18504312000", {EASTERN, CENTRAL}),  # Tallahassee, among exchanges taken for Pensacola's
    ("+18502272000", {EASTERN, CENTRAL}),  # Port St. Joe
    ("+18678790000", {"America/Iqaluit", "America/Whitehorse"}),
    ("+18679792000", {"America/Iqaluit"}),
    ("+18676682000", {"America/Whitehorse"}),
    ("+19078352000", {"America/Anchorage"}),
    ("+19075812000", {"America/Anchorage", "America/Adak"}),  # Unalaska
    ("+13342912000", {EASTERN, CENTRAL}),  # Phenix City
    ("+13342402000", {CENTRAL}),  # Montgomery
    ("+14362342000", {EASTERN}),
    ("+14572342000", {CENTRAL}),
    ("+16242342000", {EASTERN}),
    ("+18372342000", {PACIFIC}),
    ("+18612342000", {CENTRAL}),
    ("+13872342000", {"America/Toronto"}),
    ("+12423591234", {"America/Nassau"}),  # a mobile of the Caribbean
    ("+18764567890", {"America/Jamaica"}),
    ("+61732001234", {"Australia/Brisbane"}),
    ("+61755361234", {"Australia/Brisbane", "Australia/Sydney"}),  # Tweed Heads
    ("+61755231234", {"Australia/Brisbane", "Australia/Sydney"}),
    ("+61755241234", {"Australia/Brisbane", "Australia/Sydney"}),
    ("+61291234567", {"Australia/Sydney"}),
    ("+61889321234", {"Australia/Darwin", "Australia/Adelaide"}),
    ("+6281234567890", {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}),
    ("+62218350123", {"Asia/Jakarta"}),
    ("+56322100123", {"Pacific/Easter", "America/Santiago"}),
    ("+56322250123", {"America/Santiago"}),
    ("+56612212345", {"America/Punta_Arenas"}),
    ("+56672212345", {"America/Coyhaique"}),
    ("+56961234567", {"America/Santiago", "Pacific/Easter", "America/Punta_Arenas"}),
    ("+74012345678", {"Europe/Kaliningrad"}),
    ("+78452345678", {"Europe/Saratov"}),
    ("+74112345678", {"Asia/Yakutsk", "Asia/Srednekolymsk"}),
    ("+77011234567", {"Asia/Almaty"}),
    ("+79401234567", {"Europe/Moscow"}),
    ("+526141234567", {"America/Chihuahua"}),
    ("+526261234567", {"America/Chihuahua", "America/Ojinaga"}),
    ("+528681234567", {"America/Matamoros", "America/Mexico_City"}),
    ("+525512345678", {"America/Mexico_City"}),
    ("+212650123456", {"Africa/Casablanca"}),
    ("+211977123456", {"Africa/Juba"}),
    ("+213551234567", {"Africa/Algiers"}),
    ("+218912345678", {"Africa/Tripoli"}),
    ("+50581234567", {"America/Managua"}),
    ("+970599123456", {"Asia/Gaza", "Asia/Hebron"}),
    ("+972599123456", {"Asia/Gaza", "Asia/Jerusalem"}),
    ("+972502345678", {"Asia/Jerusalem"}),
    ("+67570123456", {"Pacific/Port_Moresby", "Pacific/Bougainville"}),
    ("+6753123456", {"Pacific/Port_Moresby"}),
    ("+5581999998888", {"America/Recife", "America/Noronha"}),
    ("+558132221234", {"America/Recife", "America/Noronha"}),
    ("+5511961234567", {"America/Sao_Paulo"}),
    ("+559132123456", {"America/Belem", "America/Manaus"}),
    ("+559733221234", {"America/Manaus", "America/Eirunepe"}),
    ("+34927123456", {"Europe/Madrid"}),
    ("+34827123456", {"Europe/Madrid", "Atlantic/Canary"}),
    ("+34928123456", {"Atlantic/Canary"}),
    ("+34612345678", {"Europe/Madrid", "Atlantic/Canary"}),
    ("+351912345678", {"Europe/Lisbon", "Atlantic/Azores"}),
    ("+593991234567", {"America/Guayaquil", "Pacific/Galapagos"}),
    ("+64211234567", {"Pacific/Auckland", "Pacific/Chatham"}),
    ("+243991234567", {"Africa/Kinshasa", "Africa/Lubumbashi"}),
    ("+97688123456", {"Asia/Ulaanbaatar", "Asia/Hovd"}),
    ("+68940912345", {"Pacific/Marquesas", "Pacific/Tahiti"}),
    ("+68987123456", {"Pacific/Marquesas", "Pacific/Tahiti"}),
    ("+905338123456", {"Asia/Famagusta", "Europe/Istanbul"}),
    ("+905321234567", {"Europe/Istanbul"}),
    ("+869912345678", {"Asia/Urumqi", "Asia/Shanghai"}),
    ("+861012345678", {"Asia/Shanghai"}),
    ("+61412345678", {"Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide"}),
]


@cache
def clock(zone: str) -> tuple[timedelta | None, ...]:
    """Return what tells one clock from another: its distance from UTC through two years."""
    return tuple(moment.astimezone(zone_info(zone)).utcoffset() for moment in TWO_YEARS)


def clocks(zones: object) -> set[tuple[timedelta | None, ...]]:
    return {clock(zone) for zone in zones}  # type: ignore[attr-defined]


def key_of(phone: str) -> str:
    return zones_for(phone, now=NOW).key


def test_the_table_is_what_its_generator_makes_of_the_locked_phonenumbers() -> None:
    assert WRITTEN_TO.read_text() == make_table(), "run `make zones`"


def test_every_row_names_zones_that_are_real_its_source_and_its_day() -> None:
    _, *rows = [line.split("\t") for line in WRITTEN_TO.read_text().splitlines()]

    assert len(rows) > 2000
    for prefix, zones, source, as_of in rows:
        assert prefix.isdigit() and source and datetime.fromisoformat(as_of), prefix
        assert all(zone_info(zone) for zone in zones.split("|")), prefix


def test_a_code_in_service_is_some_places_and_not_all_of_north_americas() -> None:
    told = {
        f"{code} {exchange}": len(zones_of(key_of(f"+1{code}{exchange}2000")))
        for code in IN_SERVICE
        for exchange in (200, 234, 359, 456, 555, 700, 976, 999)
    }

    assert {number: zones for number, zones in told.items() if not 1 <= zones <= 11} == {}


def test_every_code_of_a_place_that_phonenumbers_or_the_law_knows_is_no_more_than_one_places() -> None:
    """Of all 800: whoever takes a code for a place's must be told its clocks, not those of all North America."""
    of_the_law = {line[1:4] for line in LAW_REGIONS.read_text().splitlines()[1:] if line[0] == "1" and len(line) > 3}
    told = {}
    for code in map(str, range(200, 1000)):
        kind = phonenumbers.number_type(PhoneNumber(country_code=1, national_number=int(f"{code}2345678")))
        if kind == PhoneNumberType.FIXED_LINE_OR_MOBILE or code in of_the_law:
            told[code] = len(zones_of(key_of(f"+1{code}2342000")))

    assert len(told) > 420
    assert {code: zones for code, zones in told.items() if not 1 <= zones <= 11} == {}


@pytest.mark.parametrize(
    "code", ["500", "533", "600", "700", "710", "800", "833", "844", "855", "866", "877", "888", "900"]
)
def test_a_code_that_is_no_place_names_none_to_go_by(code: str) -> None:
    assert not is_open(CallingHours(), key_of(f"+1{code}2342000"), datetime(2026, 12, 1, 18, tzinfo=UTC))


@pytest.mark.parametrize(("codes", "zones"), SPLIT.items())
def test_an_exchange_of_a_split_code_has_all_its_zones_unless_it_is_listed_by_itself(
    codes: str, zones: set[str]
) -> None:
    for code in codes.split("/"):
        for exchange in range(200, 1000):
            listed = TIMEZONE_DATA.get(f"1{code}{exchange}")
            told = clocks(zones_of(key_of(f"+1{code}{exchange}2000")))

            assert told >= clocks(listed or zones), (code, exchange)


@pytest.mark.parametrize("codes", [codes for codes in SPLIT if "/" in codes])
def test_codes_laid_over_one_another_answer_alike(codes: str) -> None:
    listed = {prefix[4:] for prefix in TIMEZONE_DATA if prefix[1:4] in codes.split("/")}
    others = [exchange for exchange in map(str, range(200, 1000)) if exchange not in listed]

    for exchange in others:
        assert len({key_of(f"+1{code}{exchange}2000") for code in codes.split("/")}) == 1, exchange


@pytest.mark.parametrize(("phone", "zones"), PLACES)
def test_a_number_lies_where_its_plan_says(phone: str, zones: set[str]) -> None:
    told = clocks(zones_of(key_of(phone)))

    assert told == clocks(zones) if len(zones) == 1 else told >= clocks(zones)


def test_no_prefix_goes_by_a_clock_that_its_country_does_not_have() -> None:
    foreign = {}
    for prefix, said in TIMEZONE_DATA.items():
        own, key = _own_clocks(_country_of(prefix)), zones_by_prefix(f"+{prefix}")
        told = said if key is None else zones_of(key)
        if own and len(told) <= 4 and not clocks(told) <= own:
            foreign[prefix] = told

    assert foreign == {}


@pytest.mark.parametrize("region", ["AU", "CD", "CL", "EC", "ES", "ID", "KI", "MN", "NZ", "PF", "PG", "PT", "RU"])
def test_a_mobile_of_a_country_on_several_clocks_has_more_than_one(region: str) -> None:
    mobile = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    phone = "+56961234567" if region == "CL" else phonenumbers.format_number(mobile, 0)

    assert len(clocks(zones_of(key_of(phone)))) > 1


def test_nobody_is_rung_at_a_quarter_to_midnight_in_iqaluit() -> None:
    quarter_to_midnight = datetime(2026, 12, 2, 4, 45, tzinfo=UTC)

    assert not is_open(CallingHours(), key_of("+18678790000"), quarter_to_midnight)
    assert not is_open(CallingHours(), key_of("+18679792000"), quarter_to_midnight)


def test_the_last_four_digits_decide_nothing_in_north_america() -> None:
    for code in (*IN_SERVICE[::7], "555", "800", "900"):
        for exchange in (200, 359, 555, 976):
            keys = {key_of(f"+1{code}{exchange}{line:04d}") for line in (0, 123, 2000, 5555, 9999)}
            assert len(keys) == 1, (code, exchange)


# Clocks of a neighbour that numbers of a country lie on.
_SHARED = {
    7: ("Europe/Moscow",),
    52: (EASTERN,),  # two prefixes that are nobody's
    90: ("Asia/Famagusta",),
    247: ("Atlantic/St_Helena",),
    383: ("Europe/Belgrade",),
    672: ("Antarctica/Casey", "Antarctica/Davis", "Antarctica/Macquarie", "Antarctica/Mawson"),
    972: ("Asia/Gaza", "Asia/Hebron"),
}


@cache
def _zones_of_region(region: str) -> tuple[str, ...]:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    rows = [line.split("\t") for line in table if line and not line.startswith("#")]
    return tuple(row[2] for row in rows if row[0] == region)


@cache
def _own_clocks(country: int) -> set[tuple[timedelta | None, ...]]:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(country, ())
    own = {zone for region in regions for zone in _zones_of_region(region)}
    return clocks(own.union(_SHARED.get(country, ()))) if own else set()


@cache
def _country_of(prefix: str) -> int:
    return next((int(prefix[:n]) for n in (3, 2, 1) if int(prefix[:n]) in COUNTRY_CODE_TO_REGION_CODE), 0)
