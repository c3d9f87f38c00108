"""The carrier's HTTP side: the API under /v2, and the simulator's own controls beside it."""
