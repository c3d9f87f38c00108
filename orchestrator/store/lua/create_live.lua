-- Creates a call's live state unless there is one.
-- KEYS: call hash. ARGV: state (JSON). Answer: 1 created, 0 there already.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', 1, 's', ARGV[1])
return 1
