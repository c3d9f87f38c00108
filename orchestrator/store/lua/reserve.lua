-- Grants calls per second (GCRA) and channels (leases) at once, nested connection over campaign.
-- KEYS: 1 gcra of connection, 2 of campaign, 3 slots of connection, 4 of campaign, 5 health of connection.
-- ARGV: 1 rate per s, 2 burst, 3 channels of the connection; 4, 5, 6 the same of the campaign (0 = no limit of its own);
--       7 lease in ms, then the call ids asked for. Answer: how many of the ids, from the first, were granted.
if redis.call('HEXISTS', KEYS[5], 'closed') == 1 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local granted = #ARGV - 7
local slowed = tonumber(redis.call('HGET', KEYS[5], 'rate') or 'inf')
local function tokens(key, rate, burst)
  local tat = math.max(tonumber(redis.call('GET', key) or '0'), now)
  return math.floor((now + burst * 1000 / rate - tat) * rate / 1000 + 1e-6), tat
end
local rates = {math.min(tonumber(ARGV[1]), slowed), tonumber(ARGV[4])}
local tats = {}
for i, arg in ipairs({1, 4}) do
  if rates[i] > 0 then
    local free
    free, tats[i] = tokens(KEYS[i], rates[i], tonumber(ARGV[arg + 1]))
    granted = math.min(granted, free)
  end
  local channels = tonumber(ARGV[arg + 2])
  if channels > 0 then granted = math.min(granted, channels - redis.call('ZCARD', KEYS[i + 2])) end
end
if granted <= 0 then return 0 end
for i = 1, 2 do
  if tats[i] then redis.call('SET', KEYS[i], string.format('%.3f', tats[i] + granted * 1000 / rates[i]), 'PX', 3600000) end
  for n = 1, granted do redis.call('ZADD', KEYS[i + 2], now + ARGV[7], ARGV[7 + n]) end
end
return granted
