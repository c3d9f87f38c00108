#!lua flags=allow-oom
-- Makes one write although memory is full: what drains the streams must never be refused (R11).
-- KEYS: 1 key. ARGV: 1 command, then what stands behind the key. Answer: the command's.
return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))
