"""Why something is not dialed: one closed set of reasons, each with the sentence that explains it to a person."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import ContactStatus


class Reason(StrEnum):
    """Why a contact waits, is held or ended undialed."""

    DIALING_STOPPED = "dialing_stopped"
    CAMPAIGN_NOT_STARTED = "campaign_not_started"
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_ENDED = "campaign_ended"
    CAMPAIGN_CANCELED = "campaign_canceled"
    CONTACT_CLOSED = "contact_closed"
    NUMBER_KIND = "number_kind"
    REGION_NOT_ALLOWED = "region_not_allowed"
    SUPPRESSED = "suppressed"
    CONSENT_REVOKED = "consent_revoked"
    NUMBER_REASSIGNED = "number_reassigned"
    NOT_ON_ALLOW_LIST = "not_on_allow_list"
    ATTEMPTS_SPENT = "attempts_spent"
    NOT_YET = "not_yet"
    TOO_LATE = "too_late"
    RETRY_DUE = "retry_due"
    CALLBACK = "callback"
    OUTSIDE_HOURS = "outside_hours"
    ZONE_UNKNOWN = "zone_unknown"
    NO_COMMON_HOURS = "no_common_hours"
    LAW_HOURS = "law_hours"
    LAW_HOLIDAY = "law_holiday"
    CONSENT_MISSING = "consent_missing"
    LIST_STALE = "list_stale"
    NUMBER_IN_USE = "number_in_use"
    NUMBER_GAP = "number_gap"
    REST_AFTER_HUMAN = "rest_after_human"
    REST_AFTER_ABANDONED = "rest_after_abandoned"
    NUMBER_DAY_LIMIT = "number_day_limit"
    NUMBER_WEEK_LIMIT = "number_week_limit"
    SUBJECT_DAY_LIMIT = "subject_day_limit"
    CALLER_ID_RESTING = "caller_id_resting"
    CALLER_ID_QUOTA = "caller_id_quota"
    NO_CAPACITY = "no_capacity"
    RATE = "rate"
    CATCHING_UP = "catching_up"
    FIRST_WEBHOOK = "first_webhook"
    REDIS = "redis"
    CARRIER_BUSY = "carrier_busy"
    CARRIER_UNAVAILABLE = "carrier_unavailable"
    CARRIER_REFUSED = "carrier_refused"
    CARRIER_FAULT = "carrier_fault"
    CLOCK_SKEW = "clock_skew"
    SEND_TOO_OLD = "send_too_old"
    CLAIM_FAILED = "claim_failed"
    RECORD_FAILED = "record_failed"
    UNKNOWN_ATTEMPT = "unknown_attempt"
    RESTORED = "restored"
    IMPORT_WITHDRAWN = "import_withdrawn"

    @property
    def sentence(self) -> str:
        """Return one sentence: what blocks the dial, and how to change it if it can be changed.

        Who of several says a cap or a rest is known of a contact alone: its explanation names who does.
        """
        return _SENTENCES[self]

    @property
    def what_holds(self) -> str:
        """Return the sentence without those who may say the cap or the rest."""
        return _LIMITED.get(self, self.sentence)


_LIMITED = {
    Reason.NUMBER_GAP: "This number was dialed less than the gap ago that must lie between two dials.",
    Reason.REST_AFTER_HUMAN: "Somebody was talked to at this number; it rests before the next call.",
    Reason.REST_AFTER_ABANDONED: (
        "A call to this number was abandoned: somebody answered and heard nothing. The number rests before the next "
        "call."
    ),
    Reason.NUMBER_DAY_LIMIT: (
        "This number has been dialed as often as it may be within 24 hours, all campaigns and single calls together."
    ),
    Reason.NUMBER_WEEK_LIMIT: (
        "This number has been dialed as often as it may be within 7 days, all campaigns and single calls together."
    ),
    Reason.SUBJECT_DAY_LIMIT: (
        "This number has been dialed as often as it may be within 24 hours on the campaign's subject, by all campaigns "
        "of that subject together."
    ),
}
_MAY_SAY = (
    "The installation, the campaign or the law of the person's place says so; the explanation of the contact names "
    "which."
)

_SENTENCES = {
    Reason.DIALING_STOPPED: "All dialing is stopped; POST /v1/dialing/resume starts it again.",
    Reason.CAMPAIGN_NOT_STARTED: "The campaign has not been started, or the time of its start has not come.",
    Reason.CAMPAIGN_PAUSED: "The campaign is paused; resume it to go on.",
    Reason.CAMPAIGN_ENDED: "The campaign is over: its ends_at has passed or it has completed.",
    Reason.CAMPAIGN_CANCELED: "The campaign was canceled.",
    Reason.CONTACT_CLOSED: "The contact already has its final status.",
    Reason.NUMBER_KIND: (
        "The number is of a kind that is not dialed: premium rate, shared cost, personal, satellite or emergency. "
        "All but the last can be allowed by the campaign's allow_number_kinds."
    ),
    Reason.REGION_NOT_ALLOWED: (
        "The number belongs to a country that this connection does not dial: its dial_regions say which it does, and "
        "where they are left out, those of the caller ids."
    ),
    Reason.SUPPRESSED: (
        "The number is suppressed: everywhere, for this campaign, or by a list or registry that covers the campaign."
    ),
    Reason.CONSENT_REVOKED: "The person has revoked such calls, and has not consented again since.",
    Reason.NUMBER_REASSIGNED: (
        "The number has gone to somebody else since its person consented. Once the new person consents, a new contact "
        "may be dialed."
    ),
    Reason.NOT_ON_ALLOW_LIST: (
        "The campaign dials the numbers of its allow list alone, and this one is not on it; add it to go on."
    ),
    Reason.ATTEMPTS_SPENT: "The contact has been dialed as often as the retry rules allow.",
    Reason.NOT_YET: "The contact's not_before has not come.",
    Reason.TOO_LATE: "The contact's not_after has passed.",
    Reason.RETRY_DUE: "The last attempt is followed by another one at this time, as the retry rules say.",
    Reason.CALLBACK: "The person is to be called back at this time, first in line.",
    Reason.OUTSIDE_HOURS: "It is outside the calling hours in at least one of the contact's time zones.",
    Reason.ZONE_UNKNOWN: (
        "The contact's time zone is unknown, or its zones share less than two hours a day of the calling hours; give "
        "the contact a timezone, by its address (timezone_source `address`) where its number or region lies elsewhere, "
        "or, for a number that tells no place, the campaign a default_timezone."
    ),
    Reason.NO_COMMON_HOURS: (
        "The campaign's calling hours and those that the law of the person's place allows have no minute in common, "
        "holidays left out, so that the contact is never called; change the calling_hours, or the contact's region or "
        "timezone."
    ),
    Reason.LAW_HOURS: "The law of the place where the person is allows no such call at this hour.",
    Reason.LAW_HOLIDAY: "It is a holiday in the place where the person is, on which its law allows no such call.",
    Reason.CONSENT_MISSING: (
        "The campaign calls only people who have consented, and no consent of the kind and purpose it asks for is on "
        "record; POST /v1/consents records one."
    ),
    Reason.LIST_STALE: (
        "A registry that covers this number is older than its max_age or the law allows, or was never imported; or the "
        "campaign asks for an answer that the number is still the person's, and no list has one that is young enough "
        "and reaches back to the consent. Import the newest to go on."
    ),
    Reason.NUMBER_IN_USE: "Another call to or from this number is under way.",
    Reason.CALLER_ID_RESTING: "Every caller id of the campaign rests.",
    Reason.CALLER_ID_QUOTA: (
        "The caller id has made as many calls as the caps of the installation or the campaign allow within 24 hours; "
        "or each number of the pool as many as these or the pool allow within an hour or 24 hours."
    ),
    Reason.NO_CAPACITY: "All channels of the account or the campaign are in use.",
    Reason.RATE: "The calls per second allowed are used up; the contact is next in line.",
    Reason.CATCHING_UP: (
        "Calls under way wait for this installation, which dials again as soon as they are served; "
        "if this lasts, start more engines or command workers."
    ),
    Reason.FIRST_WEBHOOK: (
        "The campaign has made its first five calls and waits until a webhook of the carrier comes in; if none does, "
        "it is paused, and `orchestrator doctor` says what is wrong with the public address."
    ),
    Reason.REDIS: (
        "Redis is away, nearly full or being rebuilt, or it refuses what it is asked; /readyz and the log say which."
    ),
    Reason.CARRIER_BUSY: "The carrier said that it takes no more calls at the moment.",
    Reason.CARRIER_UNAVAILABLE: "The carrier could not be reached.",
    Reason.CARRIER_REFUSED: "The carrier refuses our account, connection or caller id; the campaign was paused.",
    Reason.CARRIER_FAULT: (
        "The carrier's route failed before anybody could answer; the call is made again, and no attempt was spent."
    ),
    Reason.CLOCK_SKEW: "A clock of this installation differs from the carrier's by more than a minute.",
    Reason.SEND_TOO_OLD: "The send was dropped because the process had been standing still.",
    Reason.CLAIM_FAILED: (
        "Something about the contact, its flow or its campaign cannot be read or written; the log says what. "
        "It is tried again every ten minutes, a single call every minute, and keeps nobody else from being called."
    ),
    Reason.RECORD_FAILED: "The last call's result could not be recorded; it stands in the dead letters.",
    Reason.UNKNOWN_ATTEMPT: "The last attempt may have been carried out; it is never dialed again.",
    Reason.RESTORED: (
        "The installation was restored from a backup, which does not know whether the person has been called since: "
        "take who was for done, and release the others (`orchestrator campaign release`)."
    ),
    Reason.IMPORT_WITHDRAWN: "The import that brought the contact was withdrawn.",
    **{reason: f"{what} {_MAY_SAY}" for reason, what in _LIMITED.items()},
}


_BY_CODE: Final[Mapping[str | None, Reason]] = {reason.value: reason for reason in Reason}


def reason_of_wait(code: str | None) -> Reason:
    """Return why a contact waits, by its code; behind a call it stands there with that call's result."""
    return _BY_CODE.get(code, Reason.RETRY_DUE)


