"""Fetching recordings from the carrier and finding them."""
