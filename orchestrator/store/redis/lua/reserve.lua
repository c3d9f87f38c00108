-- Grants calls per second (GCRA) and channels (leases) at once, nested connection over campaign.
-- KEYS: 1 gcra of connection, 2 of campaign, 3 slots of connection, 4 of campaign, 5 health of connection.
-- ARGV: 1 rate per s, 2 burst, 3 channels of the connection; 4, 5, 6 the same of the campaign (0 = no limit of its own);
--       7 lease in ms, 8 the slowest a carrier's answers may make it, then the call ids asked for.
-- Answer: {how many of the ids, from the first, were granted, why there is no room for one more: '' 'closed' 'rate' or
--         'channels', ms until the rate has room, for how many ids there is room}. Without ids it only answers.
if redis.call('HEXISTS', KEYS[5], 'closed') == 1 then return {0, 'closed', 0, 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full, slowed = tonumber(ARGV[1]), redis.call('HGET', KEYS[5], 'rate')
local rates = {slowed and math.min(full, math.max(tonumber(slowed), tonumber(ARGV[8]))) or full, tonumber(ARGV[4])}
local tats, room, why, wait = {}, 1000000, '', 0
for i, arg in ipairs({1, 4}) do
  if rates[i] > 0 then
    -- What an earlier, slower rate has put off counts by the rate of now: never more than the burst lies ahead.
    local ahead = tonumber(ARGV[arg + 1]) * 1000 / rates[i]
    local stored = tonumber(redis.call('GET', KEYS[i]) or '0')
    tats[i] = math.min(math.max(stored, now), now + ahead)
    if stored > tats[i] then redis.call('SET', KEYS[i], string.format('%.3f', tats[i]), 'PX', 3600000) end
    local free = math.floor((now + ahead - tats[i]) * rates[i] / 1000 + 1e-6)
    if free < 1 then why, wait = 'rate', math.max(wait, tats[i] + 1000 / rates[i] - ahead - now) end
    room = math.min(room, free)
  end
  local channels = tonumber(ARGV[arg + 2])
  local left = channels > 0 and channels - redis.call('ZCARD', KEYS[i + 2]) or math.huge
  if left < 1 then why = 'channels' end
  room = math.min(room, left)
end
room = math.max(0, room)
local granted = math.min(#ARGV - 8, room)
for i = 1, granted > 0 and 2 or 0 do
  if tats[i] then redis.call('SET', KEYS[i], string.format('%.3f', tats[i] + granted * 1000 / rates[i]), 'PX', 3600000) end
  for n = 1, granted do redis.call('ZADD', KEYS[i + 2], now + ARGV[7], ARGV[8 + n]) end
  redis.call('PEXPIRE', KEYS[i + 2], 86400000)
end
return {granted, why, math.ceil(wait), room}
