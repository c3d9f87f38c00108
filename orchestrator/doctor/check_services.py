"""Checks of the installation: stores, schema, dialing, and whether the public addresses lead here."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, cast

import redis
import requests
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import Clock
from orchestrator.doctor.carrier_choice import is_telnyx
from orchestrator.doctor.findings import Finding, bad, doubtful, good, unseen
from orchestrator.doctor.public_address import split_address, why_out_of_reach
from orchestrator.policy.zones.clock_rules import old_rules, rules_version
from orchestrator.settings import Settings
from orchestrator.store.sql.dialing_stop import read_stop
from orchestrator.store.sql.engine import open_redis, open_sql
from orchestrator.store.sql.schema_version import schema_remedy
from orchestrator.web.session import open_session

_PUBLIC_EXAMPLE = "https://…"
_START = "start `orchestrator up` and ask again, or set {variable}"


def check_public_url(settings: Settings) -> Finding:
    """Fetch a nonce through the public address, which only this webhook endpoint can know."""
    subject = "public URL"
    if not settings.public_url:
        remedy = (
            "set ORCHESTRATOR_PUBLIC_URL to where the carrier reaches this machine, such as a tunnel to the API's port"
        )
        return bad(subject, "ORCHESTRATOR_PUBLIC_URL is not set", remedy)
    wrong = _wrong_from_outside(settings)
    if wrong is not None:
        return wrong
    nonce, url = secrets.token_urlsafe(16), f"{settings.public_url.rstrip('/')}/healthz"
    try:
        answer = open_session(settings.egress).get(url, params={"nonce": nonce}, timeout=(5, 10))
        echoed = answer.json().get("nonce") == nonce
    except (requests.RequestException, ValueError, AttributeError) as err:
        detail = f"nothing of ours answers at {url} ({type(err).__name__})"
        return bad(subject, detail, "is `orchestrator up` running, and does the tunnel lead to its port?")
    if not echoed:
        return bad(subject, f"somebody else answers at {url}", "let the tunnel lead to the API's port on this machine")
    if is_telnyx(settings) and url.startswith("http://"):
        detail = f"{settings.public_url} is not encrypted: numbers and keys pressed can be read on the way"
        return doubtful(subject, detail, f"set ORCHESTRATOR_PUBLIC_URL to {_PUBLIC_EXAMPLE}, behind TLS")
    return good(subject, settings.public_url)


def _wrong_from_outside(settings: Settings) -> Finding | None:
    """Return why the real carrier cannot reach the public URL, even if it answers from this machine."""
    subject, url = "public URL", settings.public_url or ""
    parts = split_address(url)
    remedy = f"set ORCHESTRATOR_PUBLIC_URL to where the carrier reaches this machine: {_PUBLIC_EXAMPLE}, a tunnel's"
    if parts is None:
        return bad(subject, f"{url} is no web address", remedy)
    why = why_out_of_reach(str(parts.hostname)) if is_telnyx(settings) else None
    return bad(subject, f"{url} {why}: no webhook would come in", remedy) if why else None


def check_media(settings: Settings) -> Iterator[Finding]:
    """Yield whether the media receiver answers at ORCHESTRATOR_MEDIA_URL; nothing if it is not set."""
    subject, url = "media URL", (settings.media_url or "").rstrip("/")
    if not url:
        return
    if not url.startswith(("wss://", "ws://")):
        remedy = "set ORCHESTRATOR_MEDIA_URL to where the carrier reaches `orchestrator media`, such as wss://…"
        yield bad(subject, f"{url} is not the address of a websocket", remedy)
        return
    asked = f"{url.replace('ws', 'http', 1)}/healthz"
    try:
        is_receiver = "streams_open" in open_session(settings.egress).get(asked, timeout=(5, 10)).json()
    except (requests.RequestException, ValueError, TypeError) as err:
        remedy = "is `orchestrator media` running, and does the address lead to its --port?"
        yield bad(subject, f"no media receiver answers at {asked} ({type(err).__name__})", remedy)
        return
    if is_receiver:
        yield good(subject, url)
    else:
        yield bad(subject, f"somebody else answers at {asked}", "let the address lead to the --port of the receiver")


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Yield findings about Valkey: reachability and durability."""
    client = open_redis(settings.redis_url)
    try:
        policy, appendonly, fsync = (
            _setting(client, name) for name in ("maxmemory-policy", "appendonly", "appendfsync")
        )
    except redis.RedisError as err:
        yield unseen("Valkey", str(err), _START.format(variable="ORCHESTRATOR_REDIS_URL"))
        return
    finally:
        client.close()
    if policy == "noeviction":
        yield good("Valkey memory", "noeviction")
    else:
        yield bad(
            "Valkey memory", f"maxmemory-policy is {policy}: it would throw live calls away", "set it to noeviction"
        )
    if (appendonly, fsync) == ("yes", "always"):
        yield good("Valkey durability", "AOF, always")
    else:
        detail = f"appendonly {appendonly}, appendfsync {fsync}: a crash would lose webhooks that were answered"
        yield bad("Valkey durability", detail, "set appendonly yes and appendfsync always")


def check_database(settings: Settings) -> Finding:
    """Return whether the database answers and has the schema of this version."""
    engine = open_sql(settings.database_url, pool_size=1)
    try:
        with engine.connect() as tx:
            what, _, remedy = schema_remedy(tx).partition(": ")
            return bad("database", what, remedy) if what else good("database", "answers, newest schema")
    except SQLAlchemyError as err:
        return unseen("database", str(getattr(err, "orig", err)), _START.format(variable="ORCHESTRATOR_DATABASE_URL"))
    finally:
        engine.dispose()


def check_dialing(settings: Settings) -> Finding:
    """Return whether an operator has stopped all dialing; then no call is made."""
    engine = open_sql(settings.database_url, pool_size=1)
    try:
        with engine.connect() as tx:
            stop = read_stop(tx)
    except SQLAlchemyError:
        return unseen("dialing", "the database does not say", _START.format(variable="ORCHESTRATOR_DATABASE_URL"))
    finally:
        engine.dispose()
    if stop is None:
        return good("dialing", "not stopped")
    return bad("dialing", stop.sentence, "`orchestrator dialing resume` lets it go on")


def check_clock_rules(clock: Clock) -> Finding:
    """Return which time zone data is in use, and whether it is outdated."""
    subject, found = "clock rules", f"tzdata {rules_version()}"
    remedy = old_rules(clock())
    return bad(subject, f"{found}, over 120 days old", remedy) if remedy else good(subject, found)


def _setting(client: redis.Redis, name: str) -> str:
    answer = cast("dict[Any, Any]", client.config_get(name))
    return next((value.decode() if isinstance(value, bytes) else str(value) for value in answer.values()), "unknown")
