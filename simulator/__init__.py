"""A simulated carrier: the Call Control API, its webhooks and simulated callees, on one port."""
