-- The last look before a POST: Redis is the one that SQL knows, dispatch is open, the call has its live state, the law
-- permits the send: then it is entered in the log of the trailing window (R7, R20).
-- KEYS: 1 sends, 2 epoch, 3 call hash, 4 health of the connection.
-- ARGV: 1 the most in the window, 2 window in ms, 3 member (call id and number of the send), 4 epoch, 5 live state (JSON),
--       6 its version, 7 'first' or 'repeat', which asks for a dial that was made while dispatch was open.
-- Answer: 'permitted', 'refused' by the law, 'closed' while dispatch is shut, 'stale' when Redis came back empty and is being
-- rebuilt.
if redis.call('GET', KEYS[2]) ~= ARGV[4] then return 'stale' end
if ARGV[7] == 'first' and redis.call('HEXISTS', KEYS[4], 'closed') == 1 then return 'closed' end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
if redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('HSET', KEYS[3], 'v', ARGV[6], 's', ARGV[5])  -- as create_live.lua does
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
-- The clock has stepped back: what it calls the future was sent just now at the latest, and counts from now.
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.3f', now), '+inf')) do
  redis.call('ZADD', KEYS[1], string.format('%.3f', now), member)
end
redis.call('ZREM', KEYS[1], ARGV[3])  -- asked about again, a send counts once, and from now
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 'refused' end
redis.call('ZADD', KEYS[1], string.format('%.3f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2)
return 'permitted'