def sentence_of(code: str | None) -> str | None:
    """Return the sentence of a reason by its code; None where it is none of these, such as a disposition."""
    reason = _BY_CODE.get(code)
    return reason.sentence if reason else None


HELD_BY_CAPS: Final = (
    Reason.NUMBER_GAP,
    Reason.REST_AFTER_HUMAN,
    Reason.REST_AFTER_ABANDONED,
    Reason.NUMBER_DAY_LIMIT,
    Reason.NUMBER_WEEK_LIMIT,
    Reason.SUBJECT_DAY_LIMIT,
    Reason.CALLER_ID_QUOTA,
)
"""The reasons of contacts that wait for a cap or a rest: a change of these releases them."""

END_OF_CAMPAIGN: Final[Mapping[str, tuple[ContactStatus, Reason]]] = {
    CampaignStatus.CANCELED: (ContactStatus.CANCELED, Reason.CAMPAIGN_CANCELED),
    CampaignStatus.COMPLETED: (ContactStatus.EXPIRED, Reason.CAMPAIGN_ENDED),
}
"""What becomes of a contact that would still be dialed when its campaign has this status."""

RELEASED_BY_LISTS: Final = (Reason.LIST_STALE, Reason.NOT_ON_ALLOW_LIST)
"""What ends when a list changes: contacts that are held for it are then asked for again."""
