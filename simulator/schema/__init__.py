"""Validation of requests: field types, conditions between fields, and the errors of the API."""
