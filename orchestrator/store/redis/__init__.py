"""Redis or Valkey: keys, streams, live calls, the rate limiter, Lua scripts."""
