#!lua flags=allow-oom
-- Moves an entry that failed for good to the dead letters.
-- KEYS: 1 dead, 2 stream, 3 failures. ARGV: 1 the most to keep, 2 group, 3 entry id, then fields and values of the letter.
-- Answer: 1.
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 4))
redis.call('XACK', KEYS[2], ARGV[2], ARGV[3])
redis.call('XDEL', KEYS[2], ARGV[3])
redis.call('HDEL', KEYS[3], ARGV[3])
return 1
