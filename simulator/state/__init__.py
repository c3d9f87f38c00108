"""What the simulator keeps: legs, recordings, queues, counters, limits and faults; data without behaviour of a call."""
