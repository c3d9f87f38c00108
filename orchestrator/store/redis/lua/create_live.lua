#!lua flags=allow-oom
-- Creates a call's live state unless there is one.
-- KEYS: call hash. ARGV: 1 state (JSON), 2 its version, 3 control id the state is bound to, or '', 4 seconds for which it
-- is kept, 0 for one that its own end is to let go.
-- Answer: 1 created, 0 there already.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'cc', ARGV[3]) end
if ARGV[4] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
return 1
