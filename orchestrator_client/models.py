"""What the API takes and gives, as JSON. Made from /openapi.json by `make docs`; not edited by hand."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AbandonGuard(TypedDict):
    """
    Pauses before more than this share of the people of 30 days were abandoned, on 100 people or more.

    On fewer than 100 people it allows as many as on 100. It warns above `warn`. 47 CFR 64.1200(a)(7).
    """

    pause: NotRequired[float | None]
    because: NotRequired[str | None]
    warn: NotRequired[float | None]


class AcceptedCommand(TypedDict):
    """
    A command that was put in the call's stream.
    """

    command_id: str


class AmdConfig(TypedDict):
    """
    Thresholds of detection in milliseconds, Hz where the name says so.

    Premium reads only `total_analysis_time_millis` and `greeting_duration_millis` (and `prompt_end_timeout_millis` in
    its screening variant). The carrier publishes no ranges but for the purity.
    """

    after_greeting_silence_millis: NotRequired[int]
    between_words_silence_millis: NotRequired[int]
    greeting_duration_millis: NotRequired[int]
    greeting_silence_duration_millis: NotRequired[int]
    greeting_total_analysis_time_millis: NotRequired[int]
    initial_silence_millis: NotRequired[int]
    maximum_number_of_words: NotRequired[int]
    maximum_word_length_millis: NotRequired[int]
    silence_threshold: NotRequired[int]
    total_analysis_time_millis: NotRequired[int]
    beep_detection_profile: NotRequired[Literal["both", "freq_only"]]
    beep_max_frequency_hz: NotRequired[int]
    beep_min_frequency_hz: NotRequired[int]
    beep_min_tone_duration_millis: NotRequired[int]
    beep_spectral_confirmation: NotRequired[bool]
    beep_spectral_min_purity: NotRequired[float]
    beep_spectral_reject_fax_cng: NotRequired[bool]
    beep_spectral_window_millis: NotRequired[int]
    prompt_end_timeout_millis: NotRequired[int]


class Asked(TypedDict):
    """
    The moment to look at.
    """

    at: NotRequired[str | None]


class AssemblyAiEngine(TypedDict):
    """
    AssemblyAI's engine.
    """

    transcription_engine: NotRequired[Literal["AssemblyAI"]]
    interim_results: NotRequired[bool]
    transcription_model: NotRequired[Literal["assemblyai/universal-streaming"]]


class AuditView(TypedDict):
    """
    Something that was done: the request, what it concerned, and what it changed, as {field: [before, after]}.

    Of a person's own data the names of the fields stand there, and not the values. `subject_name` is what the subject
    is called now: a name, a number; null for what has none, or is gone.
    """

    id: str
    at: str
    by: str
    key_id: str | None
    user_id: str | None
    action: str
    subject: str | None
    subject_name: str | None
    changes: dict[str, list[Any]]


class AwsVoice(TypedDict):
    """
    Amazon's voices, which have no settings.
    """

    type: Literal["aws"]


class AzureEngine(TypedDict):
    """
    Microsoft's engine.
    """

    transcription_engine: Literal["Azure"]
    region: Literal["australiaeast", "centralindia", "eastus", "northcentralus", "westeurope", "westus2"]
    api_key_ref: NotRequired[str]
    language: NotRequired[str]


class AzureVoice(TypedDict):
    """
    Microsoft's voices.
    """

    type: Literal["azure"]
    api_key_ref: NotRequired[str]
    deployment_id: NotRequired[str]
    effect: NotRequired[Literal["eq_car", "eq_telecomhp8k"]]
    gender: NotRequired[Literal["Male", "Female"]]
    region: NotRequired[str]


class Bridge(TypedDict):
    """
    Connect this leg with another leg, with the first caller of a queue, or with a video room.

    `call_control_id` is the other leg's; today's schema calls it required, its text names the three as alternatives.
    A queue's caller leaves the queue even when bridging fails; an empty queue is refused. When the bridge ends, the
    leg that is left is hung up unless `park_after_unbridge` or `hold_after_unbridge` keep it. Each leg gets its own
    `call.bridged`.
    """

    record: NotRequired[Literal["record-from-answer"]]
    record_channels: NotRequired[Literal["single", "dual"]]
    record_custom_file_name: NotRequired[str]
    record_format: NotRequired[Literal["mp3", "wav"]]
    record_max_length: NotRequired[int]
    record_timeout_secs: NotRequired[int]
    record_track: NotRequired[Literal["both", "inbound", "outbound"]]
    record_trim: NotRequired[Literal["trim-silence"]]
    client_state: NotRequired[str]
    call_control_id: NotRequired[str]
    queue: NotRequired[str]
    video_room_id: NotRequired[str]
    hold_after_unbridge: NotRequired[bool]
    mute_dtmf: NotRequired[Literal["none", "self", "opposite", "both"]]
    park_after_unbridge: NotRequired[Literal["self"]]
    play_ringtone: NotRequired[bool]
    prevent_double_bridge: NotRequired[bool]
    ringtone: NotRequired[
        Literal[
            "at",
            "au",
            "be",
            "bg",
            "br",
            "ch",
            "cl",
            "cn",
            "cz",
            "de",
            "dk",
            "ee",
            "es",
            "fi",
            "fr",
            "gr",
            "hu",
            "il",
            "in",
            "it",
            "jp",
            "lt",
            "mx",
            "my",
            "nl",
            "no",
            "nz",
            "ph",
            "pl",
            "pt",
            "ru",
            "se",
            "sg",
            "th",
            "tw",
            "uk",
            "us-old",
            "us",
            "ve",
            "za",
        ]
    ]
    video_room_context: NotRequired[str]


class CallCounts(TypedDict):
    """
    Calls by state; `dialed` counts each that the carrier has or may have received.

    Of the `people` who answered and were measured, `abandoned` heard nothing within two seconds, `silent` nothing
    within three, and `opted_out` asked not to be called again.
    """

    dialed: int
    live: int
    ended: int
    people: int
    abandoned: int
    silent: int
    opted_out: int
    by_disposition: dict[str, int]
    by_outcome: dict[str, int]
    by_answer: dict[str, dict[str, int]]


class CallTotals(TypedDict):
    """
    Calls by state and result; of the `people` who answered, how many heard nothing in time or opted out.
    """

    dialed: int
    live: int
    ended: int
    people: int
    abandoned: int
    silent: int
    opted_out: int
    by_disposition: dict[str, int]
    by_outcome: dict[str, int]


class Callback(TypedDict):
    """
    When to call a person back: `after` so long, or `at` a time; one of the two.
    """

    after: NotRequired[str | None]
    at: NotRequired[str | None]
    note: NotRequired[str | None]


class CallbackView(TypedDict):
    """
    When a contact is called back, and what was noted; `call_id` is the call before.
    """

    at: str
    note: str | None
    call_id: str | None


class CallerIdRoom(TypedDict):
    """
    A caller id, how the carrier attests it where that is known, and its dials left in 24 h; null without a cap.
    """

    number: str
    attestation: str | None
    room_today: int | None
    dials_24h: int


class CallingHoursOutput(TypedDict):
    pass


CallerId: TypeAlias = str


Reason1: TypeAlias = str


Outcome: TypeAlias = str


SuppressItem: TypeAlias = str


RegistryItem: TypeAlias = str


ReassignedItem: TypeAlias = str


class CampaignLists(TypedDict):
    """
    The lists of a campaign, by name; a request may name them by id.
    """

    suppress: NotRequired[list[SuppressItem]]
    registry: NotRequired[Literal["auto", "off"] | list[RegistryItem]]
    allow: NotRequired[str | None]
    reassigned: NotRequired[Literal["auto"] | list[ReassignedItem]]
    because: NotRequired[str | None]


class Cancellation(TypedDict):
    """
    What happens to the calls under way: they `finish` by their flow, or are hung up at once.
    """

    live_calls: NotRequired[Literal["finish", "hangup"]]


class Caps(TypedDict):
    """
    How often a number is called, at most, and how long it rests; null is what holds for everybody.

    Of two caps the smaller applies, of two rests the longer.
    """

    per_number_24h: NotRequired[int | None]
    per_number_7d: NotRequired[int | None]
    per_subject_24h: NotRequired[int | None]
    per_caller_id_24h: NotRequired[int | None]
    min_gap: NotRequired[str | None]
    rest_after_human: NotRequired[str | None]
    rest_after_abandoned: NotRequired[str | None]


class CaptureView(TypedDict):
    """
    A captured track. `content` is where its file is; `loss` is the share of the audio that was lost, 0 to 1.

    `is_complete` is false while it is being captured, and stays so if the receiver died meanwhile. G.711 becomes WAV;
    other codecs are stored as received, and their `seconds` are unknown. `soundless` packets of a fork carried DTMF,
    comfort noise or another codec: silence in the file.
    """

    file: str
    content: str
    source: Literal["stream", "fork"]
    track: str
    codec: str
    sample_rate: int
    channels: int
    started_at: str
    ended_at: str | None
    is_complete: bool
    is_cut: bool
    seconds: float | None
    bytes: int
    loss: float
    received: int
    lost: int
    late: int
    repeated: int
    soundless: int


Change: TypeAlias = Literal["added", "lengthened", "kept"]


class ChangeError(TypedDict):
    """
    Why a change was stopped before its end.
    """

    code: str
    detail: str


Choose: TypeAlias = Literal["sticky", "local_then_sticky"]


class ClientStateUpdate(TypedDict):
    """
    Set the state that every later webhook of the leg carries; the one PUT, and the one without a command id.

    Harmless when repeated: the last value wins.
    """

    client_state: str


class CohereEngine(TypedDict):
    """
    Cohere's engine, Arabic and English (known to the official SDK only).
    """

    transcription_engine: NotRequired[Literal["Cohere"]]
    language: NotRequired[Literal["ar", "en"]]
    transcription_model: NotRequired[Literal["cohere/ar-stt"]]


DialRegion: TypeAlias = str


class ConnectionChange(TypedDict):
    """
    What may change about a connection.
    """

    calls_per_second: NotRequired[float]
    max_live_calls: NotRequired[int]
    dial_regions: NotRequired[list[DialRegion] | None]


class ConnectionView(TypedDict):
    """
    A carrier account's limits.
    """

    id: str
    calls_per_second: float
    max_live_calls: int
    dial_regions: list[str] | None
    updated_at: str


class ConsentError(TypedDict):
    """
    A row that was refused; the header is row 1.
    """

    row: int
    code: str
    detail: str


ConsentKind: TypeAlias = Literal["express", "written", "oral"]


class ContactCounts(TypedDict):
    """
    Contacts by status; they sum to `total`.
    """

    total: int
    waiting: int
    held: int
    calling: int
    completed: int
    exhausted: int
    suppressed: int
    canceled: int
    expired: int
    unknown: int


class ContactError(TypedDict):
    """
    Why a contact was refused.
    """

    pointer: str
    code: str
    detail: str


class ContactResult(TypedDict):
    """
    The result for one contact: `id` when it was accepted, `error` when it is invalid.
    """

    index: int
    status: Literal["accepted", "duplicate", "invalid"]
    id: NotRequired[str | None]
    error: NotRequired[ContactError | None]


ContactStatus: TypeAlias = Literal[
    "waiting", "held", "calling", "completed", "exhausted", "suppressed", "canceled", "expired", "unknown"
]


Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class DeepfakeDetection(TypedDict):
    """
    Deepfake detection; times in seconds (rtp 30, whole 15 unless set).
    """

    enabled: bool
    rtp_timeout: NotRequired[int]
    timeout: NotRequired[int]


class DeepgramNova2Engine(TypedDict):
    """
    Deepgram's second model; `utterance_end_ms` is 0..5000 (engine: the public schema's word, then the SDK's).
    """

    transcription_engine: Literal["Deepgram", "deepgram/nova-2"]
    transcription_model: Literal["deepgram/nova-2"]
    hints: NotRequired[list[str]]
    interim_results: NotRequired[bool]
    keywords_boosting: NotRequired[dict[str, float] | None]
    language: NotRequired[str]
    smart_format: NotRequired[bool]
    utterance_end_ms: NotRequired[int]


class DeepgramNova3Engine(TypedDict):
    """
    Deepgram's third model; `utterance_end_ms` is 0..5000 (engine: the public schema's word, then the SDK's).
    """

    transcription_engine: Literal["Deepgram", "deepgram/nova-3"]
    transcription_model: Literal["deepgram/nova-3"]
    interim_results: NotRequired[bool]
    keyterms: NotRequired[list[str]]
    keywords_boosting: NotRequired[dict[str, float] | None]
    language: NotRequired[
        Literal[
            "en",
            "en-US",
            "en-AU",
            "en-GB",
            "en-IN",
            "en-NZ",
            "de",
            "nl",
            "sv",
            "sv-SE",
            "da",
            "da-DK",
            "es",
            "es-419",
            "fr",
            "fr-CA",
            "pt",
            "pt-BR",
            "pt-PT",
            "auto_detect",
        ]
    ]
    smart_format: NotRequired[bool]
    utterance_end_ms: NotRequired[int]


class DialingView(TypedDict):
    """
    Whether dialing runs, and if not, since when, by whom and why it is stopped.

    After a stop, `in_flight` counts the calls that go on to their end. `by` is null for a stop by an older version.
    """

    status: Literal["running", "stopped"]
    stopped: bool
    since: str | None
    by: str | None
    reason: str | None
    in_flight: NotRequired[int | None]


class DialogflowConfig(TypedDict):
    """
    What a Dialogflow agent sends back.
    """

    analyze_sentiment: NotRequired[bool]
    partial_automated_agent_reply: NotRequired[bool]


class Disabled(TypedDict):
    """
    Since when an endpoint receives nothing, and why.
    """

    at: str
    reason: Literal["by_request", "gone", "not_accepting"]


Disposition: TypeAlias = Literal[
    "answered", "human", "machine", "fax", "busy", "no_answer", "rejected", "not_found", "canceled", "failed", "unknown"
]


class ElevenLabsVoice(TypedDict):
    """
    ElevenLabs; `api_key_ref` names a secret kept at the carrier.
    """

    type: Literal["elevenlabs"]
    api_key_ref: NotRequired[str]


class EndOfRest(TypedDict):
    """
    Why a caller id rests no more.
    """

    because: str


class Enqueue(TypedDict):
    """
    Put the leg at the tail of a queue, which is created on first use; a bridged leg is unbridged.

    `max_size` counts callers, 100 unless set when the queue is created, and cannot change later (90037). After
    `max_wait_time_secs`, in seconds, the leg leaves the queue and stays parked; without it, it waits on. The carrier
    publishes no limits for either. Refused when the queue is full (90036) or the leg queued already (90038).
    """

    client_state: NotRequired[str]
    queue_name: str
    keep_after_hangup: NotRequired[bool]
    max_size: NotRequired[int]
    max_wait_time_secs: NotRequired[int]


class ErasureView(TypedDict):
    """
    The number of contacts and calls that were erased; those erased before are not counted again.
    """

    contacts: int
    calls: int


class EstimateView(TypedDict):
    """
    One dial of each contact that may be called, now or later. Hours that are closed are not in `duration_s`.

    It counts with what the newest thousand calls took and cost; `cost` is null where the carrier told none. `currency`
    is that of the campaign's `spend`, or else the one in which most of these calls were billed.
    """

    dials: int
    duration_s: float | None
    peak_channels: int | None
    cost: str | None
    currency: str


EtaBasis: TypeAlias = Literal["measured_pace", "allowed_pace"]


class EtaView(TypedDict):
    """
    When the last contact will have been dialed: a forecast. Null where it is not within 30 days.

    Reckoned by the pace that it is `based_on`, within the calling hours, with as many dials for each contact as were
    made so far. Those who are `left_out` wait until somebody acts.
    """

    at: str | None
    dials_per_s: float
    based_on: EtaBasis
    dials_each: float
    left_out: int


class FailuresGuard(TypedDict):
    """
    Pauses when this share of 20 or more dials within 120 s is failed, not_found or rejected.
    """

    pause: NotRequired[float | None]
    because: NotRequired[str | None]


Fault: TypeAlias = Literal["carrier_fault", "carrier_busy", "carrier_refused"]


class FieldProblem(TypedDict):
    """
    One wrong field: a JSON pointer into the body (or `?name` into the query), a stable code, what was expected.
    """

    pointer: str
    code: str
    detail: str
    step: NotRequired[str | None]
    line: NotRequired[int | None]


class FindingView(TypedDict):
    """
    Something to know before the start, and the field of the campaign that it is about.
    """

    pointer: str
    code: str
    detail: str


class FlowProblemView(TypedDict):
    """
    Something to mend in a flow; `step` is null for a problem outside the steps.
    """

    step: str | None
    line: int | None
    pointer: str
    detail: str


class FlowReference(TypedDict):
    """
    The version of a flow that a campaign or call is pinned to.
    """

    id: str
    name: str
    version: int


class FlowSource(TypedDict):
    """
    A version of a flow with its text.
    """

    id: str
    name: str
    version: int
    content_type: str
    created_at: str
    source: str


class FlowVersion(TypedDict):
    """
    A version of a flow; it never changes.
    """

    id: str
    name: str
    version: int
    content_type: str
    created_at: str


class ForkStart(TypedDict):
    """
    Copy media to one `target`, both directions behind a STREP header, or to `rx` and `tx` as plain RTP.

    Addresses are `udp:ip:port`. `rx` takes what comes in to the carrier, `tx` what it sends. Today's schema has only
    the pair and only decrypted media; `target` and raw media are of the older one, where raw was the default. A fork
    ends a websocket stream of the same call.
    """

    client_state: NotRequired[str]
    rx: NotRequired[str]
    tx: NotRequired[str]
    target: NotRequired[str]
    stream_type: NotRequired[Literal["raw", "decrypted"]]


class ForkStop(TypedDict):
    """
    Stop forking; refused where nothing is forked (90031). `stream_type` picks what to stop, raw unless set.
    """

    client_state: NotRequired[str]
    stream_type: NotRequired[Literal["raw", "decrypted"]]


class Gather(TypedDict):
    """
    Collect digits without a prompt; `gather_id` comes back in the ending, the first digit has a wait of its own.
    """

    minimum_digits: NotRequired[int]
    maximum_digits: NotRequired[int]
    inter_digit_timeout_millis: NotRequired[int]
    timeout_millis: NotRequired[int]
    terminating_digit: NotRequired[str]
    valid_digits: NotRequired[str]
    client_state: NotRequired[str]
    gather_id: NotRequired[str]
    initial_timeout_millis: NotRequired[int]


class GatherStop(TypedDict):
    """
    Stop a gather; it ends as cancelled.
    """

    client_state: NotRequired[str]


class GatherUsingAudio(TypedDict):
    """
    Play a file, then collect digits; the first digit interrupts it. The invalid pair plays before a next try.
    """

    minimum_digits: NotRequired[int]
    maximum_digits: NotRequired[int]
    inter_digit_timeout_millis: NotRequired[int]
    timeout_millis: NotRequired[int]
    terminating_digit: NotRequired[str]
    valid_digits: NotRequired[str]
    client_state: NotRequired[str]
    audio_url: NotRequired[str]
    media_name: NotRequired[str]
    invalid_audio_url: NotRequired[str]
    invalid_media_name: NotRequired[str]
    maximum_tries: NotRequired[int]


Guard: TypeAlias = Literal["abandon", "silence", "failures", "no_answers", "opt_outs", "spend"]


class HeaderProblem(TypedDict):
    """
    Why an import would refuse the file without `map`.
    """

    code: str
    detail: str


class Health(TypedDict):
    """
    When a number goes to rest, by its calls of the last 24 hours.
    """

    min_calls: NotRequired[int]
    answer_rate_below: NotRequired[float]
    short_call_share: NotRequired[float]


class HumainEngine(TypedDict):
    """
    Humain's engine, Arabic and English (known to the official SDK only).
    """

    transcription_engine: NotRequired[Literal["Humain"]]
    language: NotRequired[Literal["ar", "en", "codeswitch", "auto"]]
    transcription_model: NotRequired[Literal["humain/realtime"]]


class ImportBrief(TypedDict):
    """
    An import in a list: how many rows it had, and what became of them.
    """

    id: str
    campaign_id: str
    status: Literal["running", "completed", "failed", "withdrawn"]
    rows: int
    accepted: int
    duplicates: int
    invalid: int
    error: dict[str, Any] | None
    created_at: str


class InworldVoice(TypedDict):
    """
    Inworld.
    """

    type: Literal["inworld"]
    delivery_mode: NotRequired[Literal["STABLE", "BALANCED", "CREATIVE"]]


class KeptEvent(TypedDict):
    """
    An entry that was set aside: when, why, and its payload.
    """

    id: str
    at: str
    why: str
    content: dict[str, str]


LawMode: TypeAlias = Literal["enforce", "warn", "off"]


class LawSetting(TypedDict):
    """
    How the law of the place where the person is binds a campaign; `warn` and `off` need `because`.
    """

    mode: NotRequired[LawMode]
    packs: NotRequired[Literal["auto"] | list[str]]
    because: NotRequired[str | None]


class LeaveQueue(TypedDict):
    """
    Take the leg out of its queue; it stays parked. Refused when it is in none (90035).
    """

    client_state: NotRequired[str]


class LiftView(TypedDict):
    """
    Holds that somebody has lifted, when and why; unused, they hold again from `expires_at` on.
    """

    id: str
    contact_id: str
    holds: list[
        Literal[
            "number_gap",
            "rest_after_human",
            "rest_after_abandoned",
            "number_day_limit",
            "number_week_limit",
            "subject_day_limit",
        ]
    ]
    because: str
    by: str
    lifted_at: str
    expires_at: str


class LimitsView(TypedDict):
    """
    Calls per second and live calls allowed, of the connection's and the campaign's the smaller.
    """

    rate: float | None
    channels: int | None
    guard: str | None


class LinkView(TypedDict):
    """
    A link; `url` is a path of this server, as `content` of a recording is.
    """

    url: str
    expires_at: str


class ListAge(TypedDict):
    """
    A list that the campaign asks, and whether its copy is young enough.
    """

    name: str
    as_of: str | None
    age_days: int | None
    ok: bool


class ListChangeView(TypedDict):
    """
    One change of a list: who, when and why.
    """

    id: str
    at: str
    action: str
    number: str | None
    version: int | None
    by: str
    because: str | None


ListKind: TypeAlias = Literal["suppress", "registry", "allow", "reassigned"]


class Liveness(TypedDict):
    """
    The answer of a process that runs.
    """

    status: NotRequired[Literal["ok"]]
    nonce: NotRequired[str | None]


class ManyChanged(TypedDict):
    """
    How many contacts match, and how many of them were changed, or with `dry_run` would be.

    While `status` is `running`, it goes on by itself: see `GET /v1/bulk-changes/{change_id}`.
    """

    id: str | None
    status: Literal["running", "completed", "stopped"]
    matched: int
    changed: int
    error: NotRequired[ChangeError | None]


class MediaView(TypedDict):
    """
    The captured tracks of a call, oldest first; `stream_url` is for `streaming_start` on this call alone.
    """

    stream_url: str | None
    data: list[CaptureView]


class MinimaxVoice(TypedDict):
    """
    Minimax; `speed` and `vol` are factors, `pitch` is in semitones.
    """

    type: Literal["minimax"]
    language_boost: NotRequired[str | None]
    pitch: NotRequired[int]
    speed: NotRequired[float]
    vol: NotRequired[float]


class Contact(TypedDict):
    """
    A contact to add. It is its campaign's `external_id` if it has one, else its `phone`.
    """

    phone: str
    external_id: NotRequired[str | None]
    timezone: NotRequired[str | None]
    timezone_source: NotRequired[Literal["address", "crm", "said"] | None]
    region: NotRequired[str | None]
    not_before: NotRequired[str | None]
    not_after: NotRequired[str | None]
    priority: NotRequired[int]
    variables: NotRequired[dict[str, str | int | float | bool]]


class NewContacts(TypedDict):
    """
    Contacts to add; each is checked by itself and gets its own result.
    """

    contacts: list[Contact]


Entry: TypeAlias = str


class NewEntries(TypedDict):
    """
    Numbers and prefixes to add.
    """

    entries: list[Entry]
    because: NotRequired[str | None]
    by: NotRequired[str]


class NewErasure(TypedDict):
    """
    The number of the person to erase.
    """

    phone: str


class NewLift(TypedDict):
    """
    Which holds of a contact to lift, and why.
    """

    holds: list[
        Literal[
            "number_gap",
            "rest_after_human",
            "rest_after_abandoned",
            "number_day_limit",
            "number_week_limit",
            "subject_day_limit",
        ]
    ]
    because: str


class NewLink(TypedDict):
    """
    How long the link is valid.
    """

    expires_in: NotRequired[str]


class NewNumber(TypedDict):
    """
    A number of the account and the flow that answers its calls.
    """

    number: str
    flow: str
    join_days: NotRequired[int | None]


class NewSecret(TypedDict):
    """
    The secret to rotate to.
    """

    secret: NotRequired[str | None]


class NewStop(TypedDict):
    """
    Why all dialing is stopped, and by whom; shown to every client until dialing is resumed.
    """

    reason: NotRequired[str]
    by: NotRequired[str | None]


class NewSuppression(TypedDict):
    """
    A number not to be dialed, in every campaign or in one.
    """

    region: NotRequired[str | None]
    phone: str
    scope: NotRequired[str]
    reason: NotRequired[str]
    by: NotRequired[str]
    expires_at: NotRequired[str | None]


class NoAnswersGuard(TypedDict):
    """
    Pauses when the last 100 dials were answered less often than this share of the campaign's own median.
    """

    pause: NotRequired[float | None]
    because: NotRequired[str | None]


class NoiseSettings(TypedDict):
    """
    Settings of one engine: limits and levels 0..100, `enhancement_level` 0..1, `voice_gain` a factor 0.1..4.

    DeepFilterNet knows `attenuation_limit` (100 unless set) and `mode`, Krisp `model` and `suppression_level`,
    AiCoustics the rest; sizes xs and xxs are of the family sparrow only, vf_l and vf_1_1_l of quail.
    """

    attenuation_limit: NotRequired[int]
    enhancement_level: NotRequired[float]
    family: NotRequired[Literal["sparrow", "quail"]]
    mode: NotRequired[Literal["standard", "advanced"]]
    model: NotRequired[
        Literal["krisp-viva-tel-v2.kef", "krisp-viva-tel-lite-v1.kef", "krisp-viva-pro-v1.kef", "krisp-viva-ss-v1.kef"]
    ]
    size: NotRequired[Literal["s", "l", "xs", "xxs", "vf_l", "vf_1_1_l"]]
    suppression_level: NotRequired[float]
    voice_gain: NotRequired[float]


class NumberChange(TypedDict):
    """
    The fields of a number that may change; calls under way keep their flow.
    """

    flow: NotRequired[str]
    join_days: NotRequired[int | None]


NumberKind: TypeAlias = Literal[
    "geographic", "mobile", "toll_free", "premium", "shared_cost", "personal", "satellite", "emergency", "unknown"
]


class NumberView(TypedDict):
    """
    A number that takes inbound calls; `join_days` is null where the setting of the installation applies.
    """

    id: str
    number: str
    flow: FlowReference
    join_days: int | None
    created_at: str
    updated_at: str


OnOptOut: TypeAlias = Literal["finish", "hangup"]


class OptOutsGuard(TypedDict):
    """
    Pauses when more than this share of 100 people or more, the last 1,000 at most, opted out in the call.
    """

    pause: NotRequired[float | None]
    because: NotRequired[str | None]


class OverrideView(TypedDict):
    """
    A field by which the campaign leaves a rule out, and why.
    """

    field: str
    because: str | None


class Pacing(TypedDict):
    """
    How fast a campaign may dial; what is left out is bounded by the connection's limits alone.
    """

    calls_per_second: NotRequired[float | None]
    max_live_calls: NotRequired[int | None]
    weight: NotRequired[int]


class PageAuditView(TypedDict):
    data: list[AuditView]
    next_cursor: str | None


class PageConnectionView(TypedDict):
    data: list[ConnectionView]
    next_cursor: str | None


class PageFlowVersion(TypedDict):
    data: list[FlowVersion]
    next_cursor: str | None


class PageImportBrief(TypedDict):
    data: list[ImportBrief]
    next_cursor: str | None


class PageKeptEvent(TypedDict):
    data: list[KeptEvent]
    next_cursor: str | None


class PageLiftView(TypedDict):
    data: list[LiftView]
    next_cursor: str | None


class PageListChangeView(TypedDict):
    data: list[ListChangeView]
    next_cursor: str | None


class PageNumberView(TypedDict):
    data: list[NumberView]
    next_cursor: str | None


class ParakeetEngine(TypedDict):
    """
    Nvidia's engine.
    """

    transcription_engine: NotRequired[Literal["Parakeet"]]
    interim_results: NotRequired[bool]
    transcription_model: NotRequired[Literal["nvidia/parakeet-v3"]]


class PeopleView(TypedDict):
    """
    The `humans` who answered and were measured: how many were `bridged` with somebody, abandoned, or heard nothing.

    A person who was connected late is `bridged` and abandoned, too.
    """

    humans: int
    bridged: int
    abandoned: int
    silent: int
    abandon_rate_30d: float | None


class Percentiles(TypedDict):
    """
    Of the newest measurements, in ms; null when there are none.
    """

    p50: float | None
    p99: float | None


class PlaybackStart(TypedDict):
    """
    Play one source: an mp3 or wav URL, a file uploaded to the carrier, or base64 audio.

    Consecutive playbacks queue. `overlay` plays over a running one and only on the leg itself; `loop` is infinity or
    1..100 times (error 90009).
    """

    client_state: NotRequired[str]
    audio_url: NotRequired[str]
    media_name: NotRequired[str]
    playback_content: NotRequired[str]
    audio_type: NotRequired[Literal["mp3", "wav"]]
    cache_audio: NotRequired[bool]
    loop: NotRequired[Literal["infinity"] | int]
    overlay: NotRequired[bool]
    stop: NotRequired[Literal["current", "all"]]
    target_legs: NotRequired[Literal["self", "opposite", "both"]]


class PlaybackStop(TypedDict):
    """
    Stop what plays: the current file or speech, or all that is queued; `overlay` stops only overlays.
    """

    client_state: NotRequired[str]
    overlay: NotRequired[bool]
    stop: NotRequired[Literal["current", "all"]]


class PolicyChange(TypedDict):
    """
    A change of the policy: what was given, by whom, when and why.
    """

    changes: dict[str, Any]
    because: str
    by: str
    at: str


Region: TypeAlias = str


class PoolNumber(TypedDict):
    """
    A number of a pool.
    """

    number: str
    regions: NotRequired[list[Region]]
    label: NotRequired[str | None]


class PreviewedKind(TypedDict):
    """
    Rows that would be refused for the same reason, with the cells of the first by their headers.
    """

    status: Literal["duplicate", "invalid"]
    code: str
    field: str | None
    detail: str
    count: int
    rows: list[int]
    example: dict[str, str] | None


class PreviewedProblem(TypedDict):
    """
    Why a row would not be imported.
    """

    status: Literal["duplicate", "invalid"]
    code: str
    field: str | None
    detail: str


PreviewedZone = TypedDict(
    "PreviewedZone",
    {
        "name": str,
        "from": Literal["contact", "number", "region", "campaign_default"],
    },
)


class Problem(TypedDict):
    """
    A refusal (RFC 9457).
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: NotRequired[list[FieldProblem] | None]
    current_status: NotRequired[str | None]
    allowed: NotRequired[list[str] | None]
    lists: NotRequired[list[str] | None]
    until: NotRequired[Any]


