-- Reads what a dispatcher looks at: how the carrier has answered, this Redis's epoch, how many calls wait for a command.
-- KEYS: 1 health, 2 epoch, 3 wakes, 4 sends. ARGV: 1 a call whose wake-up is due within so many ms waits too long.
-- Answer: {{rate, closed, reason, heard}, epoch, calls that wait too long, sends in the last second}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local health = redis.call('HMGET', KEYS[1], 'rate', 'closed', 'reason', 'heard')
local late = redis.call('ZCOUNT', KEYS[3], '-inf', now + ARGV[1])
return {health, redis.call('GET', KEYS[2]), late, redis.call('ZCOUNT', KEYS[4], now - 1000, '+inf')}
