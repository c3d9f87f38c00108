#!lua flags=allow-oom
-- Takes the calls whose command is to be sent again by now, or whose sender has died: no message in the queue stands for
-- them.
-- KEYS: 1 put off. ARGV: 1 the most to take. Answer: the calls; they are the caller's.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local calls = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, call in ipairs(calls) do redis.call('ZREM', KEYS[1], call) end
return calls
