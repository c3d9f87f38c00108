"""State of the simulator: legs, recordings, queues, counters, limits and faults, without call behavior."""
