#!lua flags=allow-oom
-- Commits one decision, or nothing: state, commands, timers, event id, acknowledgement (R11).
-- KEYS: 1 call hash, 2 log, 3 outbox, 4 wakes, 5 timers, 6 the stream of the entry, 7 ended, 8 failures, 9… legs that are
--       the call's from now on, so that a webhook which lost its client_state finds it.
-- ARGV: 1 call id, 2 expected version, 3 event id, 4 entry id, 5 group, 6 new state, 7 log entry, 8 control id to bind or '',
--       9 drop: none|step|all, 10 visit (step drops unsent commands of earlier visits), 11 settle 1|0 or the time of the answer, 12 wake time in ms,
--       13 ids of commands that are proven, with spaces between (drops those that were sent), 14 new version,
--       15 seconds for which those legs are kept, and a state that has an end already: recorded, or its attempt given up,
--       16 number of commands, the commands, then pairs of timer name and due ms ('' clears).
-- Answer: 1 done, 2 seen before (acknowledged), 0 stale: load and decide again, -1 no live state.
local version, seen = unpack(redis.call('HMGET', KEYS[1], 'v', 'e:' .. ARGV[3]))
if not version then return -1 end
local function acknowledge()
  redis.call('XACK', KEYS[6], ARGV[5], ARGV[4])
  redis.call('XDEL', KEYS[6], ARGV[4])
  redis.call('HDEL', KEYS[8], ARGV[4])
end
if seen then acknowledge(); return 2 end
if version ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[14], 's', ARGV[6], 'e:' .. ARGV[3], 1)
if ARGV[8] ~= '' then redis.call('HSETNX', KEYS[1], 'cc', ARGV[8]) end
for i = 9, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[15]) end
redis.call('RPUSH', KEYS[2], ARGV[7])
if ARGV[9] == 'all' then redis.call('DEL', KEYS[3]) end
if ARGV[9] == 'step' or ARGV[13] ~= '' then
  local waiting = redis.call('LRANGE', KEYS[3], 0, -1)
  redis.call('DEL', KEYS[3])
  for _, raw in ipairs(waiting) do
    local command = cjson.decode(raw)
    local sent = redis.call('HEXISTS', KEYS[1], 'c:' .. command.command_id) == 1
    local left = ARGV[9] == 'step' and not sent and command.visit < tonumber(ARGV[10])
    local proven = sent and string.find(ARGV[13], command.command_id, 1, true)
    if not left and not proven then redis.call('RPUSH', KEYS[3], raw) end
  end
end
local count = tonumber(ARGV[16])
for i = 17, 16 + count do redis.call('RPUSH', KEYS[3], ARGV[i]) end
-- What waited for the leg to be known is to be sent now, too.
if count > 0 or (ARGV[8] ~= '' and redis.call('EXISTS', KEYS[3]) == 1) then redis.call('ZADD', KEYS[4], ARGV[12], ARGV[1]) end
for i = 17 + count, #ARGV, 2 do
  local timer = ARGV[1] .. '|' .. ARGV[i]
  if ARGV[i + 1] == '' then redis.call('ZREM', KEYS[5], timer) else redis.call('ZADD', KEYS[5], ARGV[i + 1], timer) end
end
if ARGV[11] == '1' then redis.call('XADD', KEYS[7], '*', 'call', ARGV[1])
elseif ARGV[11] ~= '0' then redis.call('XADD', KEYS[7], '*', 'call', ARGV[1], 'answered', ARGV[11]) end
if redis.call('PTTL', KEYS[1]) >= 0 then for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[15]) end end
acknowledge()
return 1
