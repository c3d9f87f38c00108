#!lua flags=allow-oom
-- Adds what one process has counted to the counts of all, once, however often its turn is told.
-- KEYS: 1 counts 2 the newest turn of this process. ARGV: 1 its turn 2 seconds to remember it, then a field and its count, and so on.
if redis.call('GET', KEYS[2]) == ARGV[1] then return end
for n = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[n], ARGV[n + 1]) end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
