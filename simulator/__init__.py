"""The carrier on your desk: the Call Control API, its webhooks and the people it rings, on one port."""
