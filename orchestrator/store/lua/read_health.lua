-- Reads what a dispatcher looks at: how the carrier has answered, this Redis's epoch, how many calls wait for a command.
-- KEYS: 1 health, 2 epoch, 3 wakes. ARGV: 1 a call whose wake-up is due within so many ms waits too long.
-- Answer: {{rate, closed, reason, heard}, epoch, calls that wait too long}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local health = redis.call('HMGET', KEYS[1], 'rate', 'closed', 'reason', 'heard')
return {health, redis.call('GET', KEYS[2]), redis.call('ZCOUNT', KEYS[3], '-inf', now + ARGV[1])}
