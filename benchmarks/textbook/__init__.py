"""The app that a user would write instead: Flask, Celery and Redis as in their tutorials, and no guarantee at all."""
