-- Reads what a dispatcher looks at: how the carrier has answered, this Redis's epoch, how many callees wait for us.
-- KEYS: 1 health, 2 epoch, 3 wakes, 4 sends, 5 events. ARGV: 1 a call whose wake-up is due within so many ms waits too
--       long, 2 so does an event that came so many ms ago, 3 the most events to count.
-- Answer: {{rate, closed, reason, heard}, epoch, calls and events that wait too long, sends in the last second}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local health = redis.call('HMGET', KEYS[1], 'rate', 'closed', 'reason', 'heard')
local late = redis.call('ZCOUNT', KEYS[3], '-inf', now + ARGV[1])
late = late + #redis.call('XRANGE', KEYS[5], '-', now - ARGV[2], 'COUNT', ARGV[3])
return {health, redis.call('GET', KEYS[2]), late, redis.call('ZCOUNT', KEYS[4], now - 1000, '+inf')}
