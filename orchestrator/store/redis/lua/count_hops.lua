#!lua flags=allow-oom
-- Adds what one process has counted to the counts of all.
-- KEYS: 1 hops. ARGV: a field and its count, and so on.
for n = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[n], ARGV[n + 1]) end