class ProblemKind(TypedDict):
    """
    Rows that were refused for the same reason: how many, the first of them, and the first one's detail.
    """

    status: Literal["duplicate", "invalid"]
    code: str
    field: str | None
    detail: str
    count: int
    rows: list[int]


class ProcessView(TypedDict):
    """
    An engine or a worker that was heard within ten minutes; one that was stopped is not here.
    """

    name: str
    kind: Literal["engine", "worker"]
    parts: list[str]
    began_at: str
    heard_at: str
    is_silent: bool
    calls: int | None
    is_on_shift: bool | None


class Processes(TypedDict):
    """
    The engines and workers of the installation.
    """

    data: list[ProcessView]


Purpose: TypeAlias = Literal[
    "informational", "sales", "debt", "survey", "political", "charity", "emergency", "internal"
]


class Rate(TypedDict):
    """
    Dials per second over the last 5 s, and what is allowed: dials per second, and live calls at one time.
    """

    dials_per_s: float
    limit: float
    max_live_calls: int | None


class ReadColumn(TypedDict):
    """
    A column by its header, and its target: a field of the contact, a variable, or none.
    """

    header: str
    fills: str | None


Reason: TypeAlias = Literal[
    "dialing_stopped",
    "campaign_not_started",
    "campaign_paused",
    "campaign_ended",
    "campaign_canceled",
    "contact_closed",
    "number_kind",
    "region_not_allowed",
    "suppressed",
    "consent_revoked",
    "number_reassigned",
    "not_on_allow_list",
    "attempts_spent",
    "not_yet",
    "too_late",
    "retry_due",
    "callback",
    "outside_hours",
    "zone_unknown",
    "no_common_hours",
    "law_hours",
    "law_holiday",
    "consent_missing",
    "list_stale",
    "number_in_use",
    "number_gap",
    "rest_after_human",
    "rest_after_abandoned",
    "number_day_limit",
    "number_week_limit",
    "subject_day_limit",
    "caller_id_resting",
    "caller_id_quota",
    "no_capacity",
    "rate",
    "catching_up",
    "first_webhook",
    "redis",
    "carrier_busy",
    "carrier_unavailable",
    "carrier_refused",
    "carrier_fault",
    "clock_skew",
    "send_too_old",
    "claim_failed",
    "record_failed",
    "unknown_attempt",
    "restored",
    "import_withdrawn",
]


