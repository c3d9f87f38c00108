"""The bare Celery task: one POST with a pooled session, on a worker with the service's own settings."""

from __future__ import annotations

import os
import threading
from typing import Any

import requests
from celery import Celery

from benchmarks.ground import API_KEY
from workers.tasks.app import app as service

QUEUE = "bare"
TASK = "bare.post"
BODY = {
    "payload": "This is Elm Clinic for Ada: Monday at 9. Press 1 to confirm, 9 to stop these calls.",
    "valid_digits": "19",
    "maximum_digits": 1,
    "voice": "female",
    "language": "en-US",
    "client_state": "eyJjYWxsIjoiY2FsbF8wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMCIsInJvbGUiOiJBIn0=",
    "command_id": "5f1f4c5e-6f0b-5b57-9d0e-6f3f1c2a7d10",
}

app = Celery("bare", broker=service.conf.broker_url)
app.conf.update({name: service.conf[name] for name in (
    "task_serializer", "accept_content", "task_acks_late", "task_reject_on_worker_lost", "task_ignore_result",
    "task_publish_retry", "worker_prefetch_multiplier", "worker_send_task_events", "worker_hijack_root_logger",
    "broker_connection_retry_on_startup", "broker_transport_options",
)})  # fmt: skip

_threads = threading.local()


@app.task(name=TASK)  # type: ignore[untyped-decorator]  # Celery ships no types
def post(call_control_id: str) -> None:
    """Send one command."""
    url = f"{os.environ['TELNYX_BASE_URL']}/calls/{call_control_id}/actions/gather_using_speak"
    _session().post(url, json=BODY, timeout=(3.05, 12))


def _session() -> Any:
    if not hasattr(_threads, "session"):
        _threads.session = requests.Session()
        _threads.session.headers["Authorization"] = f"Bearer {API_KEY}"
    return _threads.session
