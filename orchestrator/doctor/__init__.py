"""Checks of an installation: its services, its public addresses, and its account at the carrier."""