class RecordPause(TypedDict):
    """
    Leave out what follows until `record_resume`; `recording_id` picks one of several. No webhook follows.
    """

    client_state: NotRequired[str]
    recording_id: NotRequired[str]


class RecordResume(TypedDict):
    """
    Go on recording; `recording_id` picks one of several. No webhook follows.
    """

    client_state: NotRequired[str]
    recording_id: NotRequired[str]


class RecordStart(TypedDict):
    """
    Record from now until `record_stop` or hangup; times in seconds, 0 for no limit.

    `max_length` is at most 14,400 s, `timeout_secs` is the silence that ends it. Refused before audio runs (90020).
    """

    client_state: NotRequired[str]
    channels: Literal["single", "dual"]
    format: Literal["wav", "mp3"]
    custom_file_name: NotRequired[str]
    max_length: NotRequired[int]
    play_beep: NotRequired[bool]
    recording_track: NotRequired[Literal["both", "inbound", "outbound"]]
    timeout_secs: NotRequired[int]
    transcription: NotRequired[bool]
    transcription_engine: NotRequired[Literal["A", "B", "deepgram/nova-3"]]
    transcription_language: NotRequired[str]
    transcription_max_speaker_count: NotRequired[int]
    transcription_min_speaker_count: NotRequired[int]
    transcription_profanity_filter: NotRequired[bool]
    transcription_speaker_diarization: NotRequired[bool]
    trim: NotRequired[Literal["trim-silence"]]


class RecordStop(TypedDict):
    """
    Stop recording; `recording_id` picks one of several.
    """

    client_state: NotRequired[str]
    recording_id: NotRequired[str]


class RecordingError(TypedDict):
    """
    Why there is no complete file, or why the last try failed while it is pending.
    """

    code: str
    detail: str


