"""The engine: the loops that dispatch, process events, finalize, sweep, fetch and notify."""
