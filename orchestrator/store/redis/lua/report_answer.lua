#!lua flags=allow-oom
-- Slows dialing by half after a bad answer (once a second), lets each good one bring back 1/s, closes it after failures in
-- a row; and tells the call what it is to know of the answer.
-- KEYS: 1 health, 2 events. ARGV: 1 good|bad, 2 full rate per s, 3 failures in a row that close, 4 reason, 5 event or '',
--       6 the slowest that bad answers make it, per s.
-- Answer: 'open', or 'closed' when this answer closed it.
if ARGV[5] ~= '' then redis.call('XADD', KEYS[2], '*', 'own', ARGV[5]) end
local health = redis.call('HMGET', KEYS[1], 'rate', 'changed', 'failures')
if ARGV[1] == 'good' and not health[1] and not health[3] then return 'open' end  -- as nearly always: nothing to write
local full, rate = tonumber(ARGV[2]), tonumber(health[1] or ARGV[2])
if ARGV[1] == 'good' then
  redis.call('HDEL', KEYS[1], 'failures')
  if rate + 1 < full then redis.call('HSET', KEYS[1], 'rate', rate + 1) else redis.call('HDEL', KEYS[1], 'rate') end
  return 'open'
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = now - tonumber(health[2] or '0')
if since < 0 then since = since < -60000 and 1000 or 0 end  -- the clock has stepped back: never for longer than a minute
if since >= 1000 then redis.call('HSET', KEYS[1], 'rate', math.max(math.min(tonumber(ARGV[6]), full), rate / 2), 'changed', now) end
if redis.call('HINCRBY', KEYS[1], 'failures', 1) < tonumber(ARGV[3]) then return 'open' end
if redis.call('HSETNX', KEYS[1], 'closed', now) == 0 then return 'open' end
redis.call('HSET', KEYS[1], 'reason', ARGV[4])
return 'closed'
