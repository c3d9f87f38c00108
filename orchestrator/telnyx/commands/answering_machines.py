"""Settings of answering machine detection (AMD)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.telnyx.commands.base import Part, unset_means
from orchestrator.telnyx.commands.values import Count

AmdMode = Literal[
    "premium",
    "detect",
    "detect_beep",
    "detect_words",
    "greeting_end",
    "disabled",
    "premium_ios_call_screening_detection",
]


class AmdConfig(Part):
    """Thresholds of detection in milliseconds, Hz where the name says so.

    Premium reads only `total_analysis_time_millis` and `greeting_duration_millis` (and `prompt_end_timeout_millis` in
    its screening variant). The carrier publishes no ranges but for the purity.
    """

    after_greeting_silence_millis: Count | None = unset_means(800)
    between_words_silence_millis: Count | None = unset_means(50)
    greeting_duration_millis: Count | None = unset_means(3500)
    greeting_silence_duration_millis: Count | None = unset_means(1500)
    greeting_total_analysis_time_millis: Count | None = unset_means(5000)
    initial_silence_millis: Count | None = unset_means(3500)
    maximum_number_of_words: Count | None = unset_means(5)
    maximum_word_length_millis: Count | None = unset_means(3500)
    silence_threshold: Count | None = unset_means(256)
    total_analysis_time_millis: Count | None = unset_means(3500)
    beep_detection_profile: Literal["both", "freq_only"] | None = None
    beep_max_frequency_hz: Count | None = None
    beep_min_frequency_hz: Count | None = None
    beep_min_tone_duration_millis: Count | None = None
    beep_spectral_confirmation: bool | None = None
    beep_spectral_min_purity: Annotated[float, Field(ge=0, le=1)] | None = None
    beep_spectral_reject_fax_cng: bool | None = None
    beep_spectral_window_millis: Count | None = None
    prompt_end_timeout_millis: Count | None = unset_means(5000)
