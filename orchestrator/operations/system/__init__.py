"""Readiness, metrics, idempotency of requests."""
