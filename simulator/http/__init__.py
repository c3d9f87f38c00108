"""The HTTP server: the carrier's API under /v2, and the simulator's own controls."""
