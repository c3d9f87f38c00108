#!lua flags=allow-oom
-- Puts what happened to a call into the stream for each call that hears of it, under the letter it has there.
-- KEYS: 1 who hears: hash of call id and letter, 2 events. ARGV: 1 the event (JSON, texts and nulls), its call and leg to
--       be put in. Answer: how many were told.
local hearers = redis.call('HGETALL', KEYS[1])
for i = 1, #hearers, 2 do
  local told = cjson.decode(ARGV[1])
  told.call_id, told.leg = hearers[i], hearers[i + 1]
  redis.call('XADD', KEYS[2], '*', 'own', cjson.encode(told))
end
return #hearers / 2
