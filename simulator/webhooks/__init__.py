"""Delivery of webhooks: signing, retries and the limits of each receiver."""
