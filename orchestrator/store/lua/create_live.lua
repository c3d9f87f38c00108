#!lua flags=allow-oom
-- Creates a call's live state unless there is one; its versions begin at the present moment in microseconds, so that
-- none is ever used twice, not even by a Redis that came back empty.
-- KEYS: call hash. ARGV: 1 state (JSON), 2 control id the state is bound to, or ''. Answer: 1 created, 0 there already.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'v', string.format('%.0f', time[1] * 1000000 + time[2]), 's', ARGV[1])
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'cc', ARGV[2]) end
return 1
