-- Returns what was granted and not used: channels, and with a rate also its place in the queue.
-- KEYS: 1 gcra of connection, 2 of campaign, 3 slots of connection, 4 of campaign, 5 health of connection.
-- ARGV: 1 rate of connection, 2 of campaign (0 = leave the rate alone), 3 the slowest a carrier's answers may make it, then
--       the call ids. Answer: channels freed.
local freed = 0
for i = 4, #ARGV do
  freed = freed + redis.call('ZREM', KEYS[3], ARGV[i])
  redis.call('ZREM', KEYS[4], ARGV[i])
end
-- A place is as long as reserve.lua has made it.
local full, slowed = tonumber(ARGV[1]), redis.call('HGET', KEYS[5], 'rate')
local rates = {slowed and math.min(full, math.max(tonumber(slowed), tonumber(ARGV[3]))) or full, tonumber(ARGV[2])}
for i, rate in ipairs(rates) do
  local tat = redis.call('GET', KEYS[i])
  if rate > 0 and tat and freed > 0 then
    redis.call('SET', KEYS[i], string.format('%.3f', tat - freed * 1000 / rate), 'PX', 3600000)
  end
end
return freed
