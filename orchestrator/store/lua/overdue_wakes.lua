#!lua flags=allow-oom
-- Lists calls whose outbox should have been emptied by now, and puts each off so that one sweeper wakes it.
-- KEYS: 1 wakes. ARGV: 1 the most to list, 2 pause in ms. Answer: call ids.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local calls = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, call in ipairs(calls) do redis.call('ZADD', KEYS[1], now + ARGV[2], call) end
return calls