RecordingView = TypedDict(
    "RecordingView",
    {
        "id": str,
        "call_id": str,
        "campaign_id": str | None,
        "contact_id": str | None,
        "direction": Literal["outbound", "inbound"],
        "to": str,
        "from": str,
        "recording_id": str | None,
        "event_id": str,
        "leg": str,
        "status": Literal["pending", "fetched", "incomplete", "stored_elsewhere", "failed"],
        "channels": str | None,
        "format": str | None,
        "recording_started_at": str | None,
        "recording_ended_at": str | None,
        "duration_s": float | None,
        "recording_urls": dict[str, str],
        "public_recording_urls": dict[str, str],
        "tries": int,
        "size_bytes": int | None,
        "sha256": str | None,
        "error": RecordingError | None,
        "content": str | None,
        "told_at": str,
        "fetched_at": str | None,
    },
)


class Redial(TypedDict):
    """
    Which contacts to call again, and how often: of each field that is given, one of its values.
    """

    dispositions: NotRequired[list[Disposition] | None]
    outcomes: NotRequired[list[Outcome] | None]
    statuses: NotRequired[list[Literal["completed", "exhausted", "expired", "canceled", "suppressed"]] | None]
    attempts: NotRequired[int]
    not_before: NotRequired[str | None]
    dry_run: NotRequired[bool]


class Redialed(TypedDict):
    """
    What came of a redial: `contacts` wait again, or with `dry_run` would.

    While `status` is `running`, more of them follow by themselves: see `GET /v1/bulk-changes/{change_id}`.
    """

    id: str | None
    status: Literal["running", "completed", "stopped"]
    contacts: int
    error: NotRequired[ChangeError | None]


class RegionGroup(TypedDict):
    """
    The contacts of one region, by ISO 3166; `unknown` where the number lies in none.
    """

    region: str
    contacts: int
    dialable_now: int


class Reject(TypedDict):
    """
    Turn away an incoming leg that has not been answered; the caller gets the SIP status of the cause.

    USER_BUSY is 486, CALL_REJECTED 603; the official SDK adds NOT_FOUND (404) and TEMPORARILY_UNAVAILABLE (480).
    """

    client_state: NotRequired[str]
    cause: Literal["CALL_REJECTED", "USER_BUSY", "NOT_FOUND", "TEMPORARILY_UNAVAILABLE"]


class RejectView(TypedDict):
    """
    A row that was not imported; the header is row 1.
    """

    row: int
    status: Literal["duplicate", "invalid"]
    code: str
    detail: str


class Replayed(TypedDict):
    """
    A dead letter that is back in its stream.
    """

    id: str


RequiredConsent: TypeAlias = Literal["none", "express", "written"]


class ResembleVoice(TypedDict):
    """
    Resemble; `sample_rate` is in Hz, as text.
    """

    type: Literal["resemble"]
    format: NotRequired[Literal["mp3", "wav"]]
    precision: NotRequired[Literal["PCM_16", "PCM_24", "PCM_32", "MULAW"]]
    sample_rate: NotRequired[Literal["8000", "16000", "22050", "32000", "44100", "48000"]]


class Reson8Engine(TypedDict):
    """
    Reson8's engine (known to the official SDK only).
    """

    transcription_engine: NotRequired[Literal["Reson8"]]
    language: NotRequired[Literal["auto", "nl", "en", "fr", "fy", "de", "it", "pl", "pt", "es", "sv"]]
    transcription_model: NotRequired[Literal["reson8/turns"]]


class RestEnded(TypedDict):
    """
    Who has ended the last rest that was ended before its time, when and why.
    """

    at: str
    by: str
    because: str


class RestedFor(TypedDict):
    """
    Why a number rests: the figures of its last 24 hours, and what they were held against.
    """

    code: Literal["answer_rate", "short_calls"]
    detail: str
    calls: int
    answer_rate: float
    pool_median: float | None
    short_call_share: float
    at: str


Result: TypeAlias = Literal["yes", "no", "no_data"]


class Retention(TypedDict):
    """
    How long what is known of people is kept, in days (`90d`) or years (`5y`); null: until somebody erases it.
    """

    contacts: NotRequired[str | None]
    recordings: NotRequired[str | None]
    calls: NotRequired[str | None]
    consents: NotRequired[str | None]
    opt_outs: NotRequired[Literal["forever"]]


AfterItem: TypeAlias = str


class RetryRule(TypedDict):
    """
    Call again after a delay. `at_most` counts the contact's calls that ended in this way, this one included.

    With a list, the n-th call that ended so is followed by the n-th delay; after its end the last value repeats.
    """

    after: str | list[AfterItem]
    at_most: NotRequired[int | None]


class RetryRules(TypedDict):
    """
    The whole matrix: one budget of attempts for a contact, and a rule for what deserves another one.

    An outcome's rule beats a disposition's; what is not listed is final. A rule with an `at_most` of its own above
    `max_attempts` may go on up to that many attempts, all counted, while calls end in its way: budgets never add up.
    """

    max_attempts: NotRequired[int]
    on: NotRequired[dict[Disposition, RetryRule]]
    on_outcome: NotRequired[dict[str, RetryRule]]


RevocationChannel: TypeAlias = Literal["call", "sms", "email", "mail", "agent", "other"]


RevokedScope: TypeAlias = Literal["all", "subject"]


class RimeVoice(TypedDict):
    """
    Rime; `voice_speed` is a factor.
    """

    type: Literal["rime"]
    voice_speed: NotRequired[float]


Role: TypeAlias = Literal["viewer", "operator", "admin"]


class SendDtmf(TypedDict):
    """
    Send tones of 100..500 ms each (default 250); w pauses 0.5 s, W 1 s. No webhook follows (errors 90014, 90027).
    """

    client_state: NotRequired[str]
    digits: str
    duration_millis: NotRequired[int]


class SignInLinkView(TypedDict):
    """
    What signs somebody in to the web page once; `token` is shown this once.
    """

    token: str
    role: Role
    expires_at: str


class SilenceGuard(TypedDict):
    """
    Pauses when more than this share of the last 200 people heard nothing within three seconds.
    """

    pause: NotRequired[float | None]
    because: NotRequired[str | None]


class SipHeader(TypedDict):
    """
    An extra SIP header.
    """

    name: str
    value: str


class SonioxEngine(TypedDict):
    """
    Soniox's engine; `max_endpoint_delay_ms` is 500..3000.
    """

    transcription_engine: Literal["Soniox"]
    enable_endpoint_detection: NotRequired[bool]
    interim_results: NotRequired[bool]
    language: NotRequired[str]
    max_endpoint_delay_ms: NotRequired[int]
    transcription_model: NotRequired[Literal["soniox/stt-rt-v4"]]


class Sound(TypedDict):
    """
    Audio to play into a call: base64 of an MP3, unless the stream was started for raw audio.
    """

    payload: str


class SoundModifications(TypedDict):
    """
    A changed voice: octaves -1..1, pitch above 0 (1 is unchanged), semitones -14..14.
    """

    octaves: NotRequired[float]
    pitch: NotRequired[float]
    semitone: NotRequired[float]
    track: NotRequired[str]


class SoundTaken(TypedDict):
    """
    Audio that waits for its turn.
    """

    status: NotRequired[Literal["queued"]]


class SpeechContext(TypedDict):
    """
    Phrases to expect, with a boost of 0..20.
    """

    boost: NotRequired[float]
    phrases: NotRequired[list[str]]


class SpeechmaticsEngine(TypedDict):
    """
    Speechmatics' engine.
    """

    transcription_engine: NotRequired[Literal["Speechmatics"]]
    interim_results: NotRequired[bool]
    language: NotRequired[
        Literal[
            "en",
            "ba",
            "eu",
            "gl",
            "ga",
            "mt",
            "mn",
            "sw",
            "ug",
            "cy",
            "ar_en",
            "cmn_en",
            "en_ms",
            "en_ta",
            "tl",
            "es-bilingual-en",
            "cmn_en_ms_ta",
        ]
    ]
    transcription_model: NotRequired[Literal["speechmatics/standard"]]


class Spend(TypedDict):
    """
    What a campaign may spend on a day (UTC) and in all; at least one of the two.
    """

    per_day: NotRequired[str | None]
    total: NotRequired[str | None]
    currency: NotRequired[str]


class SpendView(TypedDict):
    """
    What calls that are over have cost, today (UTC) and in all, and what is reserved for those that are not.
    """

    today: str
    total: str
    reserved: str
    per_day_limit: str | None
    total_limit: str | None
    currency: str


StartError: TypeAlias = Literal["flow_invalid", "ring_floor", "caller_id", "nobody_dialable", "unknown_list"]


State: TypeAlias = Literal["off", "ok", "warn", "pause"]


class StatusReason(TypedDict):
    """
    Why a campaign does not dial, and since when: its own reason, or `dialing_stopped` for all of them.
    """

    code: str
    detail: str
    at: NotRequired[str | None]


class StepView(TypedDict):
    """
    What happened within a step that begins at `at`; `live` calls went on at its end, or go on now.

    Answers and results are known once a call is over, and count in the step in which they happened.
    """

    at: str
    dials: int
    answers: int
    humans: int
    live: int
    dispositions: dict[str, int]
    outcomes: dict[str, int]


class StreamParameter(TypedDict):
    """
    A name and a value that the websocket's `start` frame carries.
    """

    name: NotRequired[str]
    value: NotRequired[str]


