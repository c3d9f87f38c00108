"""The Celery app under the name that command lines give it: `celery -A workers.celery_app worker`."""

from __future__ import annotations

from workers.tasks.app import app

__all__ = ["app"]
