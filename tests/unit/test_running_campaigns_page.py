"""The page for whoever runs campaigns knows nothing of what is inside, and has a task for each thing one does."""

from __future__ import annotations

import re

from tests.support.page import Page

PAGE = Page.of("running-campaigns.md")
INSIDE = (
    "API",
    "Celery",
    "HTTP",
    "JSON",
    "Lua",
    "PostgreSQL",
    "REST",
    "Redis",
    "SQL",
    "Telnyx",
    "Valkey",
    "YAML",
    "broker",
    "cron",
    "daemon",
    "database",
    "dispatcher",
    "endpoint",
    "engine",
    "epoch",
    "gate",
    "idempotent",
    "latency",
    "lease",
    "ledger",
    "outbox",
    "payload",
    "process",
    "queue",
    "shard",
    "stack",
    "stream",
    "sweeper",
    "task",
    "thread",
    "transaction",
    "webhook",
    "worker",
)


def test_the_page_says_nothing_of_what_is_inside() -> None:
    inside = re.compile(rf"\b({'|'.join(INSIDE)})(?:s|es|ed)?\b", re.IGNORECASE)

    assert inside.findall(PAGE.prose.replace("the rest", "")) == []


def test_there_is_something_to_read_and_to_type() -> None:
    assert len(PAGE.prose.split()) > 500
    assert len(PAGE.commands) > 40
