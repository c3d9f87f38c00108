#!lua flags=allow-oom
-- Creates a call's live state unless there is one. Of what stands beside one that was lost, the leg and the commands that
-- were sent are kept; the events it had seen it is to see again, for they ended nothing.
-- KEYS: call hash. ARGV: 1 state (JSON), 2 its version, 3 control id the state is bound to, or '', 4 seconds for which it
-- is kept, 0 for one that its own end is to let go, 5 version of a state that nobody can read and that is replaced, or ''.
-- Answer: 1 created, 0 there already.
local version = redis.call('HGET', KEYS[1], 'v')
if version and version ~= ARGV[5] then return 0 end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'e:' then redis.call('HDEL', KEYS[1], field) end
end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'cc', ARGV[3]) end
if ARGV[4] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
return 1
