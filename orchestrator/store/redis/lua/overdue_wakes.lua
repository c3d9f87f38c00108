#!lua flags=allow-oom
-- Lists calls whose outbox should have been emptied by now, and puts each off so that one sweeper wakes it.
-- KEYS: 1 wakes. ARGV: 1 the most to list, 2 pause in ms, 3 wake-ups that still stand in the queue, 4 patience in ms,
--       5 whether the queue moves: 1 or 0.
-- Answer: call ids. As long as the queue may hold them all, only those that have waited out the patience are listed: who
-- is slow would be slower still for every wake-up that comes twice. A queue that nobody reads gets none of these either.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = now
if redis.call('ZCOUNT', KEYS[1], '-inf', now) <= tonumber(ARGV[3]) then
  if ARGV[5] == '0' then return {} end
  before = now - ARGV[4]
end
local calls = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', before, 'LIMIT', 0, ARGV[1])
for _, call in ipairs(calls) do redis.call('ZADD', KEYS[1], now + ARGV[2], call) end
return calls
