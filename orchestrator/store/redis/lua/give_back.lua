-- Returns what was granted and not used: channels, and with a rate also its place in the queue.
-- KEYS: 1 gcra of connection, 2 of campaign, 3 slots of connection, 4 of campaign.
-- ARGV: 1 rate of connection, 2 of campaign (0 = leave the rate alone), then the call ids. Answer: channels freed.
local freed = 0
for i = 3, #ARGV do
  freed = freed + redis.call('ZREM', KEYS[3], ARGV[i])
  redis.call('ZREM', KEYS[4], ARGV[i])
end
for i = 1, 2 do
  local rate, tat = tonumber(ARGV[i]), redis.call('GET', KEYS[i])
  if rate > 0 and tat and freed > 0 then
    redis.call('SET', KEYS[i], string.format('%.3f', tat - freed * 1000 / rate), 'PX', 3600000)
  end
end
return freed
