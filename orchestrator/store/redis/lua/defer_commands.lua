#!lua flags=allow-oom
-- Gives the lease back and asks the sweeper to wake the call later: its command is to be sent again.
-- KEYS: 1 lease, 2 wakes. ARGV: 1 token, 2 call id, 3 pause in ms. Answer: 1 done, 0 the lease is not ours.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3], ARGV[2])
return 1
