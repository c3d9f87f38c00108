#!lua flags=allow-oom
-- Turns due timers into events, unless older entries still wait in the stream: what came before a deadline wins (R15).
-- KEYS: 1 timers, 2 events. ARGV: 1 the most to fire. Answer: how many were fired, -1 if none is set.
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local time = redis.call('TIME')
local due_before = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
if oldest then due_before = math.min(due_before, tonumber(string.match(oldest[1], '^%d+')) - 1) end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', due_before, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
for i = 1, #due, 2 do
  redis.call('XADD', KEYS[2], '*', 'timer', due[i], 'due', due[i + 1])
  redis.call('ZREM', KEYS[1], due[i])
end
return #due / 2
