"""Value types of the carrier: numbers, digits, addresses and texts, with the documented limits."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
MAX_SPEECH_CHARS = 3000
MAX_URL_CHARS = 2000
MAX_RETRY_MS_TOTAL = 60_000


def _is_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as err:
        raise PydanticCustomError("base64", "must be base64") from err
    return text


def _is_udp_target(text: str) -> str:
    scheme, _, address = text.partition(":")
    host, _, port = address.rpartition(":")
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        fits = scheme == "udp" and port.isdecimal() and 0 < int(port) < 65_536
    except ValueError:
        fits = False
    if not fits:
        raise PydanticCustomError("udp_target", "must be udp:ip:port, as in udp:192.0.2.10:9000")
    return text


# Error 90017 of the carrier's code list.
Base64Text = Annotated[str, AfterValidator(_is_base64), Field(json_schema_extra={"pattern": BASE64})]
CommandId = Annotated[str, StringConstraints(min_length=1)]
# Error 10016: +E.164; a dial string may end in `,digits` to be keyed after the answer, or be a SIP URI.
CallerId = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$")]
Destination = Annotated[
    str, StringConstraints(pattern=r"^(\+[1-9][0-9]{1,14}(,[0-9A-DwW*#]+)?|[sS][iI][pP][sS]?:\S+)$")
]
SipUri = Annotated[str, StringConstraints(pattern=r"^[sS][iI][pP][sS]?:\S+$")]
UdpTarget = Annotated[
    str, AfterValidator(_is_udp_target), Field(json_schema_extra={"pattern": r"^udp:\[?[0-9A-Fa-f:.]+\]?:[0-9]{1,5}$"})
]
# Error 10003: at most 2,000 characters.
HttpUrl = Annotated[str, StringConstraints(pattern=r"^[hH][tT][tT][pP][sS]?://\S+$", max_length=MAX_URL_CHARS)]
WebsocketUrl = Annotated[str, StringConstraints(pattern=r"^[wW][sS][sS]?://\S+$", max_length=MAX_URL_CHARS)]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=40)]
# 3,000 by the schema (error 90010 says 5,000).
Speech = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SPEECH_CHARS)]
# Errors 90007, 90008, 90014; an empty terminating digit switches it off.
TerminatingDigit = Annotated[str, StringConstraints(pattern=r"^[0-9*#]?$")]
ValidDigits = Annotated[str, StringConstraints(pattern=r"^[0-9*#]+$")]
Tones = Annotated[str, StringConstraints(pattern=r"^[0-9A-DwW*#]+$")]
# Errors 90022, 90023, 90024, 90026, 90056, 90009.
DigitCount = Annotated[int, Field(ge=1, le=128)]
Tries = Annotated[int, Field(ge=1, le=128)]
DigitTimeoutMillis = Annotated[int, Field(ge=1, le=120_000)]
PositiveMillis = Annotated[int, Field(ge=1)]
Loop = Literal["infinity"] | Annotated[int, Field(ge=1, le=100)]
Count = Annotated[int, Field(ge=0)]

Legs = Literal["self", "opposite", "both"]
StopWhat = Literal["current", "all"]
Channels = Literal["single", "dual"]
AudioFormat = Literal["wav", "mp3"]
Track = Literal["both", "inbound", "outbound"]
HttpMethod = Literal["POST", "GET"]
SpeechType = Literal["text", "ssml"]
ServiceLevel = Literal["basic", "premium"]
SpeechLanguage = Literal[
    "arb", "cmn-CN", "cy-GB", "da-DK", "de-DE", "en-AU", "en-GB", "en-GB-WLS", "en-IN", "en-US",
    "es-ES", "es-MX", "es-US", "fr-CA", "fr-FR", "hi-IN", "is-IS", "it-IT", "ja-JP", "ko-KR",
    "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sv-SE", "tr-TR",
]  # fmt: skip
