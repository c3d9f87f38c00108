#!lua flags=allow-oom
-- Takes or renews the call's lease and stamps the first send of its oldest command, before the POST (R13).
-- KEYS: 1 lease, 2 outbox, 3 call hash, 4 wakes, 5 latency, 6 put off. ARGV: 1 token, 2 lease ms, 3 call id.
-- Answer: {'busy'} another performer has it; {'empty'} nothing to do, the lease is given back; {'unbound'} the carrier has
--         not named the leg yet, and nobody is late: the commit that binds it has it woken; or
--         {'send', command JSON, first send ms, now ms, control id or ''}.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  -- Longer than any lease: the clock has stepped back, and whoever held it may have died.
  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  return {'busy'}
end
local raw = redis.call('LINDEX', KEYS[2], 0)
local command, control_id = raw and cjson.decode(raw), redis.call('HGET', KEYS[3], 'cc') or ''
if not raw or (control_id == '' and not command.call_control_id) then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[4], ARGV[3])
  redis.call('ZREM', KEYS[6], ARGV[3])
  return {raw and 'unbound' or 'empty'}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for _, due in ipairs({KEYS[4], KEYS[6]}) do redis.call('ZADD', due, now + ARGV[2], ARGV[3]) end
local stamp = 'c:' .. command.command_id
if redis.call('HSETNX', KEYS[3], stamp, now) == 1 and command.caused_at then
  redis.call('LPUSH', KEYS[5], now - command.caused_at)
  redis.call('LTRIM', KEYS[5], 0, 999)
end
return {'send', raw, tonumber(redis.call('HGET', KEYS[3], stamp)), now, control_id}
