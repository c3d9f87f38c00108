"""The Celery app, its tasks, and the loops that dispatch, advance, settle and sweep."""
