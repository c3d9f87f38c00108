-- After a step back of this server's clock: lets a stream whose newest entry came "in the future" begin anew, once it
-- is empty, and moves what waits for a moment of the old clock back with it. The ids of a stream only ever grow: every
-- entry would be stamped with the moment of the step until the clock has caught up, and all timers be late by as much.
-- KEYS: 1 stream, then sorted sets whose scores are moments in ms. ARGV: 1 group, 2 the least step in ms.
-- Answer: the ms by which the clock has stepped back, 0 if it has not or the stream is not empty.
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('XLEN', KEYS[1]) > 0 then return 0 end
local info, newest = redis.call('XINFO', 'STREAM', KEYS[1]), 0
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then newest = tonumber(string.match(info[i + 1], '^%d+')) end
end
local time = redis.call('TIME')
local step = newest - (time[1] * 1000 + math.floor(time[2] / 1000))
if step < tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
for k = 2, #KEYS do
  local waiting = redis.call('ZRANGE', KEYS[k], 0, -1, 'WITHSCORES')
  for i = 1, #waiting, 2 do redis.call('ZADD', KEYS[k], string.format('%.0f', waiting[i + 1] - step), waiting[i]) end
end
return step
