-- The law on dialing: a send is entered in the log of the trailing 5 s, or refused (R7).
-- KEYS: 1 sends. ARGV: 1 the most in 5 s, 2 member (call id and number of the send). Answer: 1 may be sent, 0 refused.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 5000)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.3f', now), ARGV[2])
redis.call('PEXPIRE', KEYS[1], 10000)
return 1