class StreamingStart(TypedDict):
    """
    Open a websocket to `stream_url` and stream until `streaming_stop` or the end of the call.

    `stream_url` is needed unless a Dialogflow agent listens. One stream or fork runs per call: a second is refused
    (90045). The token is at most 4,000 characters; rates are in Hz, 8,000 unless set.
    """

    stream_bidirectional_codec: NotRequired[Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"]]
    stream_bidirectional_mode: NotRequired[Literal["mp3", "rtp"]]
    stream_bidirectional_target_legs: NotRequired[Literal["self", "opposite", "both"]]
    stream_codec: NotRequired[Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default"]]
    stream_track: NotRequired[Literal["inbound_track", "outbound_track", "both_tracks"]]
    stream_url: NotRequired[str]
    client_state: NotRequired[str]
    custom_parameters: NotRequired[list[StreamParameter]]
    dialogflow_config: NotRequired[DialogflowConfig]
    enable_dialogflow: NotRequired[bool]
    stream_auth_token: NotRequired[str]
    stream_bidirectional_sampling_rate: NotRequired[Literal[8000, 16000, 22050, 24000, 48000]]


class StreamingStop(TypedDict):
    """
    Stop one stream, or without a `stream_id` every stream of the call.
    """

    client_state: NotRequired[str]
    stream_id: NotRequired[str]


class SuppressionError(TypedDict):
    """
    A row that was refused; the header is row 1.
    """

    row: int
    status: NotRequired[Literal["invalid"]]
    code: str
    detail: str


class SuppressionNote(TypedDict):
    """
    A row that was accepted with a remark; the header is row 1.
    """

    row: int
    status: NotRequired[Literal["accepted"]]
    code: str
    detail: str


class SuppressionRequestView(TypedDict):
    """
    One request to suppress a number; `call_id` names the call whose flow made it.
    """

    at: str
    by: str
    reason: str
    expires_at: str | None
    call_id: str | None


class SuppressionStart(TypedDict):
    """
    Suppress noise of what comes in (unless `direction` says otherwise), with Denoiser unless an engine is named.

    No webhook follows.
    """

    client_state: NotRequired[str]
    direction: NotRequired[Literal["both", "inbound", "outbound"]]
    noise_suppression_engine: NotRequired[
        Literal[
            "Denoiser",
            "DeepFilterNet",
            "Krisp",
            "AiCoustics",
            "aic_l_quail",
            "aic_l_rook",
            "aic_s_quail",
            "aic_s_rook",
            "quail_voice_focus_s",
            "quail_voice_focus_xs",
            "A",
            "B",
            "C",
            "D",
        ]
    ]
    noise_suppression_engine_config: NotRequired[NoiseSettings]


class SuppressionStop(TypedDict):
    """
    Stop suppressing noise; no webhook follows.
    """

    client_state: NotRequired[str]


class SuppressionView(TypedDict):
    """
    A suppression; its `reason` is that of the first request, its end that of the longest.

    `history` lists every request, oldest first. A lifted one says by whom and why; `lifted_by` is `expiry` where it
    expired.
    """

    id: str
    phone: str
    scope: str
    status: Literal["in_force", "expired", "lifted"]
    reason: str
    call_id: str | None
    expires_at: str | None
    created_at: str
    lifted_at: str | None
    lifted_by: str | None
    because: str | None
    history: list[SuppressionRequestView]


class TelnyxEngine(TypedDict):
    """
    The carrier's own engine, also called B.
    """

    transcription_engine: NotRequired[Literal["Telnyx", "B"]]
    language: NotRequired[str]
    transcription_model: NotRequired[Literal["openai/whisper-tiny", "openai/whisper-large-v3-turbo"]]


class TelnyxVoice(TypedDict):
    """
    The carrier's own voices; `voice_speed` is a factor.
    """

    type: Literal["telnyx"]
    voice_speed: NotRequired[float]


class TestCall(TypedDict):
    """
    Whom to call, and as which contact.
    """

    to: str
    contact_id: NotRequired[str | None]
    variables: NotRequired[dict[str, str | int | float | bool] | None]


class TimelineEntry(TypedDict):
    """
    An event of a call, or a command that was sent for it; `leg` A is its own, any other a further leg.
    """

    id: str
    kind: Literal["event", "command"]
    type: str
    leg: str
    at: str
    recorded_at: str
    payload: dict[str, Any]


class TimeseriesView(TypedDict):
    """
    The steps of a span, the oldest first.
    """

    step: int
    data: list[StepView]


TimezoneSource: TypeAlias = Literal["address", "crm", "said"]


ToldEvent: TypeAlias = Literal[
    "call.answered",
    "call.ended",
    "contact.finished",
    "campaign.paused",
    "campaign.completed",
    "guard.tripped",
    "recording.ready",
    "suppression.added",
    "endpoint.test",
]


class TranscriptionStop(TypedDict):
    """
    Stop transcribing.
    """

    client_state: NotRequired[str]


class UserChanges(TypedDict):
    """
    What to change; a field that is left out stays.
    """

    name: NotRequired[str | None]
    login: NotRequired[str | None]
    role: NotRequired[Role | None]
    password: NotRequired[str | None]
    disabled: NotRequired[bool | None]


class UserToUser(TypedDict):
    """
    The one standard header the carrier passes on.
    """

    name: Literal["User-to-User"]
    value: str


class UserView(TypedDict):
    """
    A user; nothing of the password is shown.
    """

    id: str
    name: str
    login: str
    role: Role
    disabled: bool
    created_by: str
    created_at: str
    updated_at: str
    password_changed_at: str
    last_sign_in_at: str | None


class UtteranceView(TypedDict):
    """
    Transcribed speech: live on one `track`, or the text of a whole recording, with its `recording_id`.
    """

    at: str
    track: str | None
    text: str
    confidence: float | None
    recording_id: str | None


Voice: TypeAlias = Literal["agent", "recorded", "tts", "ai"]


class WaitView(TypedDict):
    """
    How many contacts wait for one reason, and when the next of them may be dialed; null where nobody knows.
    """

    contacts: int
    next_at: str | None
    sentence: str


class WaitsFor(TypedDict):
    """
    What the next dial of a running campaign waits for, and until when, if that is known.
    """

    code: str
    detail: str
    until: str | None


class WebhookEndpointChanges(TypedDict):
    """
    Changes to an endpoint; a field that is left out stays.
    """

    url: NotRequired[str | None]
    events: NotRequired[list[ToldEvent] | None]
    secret: NotRequired[str | None]
    enabled: NotRequired[bool | None]


class WebhookEndpointView(TypedDict):
    """
    An endpoint; its secret is shown when it is made, and never again.
    """

    id: str
    url: str
    events: list[ToldEvent]
    disabled: Disabled | None
    failures: int
    resting_until: str | None
    previous_secret_until: str | None
    created_at: str
    updated_at: str


class WebhookEndpointWithSecret(TypedDict):
    """
    An endpoint with the secret that its receiver verifies with.
    """

    id: str
    url: str
    events: list[ToldEvent]
    disabled: Disabled | None
    failures: int
    resting_until: str | None
    previous_secret_until: str | None
    created_at: str
    updated_at: str
    secret: str


RetriesM: TypeAlias = int


class WebhookRetries(TypedDict):
    """
    Delays before each redelivery of one webhook type, in ms: at most five, 60 s in all.
    """

    retries_ms: NotRequired[list[RetriesM]]


class Window(TypedDict):
    """
    Local wall-clock hours `[start, end)` beginning on each of `days`; an end before the start is on the next day.
    """

    days: list[Day]
    start: str
    end: str


class XaiEngine(TypedDict):
    """
    xAI's engine.
    """

    transcription_engine: NotRequired[Literal["xAI"]]
    interim_results: NotRequired[bool]
    language: NotRequired[
        Literal[
            "ar",
            "cs",
            "da",
            "de",
            "en",
            "es",
            "fa",
            "fil",
            "fr",
            "hi",
            "id",
            "it",
            "ja",
            "ko",
            "mk",
            "ms",
            "nl",
            "pl",
            "pt",
            "ro",
            "ru",
            "sv",
            "th",
            "tr",
            "vi",
        ]
    ]
    transcription_model: NotRequired[Literal["xai/grok-stt"]]


class XaiVoice(TypedDict):
    """
    xAI.
    """

    type: Literal["xai"]
    language: NotRequired[str]


ZoneView = TypedDict(
    "ZoneView",
    {
        "name": str,
        "from": str,
        "local": str | None,
    },
)


class ExplanationsCheckView(TypedDict):
    """
    One check of the gate, what it was judged by, and where its rule is written.
    """

    check: str
    passed: bool
    facts: dict[str, Any]
    source: str | None
    as_of: str | None


class HealthCheckView(TypedDict):
    """
    One check and its remedy; a check that is not vital is a warning, and calls are made all the same.
    """

    name: str
    ok: bool
    remedy: str
    is_vital: bool


class AddedContacts(TypedDict):
    """
    The results for all contacts of the request.
    """

    accepted: int
    duplicates: int
    invalid: int
    results: list[ContactResult]


class BecauseView(TypedDict):
    """
    The contacts that are not dialed for one reason, and when the next of them may be; null where nobody knows.
    """

    reason: Reason
    sentence: str
    contacts: int
    next_at: str | None


class BulkChangeView(TypedDict):
    """
    A change of many contacts; `running` means that it goes on by itself, in batches.
    """

    id: str
    kind: Literal["redial", "cancel", "suppress", "set_priority", "set_not_before", "release_restored", "copy"]
    campaign_id: str | None
    status: Literal["running", "completed", "stopped"]
    matched: int
    changed: int
    error: ChangeError | None
    created_at: str


CallDetail = TypedDict(
    "CallDetail",
    {
        "id": str,
        "campaign_id": str | None,
        "contact_id": str | None,
        "external_id": str | None,
        "direction": Literal["outbound", "inbound"],
        "to": str,
        "from": str,
        "attempt": int,
        "flow": FlowReference | None,
        "status": Literal["reserved", "dialing", "accepted", "ended", "withdrawn", "unknown"],
        "disposition": Disposition | None,
        "outcome": str | None,
        "answers": dict[str, Any],
        "amd_result": str | None,
        "call_control_id": str | None,
        "reserved_at": str,
        "dialed_at": str | None,
        "answered_at": str | None,
        "ended_at": str | None,
        "ring_s": float | None,
        "talk_s": float | None,
        "hangup_cause": str | None,
        "hangup_source": str | None,
        "sip_hangup_cause": str | None,
        "telnyx_error": dict[str, str] | None,
        "fault": Fault | None,
        "withdrawn_reason": str | None,
        "next_call_id": str | None,
        "error": dict[str, Any] | None,
        "cost": Any,
        "heard_after_ms": int | None,
        "abandoned": bool,
        "silent": bool | None,
        "recordings": list[RecordingView],
        "phase": str | None,
        "step": str | None,
        "transcript": list[UtteranceView],
        "timeline": list[TimelineEntry],
    },
)


CallView = TypedDict(
    "CallView",
    {
        "id": str,
        "campaign_id": str | None,
        "contact_id": str | None,
        "external_id": str | None,
        "direction": Literal["outbound", "inbound"],
        "to": str,
        "from": str,
        "attempt": int,
        "flow": FlowReference | None,
        "status": Literal["reserved", "dialing", "accepted", "ended", "withdrawn", "unknown"],
        "disposition": Disposition | None,
        "outcome": str | None,
        "answers": dict[str, Any],
        "amd_result": str | None,
        "call_control_id": str | None,
        "reserved_at": str,
        "dialed_at": str | None,
        "answered_at": str | None,
        "ended_at": str | None,
        "ring_s": float | None,
        "talk_s": float | None,
        "hangup_cause": str | None,
        "hangup_source": str | None,
        "sip_hangup_cause": str | None,
        "telnyx_error": dict[str, str] | None,
        "fault": Fault | None,
        "withdrawn_reason": str | None,
        "next_call_id": str | None,
        "error": dict[str, Any] | None,
        "cost": Any,
        "heard_after_ms": int | None,
        "abandoned": bool,
        "silent": bool | None,
        "recordings": list[RecordingView],
    },
)


class CallerIdPoolChanges(TypedDict):
    """
    The body of PATCH /v1/caller-id-pools/{id}: only what is given is changed, `numbers` and `health` as a whole.
    """

    name: NotRequired[str]
    numbers: NotRequired[list[PoolNumber]]
    choose: NotRequired[Choose]
    per_day: NotRequired[int]
    per_hour: NotRequired[int]
    rest: NotRequired[str]
    health: NotRequired[Health]


class CallerIdView(TypedDict):
    """
    A caller id, whatever pools it is in.
    """

    number: str
    resting_until: str | None
    resting_because: RestedFor | None
    rest_ended: RestEnded | None
    attestation: Literal["owned", "verified", "unknown"]


class CallingHoursInput(TypedDict):
    """
    When a contact may be called. On a holiday nothing is open: no window begins on it and none reaches into it.
    """

    always: NotRequired[bool]
    because: NotRequired[str | None]
    timezone: NotRequired[str]
    windows: NotRequired[list[Window]]
    holidays: NotRequired[list[str]]


class CampaignExplanationView(TypedDict):
    """
    Whether a campaign dials, and what those of its contacts wait for that are not dialed, most of them first.
    """

    is_dialing: bool
    because: list[BecauseView]
    limits: LimitsView


class CampaignFilter(TypedDict):
    """
    Some contacts of one campaign: of each field that is given, one of the values.
    """

    statuses: NotRequired[list[ContactStatus] | None]
    reasons: NotRequired[list[Reason1] | None]
    dispositions: NotRequired[list[Disposition] | None]
    outcomes: NotRequired[list[Outcome] | None]


class Clone(TypedDict):
    """
    What to take along into the new campaign.
    """

    name: NotRequired[str | None]
    contacts: NotRequired[Literal["none", "all"] | CampaignFilter]


class ConsentEventView(TypedDict):
    """
    A consent that was `given`, or one that was `revoked`; the fields of the other are null.

    After an erasure of the person the number and all words are null: a revocation holds on, a consent does not.
    """

    id: str
    act: Literal["given", "revoked"]
    phone: str | None
    kind: ConsentKind | None
    purposes: list[Purpose] | None
    text: str | None
    source: str | None
    evidence_url: str | None
    expires_at: str | None
    scope: RevokedScope | None
    subject: str | None
    channel: RevocationChannel | None
    words: str | None
    at: str
    recorded_at: str


class ConsentRule(TypedDict):
    """
    The consent that a campaign asks for; a revocation binds it whatever it asks for.
    """

    require: NotRequired[RequiredConsent]
    purposes: NotRequired[list[Purpose] | None]


class ContactChange(TypedDict):
    """
    The fields of a contact that may be changed.
    """

    status: NotRequired[Literal["waiting", "canceled", "completed"] | None]
    outcome: NotRequired[str | None]
    phone: NotRequired[str | None]
    not_before: NotRequired[str | None]
    not_after: NotRequired[str | None]
    priority: NotRequired[int | None]
    variables: NotRequired[dict[str, str | int | float | bool | None] | None]
    timezone: NotRequired[str | None]
    timezone_source: NotRequired[TimezoneSource | None]
    region: NotRequired[str | None]


class ContactFilter(TypedDict):
    """
    Some contacts: of each field that is given, one of the values.
    """

    statuses: NotRequired[list[ContactStatus] | None]
    reasons: NotRequired[list[Reason1] | None]
    dispositions: NotRequired[list[Disposition] | None]
    outcomes: NotRequired[list[Outcome] | None]
    campaign_id: NotRequired[str | None]
    tag: NotRequired[str | None]
    phone: NotRequired[str | None]
    external_id: NotRequired[str | None]


class ContactView(TypedDict):
    """
    A contact. While it is waiting or held, `reason` says why and `until` when it is checked again.

    `reason_detail` is the reason in words; null for a call's disposition or outcome.
    """

    id: str
    campaign_id: str | None
    import_id: str | None
    phone: str
    external_id: str | None
    timezone: str | None
    timezone_source: TimezoneSource
    region: str | None
    zone: str
    not_before: str | None
    not_after: str | None
    priority: int
    variables: dict[str, Any]
    status: Literal[
        "waiting", "held", "calling", "completed", "exhausted", "suppressed", "canceled", "expired", "unknown"
    ]
    reason: str | None
    reason_detail: str | None
    until: str | None
    callback: CallbackView | None
    attempts: int
    attempts_limit: int | None
    current_call_id: str | None
    last_call_id: str | None
    disposition: str | None
    outcome: str | None
    answers: dict[str, Any]
    created_at: str
    updated_at: str


class CreatedKeyView(TypedDict):
    """
    A key that was just made: `key` is shown this once.
    """

    id: str
    name: str
    role: Role
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    key: str


class DeliveryView(TypedDict):
    """
    One event for one endpoint, and what became of it.
    """

    id: str
    type: ToldEvent
    subject: str
    status: Literal["pending", "delivered", "failed"]
    tries: int
    answered: int | None
    error: str | None
    tried_at: str | None
    next_try_at: str | None
    created_at: str


class EventView(TypedDict):
    """
    Something that has happened, as webhook endpoints receive it too.
    """

    id: str
    type: ToldEvent
    timestamp: str
    subject: str
    data: dict[str, Any]


class EventsPage(TypedDict):
    """
    Events, the oldest first.
    """

    data: list[EventView]
    has_more: bool
    next_after: str | None


class ExplanationView(TypedDict):
    """
    A verdict, which is that of the first check that did not pass, and all checks in the order they are asked in.
    """

    verdict: Literal["go", "hold", "never"]
    reason: Reason | None
    sentence: str
    until: str | None
    zones: list[ZoneView]
    regions: list[str]
    checks: list[ExplanationsCheckView]


class FlowCheck(TypedDict):
    """
    What a check found: `errors` refuse the flow, `warnings` name what is accepted but hardly intended.
    """

    ok: bool
    errors: list[FlowProblemView]
    warnings: list[FlowProblemView]


class FoundContacts(TypedDict):
    """
    A page of contacts.
    """

    data: list[ContactView]
    next_cursor: str | None
    incomplete: NotRequired[bool]


class GatherUsingSpeak(TypedDict):
    """
    Say a text, then collect digits; the first digit interrupts it. `invalid_payload` is said before a next try.
    """

    payload: str
    voice: str
    language: NotRequired[
        Literal[
            "arb",
            "cmn-CN",
            "cy-GB",
            "da-DK",
            "de-DE",
            "en-AU",
            "en-GB",
            "en-GB-WLS",
            "en-IN",
            "en-US",
            "es-ES",
            "es-MX",
            "es-US",
            "fr-CA",
            "fr-FR",
            "hi-IN",
            "is-IS",
            "it-IT",
            "ja-JP",
            "ko-KR",
            "nb-NO",
            "nl-NL",
            "pl-PL",
            "pt-BR",
            "pt-PT",
            "ro-RO",
            "ru-RU",
            "sv-SE",
            "tr-TR",
        ]
    ]
    payload_type: NotRequired[Literal["text", "ssml"]]
    service_level: NotRequired[Literal["basic", "premium"]]
    voice_settings: NotRequired[
        ElevenLabsVoice
        | TelnyxVoice
        | AwsVoice
        | MinimaxVoice
        | AzureVoice
        | RimeVoice
        | ResembleVoice
        | InworldVoice
        | XaiVoice
    ]
    minimum_digits: NotRequired[int]
    maximum_digits: NotRequired[int]
    inter_digit_timeout_millis: NotRequired[int]
    timeout_millis: NotRequired[int]
    terminating_digit: NotRequired[str]
    valid_digits: NotRequired[str]
    client_state: NotRequired[str]
    invalid_payload: NotRequired[str]
    maximum_tries: NotRequired[int]


class GoogleEngine(TypedDict):
    """
    Google's engine, also called A.
    """

    transcription_engine: NotRequired[Literal["Google", "A"]]
    enable_speaker_diarization: NotRequired[bool]
    hints: NotRequired[list[str]]
    interim_results: NotRequired[bool]
    language: NotRequired[str]
    max_speaker_count: NotRequired[int]
    min_speaker_count: NotRequired[int]
    model: NotRequired[
        Literal[
            "latest_long",
            "latest_short",
            "command_and_search",
            "phone_call",
            "video",
            "default",
            "medical_conversation",
            "medical_dictation",
        ]
    ]
    profanity_filter: NotRequired[bool]
    speech_context: NotRequired[list[SpeechContext]]
    use_enhanced: NotRequired[bool]


class GuardView(TypedDict):
    """
    What a guard says whose counts last over a resume: its share, where it pauses, and the figures in words.
    """

    guard: Guard
    state: State
    share: float | None
    limit: float | None
    detail: str


class Guards(TypedDict):
    """
    The guards of a campaign; one that is left out holds with its default.
    """

    abandon: NotRequired[AbandonGuard | None]
    silence: NotRequired[SilenceGuard | None]
    failures: NotRequired[FailuresGuard | None]
    no_answers: NotRequired[NoAnswersGuard | None]
    opt_outs: NotRequired[OptOutsGuard | None]


class Hangup(TypedDict):
    """
    Hang up, or cancel a leg that has not answered; `reason` is sent to the callee's side only in that case.
    """

    client_state: NotRequired[str]
    custom_headers: NotRequired[list[SipHeader]]
    reason: NotRequired[str]


class HeldGroup(TypedDict):
    """
    Contacts that wait for the same thing, when the next of them may be called, and one of them.
    """

    reason: Reason
    sentence: str
    contacts: int
    next_at: str | None
    example: str


class HoldingList(TypedDict):
    """
    A list that holds the number; `entry` is the number, or the prefix that covers it.

    `result`, `since` and `checked_at` are the answer of a list of kind reassigned, null for any other.
    """

    id: str
    name: str
    kind: ListKind
    entry: str
    version: int
    as_of: str | None
    result: Result | None
    since: str | None
    checked_at: str | None


class ImportedConsentsView(TypedDict):
    """
    The result of a file; `problems` are its refused rows by kind, `errors` the first 100.

    Of the `accepted` rows, `added` were new and `kept` recorded before.
    """

    rows: int
    accepted: int
    added: int
    kept: int
    invalid: int
    problems: list[ProblemKind]
    errors: list[ConsentError]


class KeyView(TypedDict):
    """
    A key as it is kept: the key itself is not.
    """

    id: str
    name: str
    role: Role
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class Latency(TypedDict):
    """
    The time from a webhook of one of the campaign's calls to the command that follows.
    """

    event_to_command: Percentiles


class LiftedView(TypedDict):
    """
    What was lifted, and what the gate says of the contact now.
    """

    id: str
    contact_id: str
    holds: list[
        Literal[
            "number_gap",
            "rest_after_human",
            "rest_after_abandoned",
            "number_day_limit",
            "number_week_limit",
            "subject_day_limit",
        ]
    ]
    because: str
    by: str
    lifted_at: str
    expires_at: str
    now: ExplanationView


class ListChanges(TypedDict):
    """
    The body of PATCH /v1/lists/{id}: only `model_fields_set` is changed.
    """

    regions: NotRequired[list[str]]
    max_age: NotRequired[str | None]
    purposes: NotRequired[list[Purpose]]
    owner: NotRequired[str | None]
    because: NotRequired[str | None]
    by: NotRequired[str | None]


class ListView(TypedDict):
    """
    A list; `version` counts its imports, `as_of` is the moment that the last of them speaks of.

    `as_of` is null where nothing was ever imported; such a registry holds the contacts that it covers.
    """

    id: str
    name: str
    kind: ListKind
    regions: list[str]
    max_age: str | None
    purposes: list[Purpose]
    owner: str | None
    version: int
    as_of: str | None
    stale_from: str | None
    entries: int
    created_at: str
    updated_at: str


class LookupView(TypedDict):
    """
    Where a number stands: every list that holds it, and its suppressions in force.
    """

    phone: str
    lists: list[HoldingList]
    suppressions: list[SuppressionView]


class ManyContacts(TypedDict):
    """
    What to do to which contacts.
    """

    filter: NotRequired[ContactFilter]
    all: NotRequired[bool]
    action: Literal["cancel", "redial", "suppress", "set_priority", "set_not_before", "release_restored"]
    attempts: NotRequired[int | None]
    not_before: NotRequired[str | None]
    priority: NotRequired[int | None]
    scope: NotRequired[Literal["global", "campaign"] | None]
    reason: NotRequired[str | None]
    by: NotRequired[str | None]
    dry_run: NotRequired[bool]


class MoreNumbers(TypedDict):
    """
    Numbers to add to a pool.
    """

    numbers: list[PoolNumber]


class NeverGroup(TypedDict):
    """
    Contacts that are never called for the same reason, and one of them.
    """

    reason: Reason
    sentence: str
    contacts: int
    example: str


NewCall = TypedDict(
    "NewCall",
    {
        "to": str,
        "from": NotRequired[str | None],
        "flow": NotRequired[str | None],
        "variables": NotRequired[dict[str, str | int | float | bool]],
        "external_id": NotRequired[str | None],
        "timezone": NotRequired[str | None],
        "timezone_source": NotRequired[TimezoneSource | None],
        "region": NotRequired[str | None],
        "ignore_hours": NotRequired[bool],
        "because": NotRequired[str | None],
        "not_after": NotRequired[str | None],
    },
)


class NewCallerIdPool(TypedDict):
    """
    The body of POST /v1/caller-id-pools.
    """

    name: str
    numbers: list[PoolNumber]
    choose: NotRequired[Choose]
    per_day: NotRequired[int]
    per_hour: NotRequired[int]
    rest: NotRequired[str]
    health: NotRequired[Health]


class NewCampaign(TypedDict):
    """
    The body of POST /v1/campaigns.
    """

    name: str
    flow: str
    caller_id_pool: NotRequired[str]
    caller_ids: NotRequired[list[CallerId]]
    purpose: NotRequired[Purpose | None]
    subject: NotRequired[str | None]
    voice: NotRequired[Voice | None]
    law: NotRequired[LawSetting]
    allow_number_kinds: NotRequired[list[Literal["personal", "premium", "satellite", "shared_cost"]]]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    default_timezone: NotRequired[str | None]
    keep_open: NotRequired[bool]
    pacing: NotRequired[Pacing]
    calling_hours: NotRequired[CallingHoursInput]
    retry: NotRequired[RetryRules]
    number_gap: NotRequired[str]
    caps: NotRequired[Caps]
    consent: NotRequired[ConsentRule]
    on_opt_out: NotRequired[OnOptOut]
    lists: NotRequired[CampaignLists]
    guards: NotRequired[Guards]
    spend: NotRequired[Spend | None]
    variables: NotRequired[dict[str, str | int | float | bool]]
    tags: NotRequired[list[str]]
    description: NotRequired[str | None]


class NewConsent(TypedDict):
    """
    What a person has agreed to.
    """

    phone: NotRequired[str | None]
    external_id: NotRequired[str | None]
    kind: ConsentKind
    purposes: list[Purpose]
    text: str
    source: str
    at: str
    evidence_url: NotRequired[str | None]
    expires_at: NotRequired[str | None]


class NewKey(TypedDict):
    """
    Who gets a key, and what for: a viewer reads, an operator runs campaigns, an admin decides who may.
    """

    name: str
    role: Role
    expires_at: NotRequired[str | None]


class NewList(TypedDict):
    """
    The body of POST /v1/lists.
    """

    name: str
    kind: ListKind
    regions: NotRequired[list[str]]
    max_age: NotRequired[str | None]
    purposes: NotRequired[list[Purpose]]
    owner: NotRequired[str | None]


class NewSignInLink(TypedDict):
    """
    Who the link is for.
    """

    role: Role


class NewUser(TypedDict):
    """
    Who may sign in to the web page, and what for; the roles are those of keys.
    """

    name: str
    login: str
    role: Role
    password: str


class NewWebhookEndpoint(TypedDict):
    """
    An endpoint to be created.
    """

    url: str
    events: NotRequired[list[ToldEvent]]
    secret: NotRequired[str | None]


class NumberToExplain(TypedDict):
    """
    A number, a moment, and what the campaign and the contact would say: fields as in a campaign and a contact.
    """

    phone: str
    at: NotRequired[str | None]
    timezone: NotRequired[str | None]
    timezone_source: NotRequired[TimezoneSource | None]
    region: NotRequired[str | None]
    not_before: NotRequired[str | None]
    not_after: NotRequired[str | None]
    caller_id_pool: NotRequired[str | None]
    caller_ids: NotRequired[list[CallerId] | None]
    purpose: NotRequired[Purpose | None]
    subject: NotRequired[str | None]
    voice: NotRequired[Voice | None]
    law: NotRequired[LawSetting]
    allow_number_kinds: NotRequired[list[Literal["personal", "premium", "satellite", "shared_cost"]]]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    default_timezone: NotRequired[str | None]
    calling_hours: NotRequired[CallingHoursInput]
    number_gap: NotRequired[str]
    caps: NotRequired[Caps]
    consent: NotRequired[ConsentRule]
    lists: NotRequired[CampaignLists]


class PageCallView(TypedDict):
    data: list[CallView]
    next_cursor: str | None


class PageConsentEventView(TypedDict):
    data: list[ConsentEventView]
    next_cursor: str | None


class PageDeliveryView(TypedDict):
    data: list[DeliveryView]
    next_cursor: str | None


class PageKeyView(TypedDict):
    data: list[KeyView]
    next_cursor: str | None


class PageListView(TypedDict):
    data: list[ListView]
    next_cursor: str | None


class PageRecordingView(TypedDict):
    data: list[RecordingView]
    next_cursor: str | None


class PageSuppressionView(TypedDict):
    data: list[SuppressionView]
    next_cursor: str | None


class PageUserView(TypedDict):
    data: list[UserView]
    next_cursor: str | None


class PageWebhookEndpointView(TypedDict):
    data: list[WebhookEndpointView]
    next_cursor: str | None


class PolicyChanges(TypedDict):
    """
    The body of PATCH /v1/policy: only the fields that are given are changed, inside `caps` and `retention` too.
    """

    caps: NotRequired[Caps]
    retention: NotRequired[Retention]
    because: str
    by: NotRequired[str | None]


class PolicyView(TypedDict):
    """
    What holds for every campaign.

    `caps` are in force: of `settings`, which the environment says, and `said`, which was said here, the stricter;
    null is none. `changes` are the last twenty.
    """

    caps: Caps
    default_number_gap: str
    said: Caps
    settings: Caps
    retention: Retention
    changes: list[PolicyChange]


class PoolNumberView(TypedDict):
    """
    A number of a pool, as it stands.
    """

    number: str
    regions: list[str]
    label: str | None
    dials_today: int
    dials_last_hour: int
    room_today: int
    resting_until: str | None
    resting_because: RestedFor | None
    attestation: Literal["owned", "verified", "unknown"]


class PreflightView(TypedDict):
    """
    What would become of a campaign's contacts: `dialable_now`, the held and the never called sum to `contacts`.
    """

    at: str
    contacts: int
    dialable_now: int
    held: list[HeldGroup]
    never: list[NeverGroup]
    by_region: list[RegionGroup]
    caller_ids: list[CallerIdRoom]
    lists: list[ListAge]
    overrides: list[OverrideView]
    estimate: EstimateView
    errors: list[FindingView]
    warnings: list[FindingView]


class PreviewedContact(TypedDict):
    """
    A contact as it would be stored; long texts are cut.
    """

    phone: str
    external_id: str | None
    timezone: str | None
    timezone_source: TimezoneSource | None
    region: str | None
    not_before: str | None
    not_after: str | None
    priority: int
    variables: dict[str, Any]


class PreviewedRow(TypedDict):
    """
    One of the first rows: its contact, or what is wrong with it (a duplicate has both).
    """

    row: int
    contact: PreviewedContact | None
    zones: list[PreviewedZone]
    problem: PreviewedProblem | None


class PromisedView(TypedDict):
    """
    A callback. `status` is that of the contact: `calling` where it begins to wait when its call ends.
    """

    contact_id: str
    campaign_id: str
    status: Literal[
        "waiting", "held", "calling", "completed", "exhausted", "suppressed", "canceled", "expired", "unknown"
    ]
    at: str
    note: str | None
    dials_from: str | None
    reason: Reason | None
    reason_detail: str | None


class ReadAs(TypedDict):
    """
    How a file was read; `header_row` counts as a spreadsheet does, rows of `unknown` encoding are ASCII only.

    A workbook (`xlsx`) has no delimiter, but the `sheet` that was read and all visible `sheets`.
    """

    encoding: str
    delimiter: str | None
    sheet: NotRequired[str | None]
    sheets: NotRequired[list[str]]
    header_row: int
    columns: list[ReadColumn]


class Readiness(TypedDict):
    """
    Whether the installation can do its work.
    """

    status: Literal["ready", "not_ready"]
    tzdata: str
    checks: list[HealthCheckView]


class Refer(TypedDict):
    """
    Ask the other side's SIP equipment to call `sip_address` instead; possible at any point of a call.

    It ends with completed or failed, each with the SIP status in `sip_notify_response`.
    """

    client_state: NotRequired[str]
    sip_address: str
    custom_headers: NotRequired[list[SipHeader]]
    sip_auth_password: NotRequired[str]
    sip_auth_username: NotRequired[str]
    sip_headers: NotRequired[list[UserToUser]]


class Revocation(TypedDict):
    """
    What a person has taken back.
    """

    phone: str
    scope: NotRequired[RevokedScope]
    subject: NotRequired[str | None]
    channel: RevocationChannel
    words: str
    at: str


class Speak(TypedDict):
    """
    Say a text; consecutive ones queue, `stop` first ends what plays. `loop` is infinity or 1..100 times.
    """

    payload: str
    voice: str
    language: NotRequired[
        Literal[
            "arb",
            "cmn-CN",
            "cy-GB",
            "da-DK",
            "de-DE",
            "en-AU",
            "en-GB",
            "en-GB-WLS",
            "en-IN",
            "en-US",
            "es-ES",
            "es-MX",
            "es-US",
            "fr-CA",
            "fr-FR",
            "hi-IN",
            "is-IS",
            "it-IT",
            "ja-JP",
            "ko-KR",
            "nb-NO",
            "nl-NL",
            "pl-PL",
            "pt-BR",
            "pt-PT",
            "ro-RO",
            "ru-RU",
            "sv-SE",
            "tr-TR",
        ]
    ]
    payload_type: NotRequired[Literal["text", "ssml"]]
    service_level: NotRequired[Literal["basic", "premium"]]
    voice_settings: NotRequired[
        ElevenLabsVoice
        | TelnyxVoice
        | AwsVoice
        | MinimaxVoice
        | AzureVoice
        | RimeVoice
        | ResembleVoice
        | InworldVoice
        | XaiVoice
    ]
    client_state: NotRequired[str]
    loop: NotRequired[Literal["infinity"] | int]
    stop: NotRequired[Literal["current", "all"]]
    target_legs: NotRequired[Literal["self", "opposite", "both"]]


class Start(TypedDict):
    """
    How to start a campaign.
    """

    accept: NotRequired[list[StartError]]


class StatsView(TypedDict):
    """
    The statistics of a campaign.
    """

    status: str
    status_reason: StatusReason | None
    contacts: ContactCounts
    waiting_by_reason: dict[str, WaitView]
    held_by_reason: dict[str, WaitView]
    eta: EtaView | None
    calls: CallCounts
    people: PeopleView
    guards: list[GuardView]
    abandon_rate_30d: float | None
    spend: SpendView | None
    warnings: list[FindingView]
    rate: Rate
    latency_ms: Latency


class SummaryView(TypedDict):
    """
    The statistics of a campaign in a list; `GET /v1/campaigns/{id}/stats` has more of them.
    """

    contacts: ContactCounts
    held_by_reason: dict[str, WaitView]
    calls: CallTotals
    dials_per_s: float
    limit: float


class SuppressedFileView(TypedDict):
    """
    The result of a file; `problems` are its refused rows by kind, `errors` the first 100.

    The numbers of `accepted` rows were `added`, or `lengthened` an existing suppression, or that was `kept` unchanged;
    a number that is repeated in the file counts as kept. Where a cell may mean several numbers (`030 12345/12346`), all
    of them are suppressed and counted, and `notes` are the first 100 such rows.
    """

    rows: int
    accepted: int
    added: int
    lengthened: int
    kept: int
    invalid: int
    problems: list[ProblemKind]
    errors: list[SuppressionError]
    notes: list[SuppressionNote]


class SuppressedView(TypedDict):
    """
    The suppression in force, and how the request changed it.
    """

    id: str
    phone: str
    scope: str
    status: Literal["in_force", "expired", "lifted"]
    reason: str
    call_id: str | None
    expires_at: str | None
    created_at: str
    lifted_at: str | None
    lifted_by: str | None
    because: str | None
    history: list[SuppressionRequestView]
    change: Change


class TranscriptionConfig(TypedDict):
    """
    How a leg is transcribed from its answer on.
    """

    transcription_engine: NotRequired[
        Literal[
            "Google",
            "Telnyx",
            "Deepgram",
            "Azure",
            "xAI",
            "AssemblyAI",
            "Speechmatics",
            "Soniox",
            "Parakeet",
            "Humain",
            "Reson8",
            "Cohere",
            "A",
            "B",
        ]
    ]
    transcription_engine_config: NotRequired[
        GoogleEngine
        | TelnyxEngine
        | DeepgramNova2Engine
        | DeepgramNova3Engine
        | AzureEngine
        | XaiEngine
        | AssemblyAiEngine
        | SpeechmaticsEngine
        | SonioxEngine
        | ParakeetEngine
        | HumainEngine
        | Reson8Engine
        | CohereEngine
    ]
    transcription_tracks: NotRequired[Literal["both", "inbound", "outbound"]]
    client_state: NotRequired[str]
    command_id: NotRequired[str]


class TranscriptionStart(TypedDict):
    """
    Transcribe until `transcription_stop` or the end of the call; a second start is refused (90054).

    One webhook per utterance, and per draft of it where `interim_results` are on. `language` and `interim_results`
    were set here when the carrier had two engines, A (Google) and B (its own); today they belong into
    `transcription_engine_config`.
    """

    transcription_engine: NotRequired[
        Literal[
            "Google",
            "Telnyx",
            "Deepgram",
            "Azure",
            "xAI",
            "AssemblyAI",
            "Speechmatics",
            "Soniox",
            "Parakeet",
            "Humain",
            "Reson8",
            "Cohere",
            "A",
            "B",
        ]
    ]
    transcription_engine_config: NotRequired[
        GoogleEngine
        | TelnyxEngine
        | DeepgramNova2Engine
        | DeepgramNova3Engine
        | AzureEngine
        | XaiEngine
        | AssemblyAiEngine
        | SpeechmaticsEngine
        | SonioxEngine
        | ParakeetEngine
        | HumainEngine
        | Reson8Engine
        | CohereEngine
    ]
    transcription_tracks: NotRequired[Literal["both", "inbound", "outbound"]]
    client_state: NotRequired[str]
    interim_results: NotRequired[bool]
    language: NotRequired[str]


Transfer = TypedDict(
    "Transfer",
    {
        "record": NotRequired[Literal["record-from-answer"]],
        "record_channels": NotRequired[Literal["single", "dual"]],
        "record_custom_file_name": NotRequired[str],
        "record_format": NotRequired[Literal["mp3", "wav"]],
        "record_max_length": NotRequired[int],
        "record_timeout_secs": NotRequired[int],
        "record_track": NotRequired[Literal["both", "inbound", "outbound"]],
        "record_trim": NotRequired[Literal["trim-silence"]],
        "client_state": NotRequired[str],
        "answering_machine_detection": NotRequired[
            Literal[
                "premium",
                "detect",
                "detect_beep",
                "detect_words",
                "greeting_end",
                "disabled",
                "premium_ios_call_screening_detection",
            ]
        ],
        "answering_machine_detection_config": NotRequired[AmdConfig],
        "audio_url": NotRequired[str],
        "media_name": NotRequired[str],
        "custom_headers": NotRequired[list[SipHeader]],
        "diversion": NotRequired[str],
        "from_display_name": NotRequired[str],
        "media_encryption": NotRequired[Literal["disabled", "SRTP", "DTLS"]],
        "park_after_unbridge": NotRequired[Literal["self"]],
        "preferred_codecs": NotRequired[str],
        "privacy": NotRequired[Literal["id", "none"]],
        "route_to_mobile": NotRequired[bool],
        "send_digits_on_answer": NotRequired[str],
        "sip_auth_password": NotRequired[str],
        "sip_auth_username": NotRequired[str],
        "sip_headers": NotRequired[list[UserToUser]],
        "sip_region": NotRequired[Literal["US", "Europe", "Canada", "Australia", "Middle East"]],
        "sip_transport_protocol": NotRequired[Literal["UDP", "TCP", "TLS"]],
        "sound_modifications": NotRequired[SoundModifications],
        "time_limit_secs": NotRequired[int],
        "timeout_secs": NotRequired[int],
        "to": str,
        "from": NotRequired[str],
        "early_media": NotRequired[bool],
        "mute_dtmf": NotRequired[Literal["none", "self", "opposite", "both"]],
    },
)


class AddedEntries(TypedDict):
    """
    The list, how many entries were added, and how many stood on it already.
    """

    list: ListView
    added: int
    kept: int


class Answer(TypedDict):
    """
    Answer an incoming leg, before any other command on it; refused on an outgoing one (90102).

    The HTTP answer carries a `recording_id` when recording begins with it.
    """

    stream_bidirectional_codec: NotRequired[Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"]]
    stream_bidirectional_mode: NotRequired[Literal["mp3", "rtp"]]
    stream_bidirectional_target_legs: NotRequired[Literal["self", "opposite", "both"]]
    stream_codec: NotRequired[Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default"]]
    stream_track: NotRequired[Literal["inbound_track", "outbound_track", "both_tracks"]]
    stream_url: NotRequired[str]
    assistant: NotRequired[dict[str, Any]]
    billing_group_id: NotRequired[str]
    conversation_relay_config: NotRequired[dict[str, Any]]
    deepfake_detection: NotRequired[DeepfakeDetection]
    send_silence_when_idle: NotRequired[bool]
    transcription: NotRequired[bool]
    transcription_config: NotRequired[TranscriptionConfig]
    record: NotRequired[Literal["record-from-answer"]]
    record_channels: NotRequired[Literal["single", "dual"]]
    record_custom_file_name: NotRequired[str]
    record_format: NotRequired[Literal["mp3", "wav"]]
    record_max_length: NotRequired[int]
    record_timeout_secs: NotRequired[int]
    record_track: NotRequired[Literal["both", "inbound", "outbound"]]
    record_trim: NotRequired[Literal["trim-silence"]]
    client_state: NotRequired[str]
    custom_headers: NotRequired[list[SipHeader]]
    preferred_codecs: NotRequired[str]
    sip_headers: NotRequired[list[UserToUser]]
    sound_modifications: NotRequired[SoundModifications]


class CallerIdPoolView(TypedDict):
    """
    A pool of caller ids.
    """

    id: str
    name: str
    numbers: list[PoolNumberView]
    choose: Choose
    per_day: int
    per_hour: int
    rest: str
    health: Health
    created_at: str
    updated_at: str


class CampaignChanges(TypedDict):
    """
    The body of PATCH /v1/campaigns/{id}: only `model_fields_set` is changed, and null takes a date or zone away.
    """

    name: NotRequired[str]
    flow: NotRequired[str]
    caller_id_pool: NotRequired[str]
    caller_ids: NotRequired[list[CallerId]]
    purpose: NotRequired[Purpose | None]
    subject: NotRequired[str | None]
    voice: NotRequired[Voice | None]
    law: NotRequired[LawSetting]
    allow_number_kinds: NotRequired[list[Literal["personal", "premium", "satellite", "shared_cost"]]]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    default_timezone: NotRequired[str | None]
    keep_open: NotRequired[bool]
    pacing: NotRequired[Pacing]
    calling_hours: NotRequired[CallingHoursInput]
    retry: NotRequired[RetryRules]
    number_gap: NotRequired[str]
    caps: NotRequired[Caps]
    consent: NotRequired[ConsentRule]
    on_opt_out: NotRequired[OnOptOut]
    lists: NotRequired[CampaignLists]
    guards: NotRequired[Guards]
    spend: NotRequired[Spend | None]
    variables: NotRequired[dict[str, str | int | float | bool | None]]
    tags: NotRequired[list[str]]
    description: NotRequired[str | None]


class CampaignInFlight(TypedDict):
    """
    A campaign after an action: `in_flight` counts its calls that the carrier has or may have.
    """

    id: str
    name: str
    status: Literal["draft", "scheduled", "running", "paused", "completed", "canceled"]
    status_reason: StatusReason | None
    flow: FlowReference
    connection_id: str
    caller_ids: list[str]
    caller_id_pool: str | None
    purpose: Purpose | None
    subject: str | None
    voice: Voice | None
    law: LawSetting
    allow_number_kinds: list[NumberKind]
    starts_at: str | None
    ends_at: str | None
    default_timezone: str | None
    keep_open: bool
    pacing: Pacing
    calling_hours: CallingHoursOutput
    retry: RetryRules
    number_gap: str
    caps: Caps
    consent: ConsentRule
    on_opt_out: OnOptOut
    lists: CampaignLists
    guards: Guards
    spend: Spend | None
    variables: dict[str, Any]
    tags: list[str]
    description: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    in_flight: int
    waits_for: WaitsFor | None


class CampaignView(TypedDict):
    """
    A campaign.
    """

    id: str
    name: str
    status: Literal["draft", "scheduled", "running", "paused", "completed", "canceled"]
    status_reason: StatusReason | None
    flow: FlowReference
    connection_id: str
    caller_ids: list[str]
    caller_id_pool: str | None
    purpose: Purpose | None
    subject: str | None
    voice: Voice | None
    law: LawSetting
    allow_number_kinds: list[NumberKind]
    starts_at: str | None
    ends_at: str | None
    default_timezone: str | None
    keep_open: bool
    pacing: Pacing
    calling_hours: CallingHoursOutput
    retry: RetryRules
    number_gap: str
    caps: Caps
    consent: ConsentRule
    on_opt_out: OnOptOut
    lists: CampaignLists
    guards: Guards
    spend: Spend | None
    variables: dict[str, Any]
    tags: list[str]
    description: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None


class ClonedCampaign(TypedDict):
    """
    A new campaign; `copying` says how far its contacts are, null where none come along.

    While it is `running` they are being copied, and go on by themselves: see `GET /v1/bulk-changes/{change_id}`.
    """

    id: str
    name: str
    status: Literal["draft", "scheduled", "running", "paused", "completed", "canceled"]
    status_reason: StatusReason | None
    flow: FlowReference
    connection_id: str
    caller_ids: list[str]
    caller_id_pool: str | None
    purpose: Purpose | None
    subject: str | None
    voice: Voice | None
    law: LawSetting
    allow_number_kinds: list[NumberKind]
    starts_at: str | None
    ends_at: str | None
    default_timezone: str | None
    keep_open: bool
    pacing: Pacing
    calling_hours: CallingHoursOutput
    retry: RetryRules
    number_gap: str
    caps: Caps
    consent: ConsentRule
    on_opt_out: OnOptOut
    lists: CampaignLists
    guards: Guards
    spend: Spend | None
    variables: dict[str, Any]
    tags: list[str]
    description: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    copying: BulkChangeView | None


class ContentView(TypedDict):
    """
    What became of a file, and the list afterwards.

    Refused rows are in `problems` by kind and in `errors`, the first 100; `notes` are accepted rows whose cell may mean
    several numbers, which are all on the list. `changed_since` counts entries that were added or deleted one by one
    after `as_of`: they stay as they were made.
    """

    list: ListView
    rows: int
    accepted: int
    invalid: int
    changed_since: int
    problems: list[ProblemKind]
    errors: list[SuppressionError]
    notes: list[SuppressionNote]


class ImportView(TypedDict):
    """
    An import; `problems` are its refused rows by kind, `errors` the first 100, invalid ones first.

    All of them are in rejects.csv. `read_as` is null for imports by earlier versions.
    """

    id: str
    campaign_id: str
    status: Literal["running", "completed", "failed", "withdrawn"]
    rows: int
    accepted: int
    duplicates: int
    invalid: int
    error: dict[str, Any] | None
    created_at: str
    read_as: ReadAs | None
    problems: list[ProblemKind]
    errors: list[RejectView]


class ListedCampaign(TypedDict):
    """
    A campaign in a list; `stats` are there with `include=stats`.
    """

    id: str
    name: str
    status: Literal["draft", "scheduled", "running", "paused", "completed", "canceled"]
    status_reason: StatusReason | None
    flow: FlowReference
    connection_id: str
    caller_ids: list[str]
    caller_id_pool: str | None
    purpose: Purpose | None
    subject: str | None
    voice: Voice | None
    law: LawSetting
    allow_number_kinds: list[NumberKind]
    starts_at: str | None
    ends_at: str | None
    default_timezone: str | None
    keep_open: bool
    pacing: Pacing
    calling_hours: CallingHoursOutput
    retry: RetryRules
    number_gap: str
    caps: Caps
    consent: ConsentRule
    on_opt_out: OnOptOut
    lists: CampaignLists
    guards: Guards
    spend: Spend | None
    variables: dict[str, Any]
    tags: list[str]
    description: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    stats: NotRequired[SummaryView | None]


class PageCallerIdPoolView(TypedDict):
    data: list[CallerIdPoolView]
    next_cursor: str | None


class PageListedCampaign(TypedDict):
    data: list[ListedCampaign]
    next_cursor: str | None


class PreviewView(TypedDict):
    """
    How a file would be read. The counts are of the rows that were looked at: all of them if `is_whole`.

    `map` is what to send with the import: what was said, and what is proposed for columns whose names do not say it;
    null where nothing needs saying. Columns and rows are shown as they are read with it.
    """

    encoding: str | None
    delimiter: str | None
    sheet: str | None
    sheets: list[str]
    header_row: int | None
    columns: list[ReadColumn]
    map: str | None
    header_problem: HeaderProblem | None
    is_whole: bool
    bytes_read: int
    rows: int
    accepted: int
    duplicates: int
    invalid: int
    first_rows: list[PreviewedRow]
    problems: list[PreviewedKind]
