#!lua flags=allow-oom
-- Prolongs a sender's lease while its request is under way, and puts off as long who would wake another (R13).
-- KEYS: 1 lease, 2 wakes, 3 put off. ARGV: 1 token, 2 call id, 3 lease in ms. Answer: 1 done, 0 the lease is not ours.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local time = redis.call('TIME')
local lapses = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
for k = 2, 3 do redis.call('ZADD', KEYS[k], lapses, ARGV[2]) end
return 1
