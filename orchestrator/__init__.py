"""What a call is and what may happen to it: the engine without its web face and without its workers."""
