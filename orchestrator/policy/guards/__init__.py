"""Guards: what pauses a campaign by itself, and says why."""
