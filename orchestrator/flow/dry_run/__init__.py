"""Dry-runs a flow offline against a scripted callee."""
