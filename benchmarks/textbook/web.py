"""The textbook app's Flask part: takes a campaign, and hands every webhook to Celery."""

from __future__ import annotations

from flask import Flask, request

from benchmarks.textbook.tasks import handle, run_campaign

app = Flask("textbook")


@app.post("/campaigns")
def campaigns() -> tuple[str, int]:
    """Start a campaign: {people: [{phone, first_name, appointment}], calls_per_second}."""
    body = request.get_json()
    run_campaign.delay(body["people"], body["calls_per_second"])
    return "", 202


@app.post("/webhooks/telnyx")
def webhooks() -> tuple[str, int]:
    """Take one webhook."""
    handle.delay(request.get_json()["data"])
    return "", 200
