#!lua flags=allow-oom
-- Takes an answered command out of the outbox and tells the call, if the lease is still ours (R13).
-- KEYS: 1 lease, 2 outbox, 3 events, 4 wakes, 5 the campaign's latency, 6 put off.
-- ARGV: 1 token, 2 command id, 3 event (JSON), 4 batch whose rest is dropped, or '', 5 call id,
--       6 ms from the cause to the first send, or '', 7 how many of those are kept, 8 for how many seconds.
-- Answer: 1 done, 2 done and nothing is left: the lease is given back, 0 the lease is no longer ours.
-- A command that was dropped while its answer was on the way is told of all the same: what was proven may be refused.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local raw = redis.call('LINDEX', KEYS[2], 0)
if raw and cjson.decode(raw).command_id == ARGV[2] then redis.call('LPOP', KEYS[2]) end
if ARGV[4] ~= '' then
  for _, waiting in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    if cjson.decode(waiting).batch == ARGV[4] then redis.call('LREM', KEYS[2], 1, waiting) end
  end
end
redis.call('XADD', KEYS[3], '*', 'own', ARGV[3])
if ARGV[6] ~= '' then
  redis.call('LPUSH', KEYS[5], ARGV[6])
  redis.call('LTRIM', KEYS[5], 0, ARGV[7] - 1)
  redis.call('EXPIRE', KEYS[5], ARGV[8])
end
if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[4], ARGV[5])
redis.call('ZREM', KEYS[6], ARGV[5])
return 2
