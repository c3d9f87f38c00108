#!lua flags=allow-oom
-- Writes a live call again without its person, with its timeline; commands and sounds that wait for it go.
-- KEYS: 1 call hash, 2 log, 3 outbox, 4 sounds. ARGV: 1 expected version, 2 new version, 3 new state, then the lines.
-- Answer: the ms for which it is kept, -1 for no end; -2 stale: read and write again.
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[1] then return -2 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[3])
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
for i = 4, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
local kept = redis.call('PTTL', KEYS[1])
if kept > 0 then redis.call('PEXPIRE', KEYS[2], kept) end
return kept
