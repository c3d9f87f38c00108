"""Outgoing HTTP requests: where they may go, and with which bounds."""
