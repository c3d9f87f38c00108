-- The law on dialing: a send is entered in the log of the trailing window, or refused (R7).
-- KEYS: 1 sends. ARGV: 1 the most in the window, 2 window in ms, 3 member (call id and number of the send).
-- Answer: 1 may be sent, 0 refused.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.3f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2)
return 1
