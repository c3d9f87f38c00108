#!lua flags=allow-oom
-- Gives the lease back and puts the call off: its command is to be sent again. If whoever takes it then dies, the sweeper
-- wakes it; it is late no sooner than one that was decided at the end of the pause.
-- KEYS: 1 lease, 2 wakes, 3 put off. ARGV: 1 token, 2 call id, 3 pause in ms, 4 patience with who wakes it, in ms.
-- Answer: 1 done, 0 the lease is not ours.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
local time = redis.call('TIME')
local due = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('ZADD', KEYS[2], due + ARGV[4], ARGV[2])
redis.call('ZADD', KEYS[3], due, ARGV[2])
return 1
